package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestZ1ClosingEndsBothChannels(t *testing.T) {
	pull := newSocket(t, Pull, nil)
	at := bind(t, pull, "tcp://127.0.0.1:*")
	push := newSocket(t, Push, nil)
	connect(t, push, at)
	send(t, push, "last")
	eventually(t, "the message has come", func() bool { return len(pull.Recv()) == 1 })
	if err := pull.Err(); err != nil {
		t.Errorf("Err before Close = %v, want nil", err)
	}
	for range 2 {
		if err := pull.Close(); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
	}
	want(t, pull, "last") // what had come is still there
	if m, ok := <-pull.Recv(); ok {
		t.Errorf("received %s after the last message", text(m))
	}
	select {
	case <-pull.Done():
	default:
		t.Error("Done is open after Close")
	}
	if err := pull.Err(); err != ErrClosed || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Err = %v, want ErrClosed, matching net.ErrClosed", err)
	}
}

func TestZ1ClosingCountsWhatIsLost(t *testing.T) {
	s := newSocket(t, Push, &Config{SendQueue: -1})
	var mu sync.Mutex
	var errs []error
	for range 10 {
		s.Deliver(msg("nobody is there"), func(err error) {
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	if got := s.Stats().Pending; got != 10 {
		t.Errorf("Pending = %d, want 10", got)
	}
	s.Close()
	st := s.Stats()
	if st.Dropped != 10 || st.Pending != 0 || len(errs) != 10 || errs[0] != ErrClosed {
		t.Errorf("after Close: %+v, completions %v", st, errs)
	}
}

// From Shutdown on nothing new begins, and everybody is told so; after Close, too.
func TestZ1ClosedSocketsSayErrClosed(t *testing.T) {
	push := newSocket(t, Push, nil)
	nothingNew := func() {
		t.Helper()
		_, bound := push.Bind("tcp://127.0.0.1:*")
		for what, err := range map[string]error{
			"Bind": bound, "Connect": push.Connect("tcp://127.0.0.1:1"), "Deliver": deliver(t, push, "x"),
		} {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("%s = %v, want ErrClosed", what, err)
			}
		}
	}
	if err := push.Connect("inproc://nobody-is-there"); err != nil {
		t.Fatal(err)
	}
	send(t, push, "waits for a peer")
	ctx, cancel := context.WithCancel(t.Context())
	shut := make(chan error, 1)
	go func() { shut <- push.Shutdown(ctx) }()
	<-push.drainc
	nothingNew()
	// Between the channel and the queue it is in the pump's hands, and not counted.
	eventually(t, "the message of before is pending", func() bool { return push.Stats().Pending == 1 })
	cancel()
	if err := <-shut; !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown = %v", err)
	}
	nothingNew()
	sub := newSocket(t, Sub, nil)
	sub.Close()
	for _, err := range []error{sub.Subscribe(nil), sub.Unsubscribe(nil)} {
		if err != ErrClosed {
			t.Errorf("Subscribe or Unsubscribe after Close = %v", err)
		}
	}
}

// Close returns when what the socket runs has ended, whoever has called it first.
func TestZ1EveryCloseWaits(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	var left atomic.Bool
	pull := newSocket(t, Pull, &Config{Handler: func(*Socket, Message) {
		close(entered)
		<-leave
		left.Store(true)
	}})
	push := newSocket(t, Push, nil)
	connect(t, push, bind(t, pull, "tcp://127.0.0.1:*"))
	send(t, push, "x")
	<-entered
	var closers sync.WaitGroup
	for range 4 {
		closers.Go(func() {
			pull.Close()
			if !left.Load() {
				t.Error("Close returned while a handler ran")
			}
		})
	}
	yield() // let them begin
	close(leave)
	closers.Wait()
}

func TestZ1ClosingFromManyGoroutines(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			s := newSocket(t, Type(i%int(XSub)+1), nil)
			at := bind(t, s, "tcp://127.0.0.1:*")
			other := newSocket(t, compatible[s.Type()][0], nil)
			connect(t, other, at)
			var closers sync.WaitGroup
			for range 4 {
				closers.Go(func() { s.Close() })
				closers.Go(func() { other.Shutdown(ctx) })
				closers.Go(func() { other.Deliver(msg("x", "y"), nil) })
			}
			closers.Wait()
		})
	}
	wg.Wait()
}

