package libzmq

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// TestZ2OneFIFOForAllSockets sends to three sockets through one outbox: they
// are handed over in the order of the outbox, whichever socket they are for.
func TestZ2OneFIFOForAllSockets(t *testing.T) {
	const n = 3000
	var pushes []*Socket
	for range 3 {
		push, pull := newSocket(t, Push, &Config{SendQueue: n}), newSocket(t, Pull, &Config{RecvQueue: n})
		join(t, pull, push)
		pushes = append(pushes, push)
	}
	out := NewOutbox(8)
	defer out.Close()
	order := make(chan int, n)
	for i := range n {
		out.Send() <- Item{To: pushes[i*i%7%3], Message: msg("x"), Done: func(err error) {
			if err != nil {
				t.Errorf("item %d: %v", i, err)
			}
			order <- i
		}}
	}
	for want := range n {
		if got := wait(t, "an item", order); got != want {
			t.Fatalf("item %d was handed over when it was the turn of %d", got, want)
		}
	}
}

// TestZ2OrderAcrossBlocking has a message overtake one for another socket
// only, and only while that socket has no peer.
func TestZ2OrderAcrossBlocking(t *testing.T) {
	blocked := newSocket(t, Push, nil)
	push, pull := newSocket(t, Push, nil), newSocket(t, Pull, nil)
	join(t, pull, push)
	order := make(chan string, 10)
	say := func(what string) func(error) { return func(error) { order <- what } }
	blocked.Deliver(msg("1"), say("blocked 1"))
	push.Deliver(msg("1"), say("free 1"))
	blocked.Deliver(msg("2"), say("blocked 2"))
	push.Deliver(msg("2"), say("free 2"))
	for _, want := range []string{"free 1", "free 2"} {
		if got := wait(t, want, order); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	late := newSocket(t, Pull, nil)
	join(t, late, blocked)
	for _, want := range []string{"blocked 1", "blocked 2"} {
		if got := wait(t, want, order); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	if got := text(recv(t, late)) + text(recv(t, late)); got != "12" {
		t.Errorf("received %s, want 12", got)
	}
}

func TestZ2FramesOfAllSizes(t *testing.T) {
	a, b := newSocket(t, Dealer, nil), newSocket(t, Dealer, nil)
	join(t, a, b)
	messages := []Message{
		msg(""), msg("", ""), msg("a", "", "b"),
		msg(strings.Split(strings.Repeat("x,", 1000), ",")...),
		{Frames: [][]byte{bytes.Repeat([]byte("0123456789"), 1<<20), nil, make([]byte, 70000)}},
	}
	for _, size := range []int{1, 32, 33, 255, 256, pinBytes - 1, pinBytes, 64 << 10} {
		messages = append(messages, Message{Frames: [][]byte{bytes.Repeat([]byte{byte(size)}, size), []byte("end")}})
	}
	for range 3 {
		for _, m := range messages {
			a.Deliver(m, nil)
		}
	}
	for range 3 {
		for i, want := range messages {
			got := recv(t, b)
			if len(got.Frames) != len(want.Frames) {
				t.Fatalf("message %d has %d frames, want %d", i, len(got.Frames), len(want.Frames))
			}
			for j := range want.Frames {
				if !bytes.Equal(got.Frames[j], want.Frames[j]) {
					t.Fatalf("frame %d of message %d differs", j, i)
				}
			}
		}
	}
}

func TestZ3FullQueuePushesBack(t *testing.T) {
	s := newSocket(t, Push, &Config{SendQueue: 3, SendBuffer: -1})
	for range 3 {
		send(t, s, msg("x"))
	}
	send(t, s, msg("the sender holds it")) // and now takes no more
	until(t, "the queue", func() bool { return s.Stats().Pending == 3 })
	select {
	case s.Send() <- msg("x"):
		t.Fatal("a full socket took a message")
	default:
	}
	pull := newSocket(t, Pull, nil)
	join(t, pull, s)
	send(t, s, msg("there is room again"))
	for range 5 {
		recv(t, pull)
	}
}

func TestZ3BoundOfOctets(t *testing.T) {
	s := newSocket(t, Push, &Config{SendQueueBytes: 1000, SendBuffer: -1})
	done := make(chan error, 1)
	s.Deliver(Message{Frames: [][]byte{make([]byte, 5000)}}, nil) // alone it may be larger
	go s.Deliver(msg("waits"), func(err error) { done <- err })
	pull := newSocket(t, Pull, nil)
	select {
	case err := <-done:
		t.Fatalf("handed over with no peer: %v", err)
	default:
	}
	join(t, pull, s)
	if err := wait(t, "the message", done); err != nil {
		t.Error(err)
	}
}

func TestZ3DropsAreToldAndCounted(t *testing.T) {
	drop := newSocket(t, Push, &Config{Full: zmq.DropNewest})
	router := newSocket(t, Router, nil)
	bind(t, router)
	req, rep := newSocket(t, Req, nil), newSocket(t, Rep, nil)
	join(t, rep, req)
	send(t, req, msg("the first"))
	for _, test := range []struct {
		s    *Socket
		m    Message
		want error
	}{
		{drop, msg("x"), zmq.ErrQueueFull},
		{router, msg("nobody", "x"), zmq.ErrNoPeer},
		{router, msg("only an id"), zmq.ErrMessage},
		{drop, msg(), zmq.ErrMessage},
		{newSocket(t, Pull, nil), msg("x"), zmq.ErrMessage},
		{req, msg("the second, out of turn"), zmq.ErrState},
		{newSocket(t, Rep, nil), msg("unasked"), zmq.ErrState},
	} {
		done := make(chan error, 1)
		before := test.s.Stats().Dropped
		test.s.Deliver(test.m, func(err error) { done <- err })
		if err := wait(t, "the completion", done); !errors.Is(err, test.want) {
			t.Errorf("%v %q: %v, want %v", test.s.Type(), test.m.Frames, err, test.want)
		}
		if got := test.s.Stats().Dropped - before; got != 1 {
			t.Errorf("%v %q: %d counted, want 1", test.s.Type(), test.m.Frames, got)
		}
	}
}

func TestZ3UnboundedNeverBlocks(t *testing.T) {
	s := newSocket(t, Push, &Config{SendQueue: -1})
	for range 20000 {
		s.Deliver(msg("x"), nil)
	}
	if n := s.Stats().Pending; n != 20000 {
		t.Errorf("%d pending, want 20000", n)
	}
}

func TestZ3RefusesWhatLibzmqCannotDo(t *testing.T) {
	for _, cfg := range []*Config{
		{Full: zmq.DropOldest}, {RoutingID: make([]byte, 300)}, {Properties: map[string]string{"X-a": "x"}},
		{Subscriptions: zmq.ManualSubscriptions}, {Welcome: [][]byte{{1}, {2}}},
		{NotifyPeers: true}, {Handler: func(*zmq.Socket, zmq.Message) {}},
	} {
		if _, err := NewSocket(Dealer, cfg); err == nil {
			t.Errorf("NewSocket(%+v) succeeds", cfg)
		}
	}
	if _, err := NewSocket(0, nil); err == nil {
		t.Error("NewSocket(0) succeeds")
	}
}

// TestZ3XPubBlocks has an XPUB with the policy to block lose nothing for a
// subscriber that is slow.
func TestZ3XPubBlocks(t *testing.T) {
	const n = 5000
	pub := newSocket(t, XPub, &Config{Full: zmq.Block, SendQueue: 10})
	sub := newSocket(t, Sub, &Config{RecvQueue: 10})
	if err := sub.Subscribe(nil); err != nil {
		t.Fatal(err)
	}
	join(t, pub, sub)
	if got := text(recv(t, pub)); got != "\x01" {
		t.Fatalf("XPUB received %q, want the subscription", got)
	}
	go func() {
		for i := range n {
			pub.Deliver(Message{Frames: [][]byte{fmt.Append(nil, i), make([]byte, 10000)}}, nil)
		}
	}()
	for i := range n {
		if got := string(recv(t, sub).Frames[0]); got != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, got)
		}
	}
}