func TestZ1ShutdownFlushes(t *testing.T) {
	const n = 500
	pull := newSocket(t, Pull, nil)
	push := newSocket(t, Push, nil)
	// The connection is made only after the messages were accepted.
	for i := range n {
		send(t, push, fmt.Sprint(i), strings.Repeat("x", 1000))
	}
	errc := make(chan error, 1)
	go func() { errc <- push.Shutdown(context.Background()) }()
	<-push.drainc
	at := bind(t, pull, "tcp://127.0.0.1:*")
	connectDraining(t, push, at)
	for i := range n {
		if got := string(recv(t, pull).Frames[0]); got != fmt.Sprint(i) {
			t.Fatalf("received %s, want %d", got, i)
		}
	}
	if err := <-errc; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	if st := push.Stats(); st.Sent != n || st.Dropped != 0 {
		t.Errorf("after Shutdown: %+v", st)
	}
}

// connectDraining connects a socket that is shutting down already: in the
// real world the connection was under way before.
func connectDraining(t *testing.T, s *Socket, endpoint string) {
	t.Helper()
	s.mu.Lock()
	s.draining = false
	s.mu.Unlock()
	connect(t, s, endpoint)
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
}

func TestZ1ShutdownGivesUpWithContext(t *testing.T) {
	s := newSocket(t, Push, nil)
	send(t, s, "nobody is there")
	eventually(t, "the message was taken", func() bool { return s.pending.Load() == 1 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.Shutdown(ctx)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "1 messages not sent") {
		t.Errorf("Shutdown = %v", err)
	}
	if got := s.Stats().Dropped; got != 1 {
		t.Errorf("Dropped = %d, want 1", got)
	}
}

// A message that was taken from the channel and waits for room is one of those
// that are lost.
func TestZ1ShutdownCountsWhatWaitsForRoom(t *testing.T) {
	s := newSocket(t, Push, &Config{SendQueue: 2, SendBuffer: -1})
	for range 3 {
		send(t, s, "nobody is there")
	}
	eventually(t, "three messages are pending", func() bool { return s.Stats().Pending == 3 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "3 messages not sent") {
		t.Errorf("Shutdown = %v", err)
	}
	if st := s.Stats(); st.Dropped != 3 || st.Pending != 0 {
		t.Errorf("%+v", st)
	}
}

// Who shuts down is told what is lost because somebody else closes the socket.
func TestZ1ShutdownTellsWhatCloseTook(t *testing.T) {
	for _, n := range []int{1, 5} { // in one queue, and in all that there are
		s := newSocket(t, Push, &Config{SendQueue: 2})
		for range n {
			send(t, s, "nobody is there")
		}
		result := make(chan error)
		go func() { result <- s.Shutdown(context.Background()) }()
		eventually(t, "the socket is draining", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.draining && len(s.backlog) == min(n, 2)
		})
		s.Close()
		if err := <-result; !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), fmt.Sprint(n, " messages not sent")) {
			t.Errorf("Shutdown = %v, want %d messages lost", err, n)
		}
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown of a closed socket = %v", err)
		}
	}
}