// TestZ3ASenderThatLeaves: what a sender has handed over before it leaves is
// received, though the receiver was full all the time; over ipc if it was not, as
// libzmq then forgets what the operating system still holds.
func TestZ3ASenderThatLeaves(t *testing.T) {
	const n = 5000 // fits into what the operating system holds
	for endpoint, queue := range map[string]int{
		"tcp://127.0.0.1:*":                             1,
		"ipc://" + filepath.Join(t.TempDir(), "socket"): n,
	} {
		pull, push := newSocket(t, Pull, &Config{RecvQueue: queue}), newSocket(t, Push, &Config{SendQueue: -1})
		at, err := pull.Bind(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		if err := push.Connect(at); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			send(t, push, msg(fmt.Sprint(i)))
		}
		if err := push.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if got := text(wait(t, fmt.Sprint("message ", i), pull.Recv())); got != fmt.Sprint(i) {
				t.Fatalf("%s: message %s came, want %d", endpoint, got, i)
			}
		}
	}
}

func TestZ4BlockedSocketDelaysNoOther(t *testing.T) {
	blocked := newSocket(t, Push, &Config{SendQueue: 1})
	slow := newSocket(t, XPub, &Config{Full: zmq.Block, SendQueue: 1})
	sub := newSocket(t, Sub, &Config{RecvQueue: 1})
	if err := sub.Subscribe(nil); err != nil {
		t.Fatal(err)
	}
	join(t, slow, sub)
	recv(t, slow)
	for _, s := range []*Socket{blocked, slow} {
		go func() {
			for s.Err() == nil {
				s.Deliver(Message{Frames: [][]byte{make([]byte, 1<<20)}}, nil)
			}
		}()
	}
	until(t, "the XPUB", func() bool { return slow.Stats().Sent > 3 })
	a, b := newSocket(t, Dealer, nil), newSocket(t, Dealer, nil)
	join(t, a, b)
	for range 100 {
		send(t, a, msg("ping"))
		send(t, b, recv(t, b))
		recv(t, a)
	}
}

func TestZ7SlowReaderStillSends(t *testing.T) {
	a, b := newSocket(t, Dealer, &Config{RecvQueue: 1}), newSocket(t, Dealer, nil)
	join(t, a, b)
	for range 100 {
		send(t, b, msg("unread"))
	}
	until(t, "a full channel", func() bool { return a.Stats().Received > 1 })
	for range 1000 {
		send(t, a, msg("x"))
		recv(t, b)
	}
	for range 100 {
		recv(t, a)
	}
}

// TestOneWakeUpForAnyNumber counts the wake-ups of messages that are queued
// while the forwarder is busy.
func TestOneWakeUpForAnyNumber(t *testing.T) {
	push, pull := newSocket(t, Push, &Config{SendQueue: -1}), newSocket(t, Pull, &Config{RecvQueue: 20000})
	join(t, pull, push)
	send(t, push, msg("connected"))
	recv(t, pull)
	release := hold(t, push.f)
	before := push.f.wakeUps.Load()
	for range 10000 {
		push.Deliver(msg("x"), nil)
	}
	release()
	for range 10000 {
		recv(t, pull)
	}
	if n := push.f.wakeUps.Load() - before; n > 1 {
		t.Errorf("%d wake-ups for 10000 messages, want at most one", n)
	}
}

func TestHandle(t *testing.T) {
	s, err := zmq4.NewSocket(zmq4.PAIR)
	if err != nil {
		t.Fatal(err)
	}
	if handle(s) == nil {
		t.Error("no handle of an open socket")
	}
	s.Close()
	if handle(s) != nil {
		t.Error("a handle of a closed socket")
	}
}

// Whoever gives up on a reply, and asks something else, does not get it in place of
// the new one, though it has come in between.
func TestReqRelaxedDiscardsAReplyThatWasNotRead(t *testing.T) {
	req, router := newSocket(t, Req, &Config{Relaxed: true, Correlate: true}), newSocket(t, Router, nil)
	join(t, router, req)
	var m Message
	for i := range 3 {
		req.Deliver(msg(fmt.Sprint("question ", i)), nil)
		m = recv(t, router)
		if i < 2 {
			router.Deliver(m, nil)
			until(t, "the reply", func() bool { return len(req.Recv()) > 0 })
		}
	}
	router.Deliver(m, nil)
	if got := text(recv(t, req)); got != "question 2" {
		t.Errorf("received %q", got)
	}
	if got := req.Stats().Discarded; got != 2 {
		t.Errorf("Discarded = %d, want 2", got)
	}
}