// Who loses nothing is told of no loss, however late it is.
func TestZ1ShutdownOfAnIdleSocketNeedsNoTime(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 100 { // the context and the end of the pump race
		push, pull := pairOf(t, Push, Pull, nil, nil)
		if err := deliver(t, push, "sent"); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*Socket{push, pull} {
			if err := s.Shutdown(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What was flushed must arrive although the socket that closes has not read
// what its peer sent.
func TestZ1ShutdownDoesNotReset(t *testing.T) {
	s := newSocket(t, Pair, &Config{RecvQueue: -1})
	r := dialRaw(t, bind(t, s, "tcp://127.0.0.1:*")).shake("PAIR", "", 1)
	for range 1000 {
		r.write(message(strings.Repeat("unread", 100)))
	}
	send(t, s, "goodbye")
	go s.Shutdown(context.Background())
	select {
	case <-s.Done(): // before its peer, which is in no hurry, reads
	case <-time.After(patience):
		t.Fatal("the socket does not end")
	}
	if f := r.read(); string(f.Body) != "goodbye" {
		t.Errorf("read %q, want the goodbye", f.Body)
	}
}

// Who closes the send channel and then calls Shutdown, to wait, does not cut
// short the time that the peers have to read.
func TestZ1ShutdownTwiceParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Pair, nil)
		r := memPeer(t, s, "PAIR")
		synctest.Wait()
		close(s.Send())
		<-s.flushedc
		start := time.Now()
		s.Shutdown(context.Background())
		if d := time.Since(start); d != partTimeout {
			t.Errorf("closed after %v, with a peer that has %v to read", d, partTimeout)
		}
		r.conn.Close()
	})
}

// A socket that parts from its peers makes no new ones: what they sent would be lost.
func TestZ1ShutdownTakesNoNewPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Pull, nil)
		stays := memPeer(t, s, "PUSH")
		late, serve := pipe(s, true)
		go serve()
		r := newRaw(t, late)
		r.write(greeting(3, 1))
		r.skipGreeting()
		synctest.Wait()
		go s.Shutdown(context.Background())
		<-s.flushedc
		r.write(ready("PUSH", ""))
		if f, err := r.tryRead(); err == nil {
			t.Errorf("got %q of a socket that shuts down", f.Body)
		}
		stays.conn.Close()
		late.Close()
	})
}

func TestZ1ClosedSendChannelFlushesAndCloses(t *testing.T) {
	pull := newSocket(t, Pull, nil)
	at := bind(t, pull, "tcp://127.0.0.1:*")
	push := newSocket(t, Push, nil)
	connect(t, push, at)
	for range 10 {
		send(t, push, "x")
	}
	close(push.Send())
	for range 10 {
		want(t, pull, "x")
	}
	select {
	case <-push.Done():
	case <-time.After(patience):
		t.Fatal("the socket did not close")
	}
	if st := push.Stats(); st.Sent != 10 || st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
	push.Close()
}

// A heldWire takes nothing until it is let go, and then fails.
type heldWire struct {
	wire
	entered chan struct{} // closed when something is written
	letGo   chan struct{}
}

func (w heldWire) write(net.Buffers, bool) (int64, error) {
	close(w.entered)
	<-w.letGo
	return 0, net.ErrClosed
}

// Close waits for who is still inside Deliver: what becomes of that message is known
// when it returns, to the completion, to Stats and to who shuts down.
func TestZ1CloseWaitsForWhoDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Router, nil)
		ours, theirs := memPipe(inprocAddr("test"))
		held := heldWire{nil, make(chan struct{}), make(chan struct{})}
		go func() {
			p, err := s.handshake(theirs, true)
			held.wire = p.wire
			p.wire = held
			s.servePeer(theirs, "", p, err)
		}()
		newRaw(t, ours).shake("DEALER", "p", 1)
		synctest.Wait()
		completed := make(chan error, 1)
		go s.Deliver(msg("p", "x"), func(err error) { completed <- err })
		<-held.entered
		shut := make(chan error, 1)
		go func() { shut <- s.Shutdown(context.Background()) }()
		synctest.Wait()
		go s.Close()
		synctest.Wait()
		select {
		case err := <-shut:
			t.Errorf("closed while a message was being written: %+v, Shutdown = %v", s.Stats(), err)
			shut <- err
		default:
		}
		close(held.letGo)
		if err := <-shut; !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), "1 messages not sent") {
			t.Errorf("Shutdown = %v, want that one message was lost", err)
		}
		if st := s.Stats(); st.Pending != 0 || st.Dropped != 1 || len(completed) != 1 {
			t.Errorf("after Close: %+v and %d completions", st, len(completed))
		}
	})
}
