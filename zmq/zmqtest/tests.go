package zmqtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// testPatterns sends one message in each direction of every legal pair of
// types, with either of them bound.
func testPatterns(b *bench) {
	for _, types := range partners {
		for _, swap := range []bool{false, true} {
			first, second := types[0], types[1]
			if swap {
				first, second = second, first
			}
			cfg := func(id string) *zmq.Config { return &zmq.Config{RoutingID: []byte(id)} }
			x, y := b.open(first, cfg("x"), true), b.open(second, cfg("y"), false)
			wait := b.attached(x)
			waitToo := b.attached(y)
			b.connect(y, b.bind(x))
			wait()
			waitToo()
			if !swap {
				b.talk(first, second, x, y, "y", "x")
			} else {
				b.talk(second, first, y, x, "x", "y")
			}
			x.Close()
			y.Close()
		}
	}
}

// talk sends a message from x to y and, where the pattern has it, one back.
// xid is what x calls y, yid what y calls x.
func (b *bench) talk(tx, ty zmq.Type, x, y Socket, xid, yid string) {
	b.Helper()
	switch {
	case is(tx, zmq.Pub, zmq.XPub):
		if ty == zmq.Sub {
			if err := y.Subscribe([]byte("a")); err != nil {
				b.Fatal(err)
			}
		} else {
			b.send(y, "\x01a")
		}
		if tx == zmq.XPub {
			b.want(x, "\x01a")
			b.send(x, "ab", "news")
			b.want(y, "ab", "news")
			return
		}
		b.publishUntilReceived(x, y, "ab")
	case tx == zmq.Push:
		b.send(x, "one", "")
		b.want(y, "one", "")
	default:
		b.send(x, addressed(tx, ty, xid, "question", "")...)
		b.want(y, seen(tx, ty, yid, "question", "")...)
		b.send(y, addressed(ty, tx, yid, "answer", "")...)
		b.want(x, seen(ty, tx, xid, "answer", "")...)
	}
}

// addressed is what one sends on a socket of type from so that a socket of
// type to gets the frames; id is what from calls it.
func addressed(from, to zmq.Type, id string, frames ...string) []string {
	if is(to, zmq.Req, zmq.Rep) && !is(from, zmq.Req, zmq.Rep) {
		frames = append([]string{""}, frames...)
	}
	if from == zmq.Router {
		frames = append([]string{id}, frames...)
	}
	return frames
}

// seen is what a socket of type to gets of it.
func seen(from, to zmq.Type, id string, frames ...string) []string {
	if is(from, zmq.Req, zmq.Rep) && !is(to, zmq.Req, zmq.Rep) {
		frames = append([]string{""}, frames...)
	}
	if to == zmq.Router {
		frames = append([]string{id}, frames...)
	}
	return frames
}

// publishUntilReceived publishes until the subscription, which a PUB cannot
// see, has arrived.
func (b *bench) publishUntilReceived(pub, sub Socket, frames ...string) {
	b.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	timeout := time.After(patience)
	for {
		b.send(pub, frames...)
		select {
		case m := <-sub.Recv():
			if got := fmt.Sprintf("%q", m.Frames); got != fmt.Sprintf("%q", frames) {
				b.Fatalf("received %s, want %q", got, frames)
			}
			return
		case <-tick.C:
		case <-timeout:
			b.Fatal("the subscription did not arrive")
		}
	}
}

// testSizes sends frames of many sizes, and many frames.
func testSizes(b *bench) {
	x, y := b.pair(zmq.Dealer, zmq.Dealer, nil, nil)
	many := make([]int, 1000)
	for i := range many {
		many[i] = i % 300
	}
	for _, sizes := range [][]int{{0}, {1}, {255, 256}, {0, 0, 0}, {64 << 10}, {10 << 20, 0, 5}, many} {
		var m zmq.Message
		for i, n := range sizes {
			m.Frames = append(m.Frames, bytes.Repeat([]byte{byte(i), 1, 2}, n/3+1)[:n])
		}
		select {
		case x.Send() <- m:
		case <-time.After(patience):
			b.Fatal("sending timed out")
		}
		got := b.recv(y)
		if len(got) != len(m.Frames) {
			b.Fatalf("%d frames arrived of %d", len(got), len(m.Frames))
		}
		for i := range got {
			if !bytes.Equal(got[i], m.Frames[i]) {
				b.Fatalf("frame %d of %d octets arrived changed", i, len(m.Frames[i]))
			}
		}
	}
}

// testReqRep checks the turns of REQ and REP.
func testReqRep(b *bench) {
	rep, req := b.pair(zmq.Rep, zmq.Req, nil, nil)
	if err := b.deliver(rep, "nobody asked"); err == nil {
		b.Error("a reply without a request is accepted")
	}
	for i := range 3 {
		b.send(req, "question", fmt.Sprint(i))
		b.want(rep, "question", fmt.Sprint(i))
		b.send(rep, "answer", fmt.Sprint(i))
		b.want(req, "answer", fmt.Sprint(i))
	}
}

// testRouterUnknown sends where nobody is.
func testRouterUnknown(b *bench) {
	router := b.open(zmq.Router, nil, true)
	b.bind(router)
	if err := b.deliver(router, "nobody", "x"); !errors.Is(err, zmq.ErrNoPeer) {
		b.Errorf("to an unknown routing id: %v, want ErrNoPeer", err)
	}
	if got := router.Stats().Dropped; got != 1 {
		b.Errorf("Dropped = %d, want 1", got)
	}
}

// testPubSub checks what arrives and what does not, and that the publisher
// hears of every subscription.
func testPubSub(b *bench) {
	xpub := b.open(zmq.XPub, nil, true)
	at := b.bind(xpub)
	var subs []Socket
	for range 2 {
		sub := b.open(zmq.Sub, nil, false)
		if err := sub.Subscribe([]byte("b")); err != nil {
			b.Fatal(err)
		}
		b.connect(sub, at)
		b.want(xpub, "\x01b")
		subs = append(subs, sub)
	}
	b.send(xpub, "a", "for nobody")
	b.send(xpub, "b", "for both")
	for _, sub := range subs {
		b.want(sub, "b", "for both")
	}
	if err := subs[0].Unsubscribe([]byte("b")); err != nil {
		b.Fatal(err)
	}
	b.want(xpub, "\x00b")
	b.send(xpub, "b", "for one")
	b.want(subs[1], "b", "for one")
	if subs[0].Send() != nil {
		b.Error("a SUB socket has a send channel")
	}
	if err := xpub.Subscribe(nil); err == nil {
		b.Error("an XPUB socket can subscribe")
	}
}

// testClosing checks that both ends of a life are told.
func testClosing(b *bench) {
	pull, push := b.pair(zmq.Pull, zmq.Push, nil, nil)
	b.send(push, "x")
	b.want(pull, "x")
	for _, s := range []Socket{pull, push} {
		if s.Err() != nil {
			b.Errorf("Err = %v before Close", s.Err())
		}
		for range 2 {
			if err := s.Close(); err != nil {
				b.Errorf("Close = %v", err)
			}
		}
		select {
		case <-s.Done():
		default:
			b.Error("Done is open after Close")
		}
		if !errors.Is(s.Err(), zmq.ErrClosed) || !errors.Is(s.Err(), net.ErrClosed) {
			b.Errorf("Err = %v after Close", s.Err())
		}
	}
	if _, ok := <-pull.Recv(); ok {
		b.Error("a message after Close")
	}
	if push.Recv() != nil || pull.Send() != nil {
		b.Error("a direction that the pattern lacks has a channel")
	}
}

// testSendAfterClose checks that late senders do not hang, and learn of it.
func testSendAfterClose(b *bench) {
	s := b.open(zmq.Dealer, nil, true)
	s.Close()
	late := 0
	for range 1000 {
		select {
		case s.Send() <- msg("late"):
			late++
		case <-s.Done():
		}
	}
	if got := s.Stats().Dropped; got != uint64(late) {
		b.Errorf("%d late messages, %d dropped", late, got)
	}
	if err := b.deliver(s, "late"); !errors.Is(err, zmq.ErrClosed) {
		b.Errorf("Deliver after Close: %v", err)
	}
	if _, err := s.Bind("tcp://127.0.0.1:*"); !errors.Is(err, zmq.ErrClosed) {
		b.Errorf("Bind after Close: %v", err)
	}
	if err := s.Connect("tcp://127.0.0.1:1"); !errors.Is(err, zmq.ErrClosed) {
		b.Errorf("Connect after Close: %v", err)
	}
}

// testShutdown checks that what was accepted arrives.
func testShutdown(b *bench) {
	const n = 500
	pull, push := b.pair(zmq.Pull, zmq.Push, &zmq.Config{RecvQueue: n}, nil)
	for i := range n {
		b.send(push, fmt.Sprint(i))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := push.Shutdown(ctx); err != nil {
		b.Errorf("Shutdown = %v", err)
	}
	for i := range n {
		b.want(pull, fmt.Sprint(i))
	}
	if st := push.Stats(); st.Sent != n || st.Dropped != 0 || st.Pending != 0 {
		b.Errorf("%+v", st)
	}
}

// testOrder checks the order of many messages, sent in both ways.
func testOrder(b *bench) {
	const n = 5000
	pull, push := b.pair(zmq.Pull, zmq.Push, nil, nil)
	number := func(i int) zmq.Message {
		return zmq.Message{Frames: [][]byte{binary.BigEndian.AppendUint32(nil, uint32(i)), make([]byte, i%500)}}
	}
	for _, deliver := range []bool{false, true} {
		go func() {
			for i := range n {
				if deliver {
					push.Deliver(number(i), nil)
					continue
				}
				select {
				case push.Send() <- number(i):
				case <-push.Done():
				}
			}
		}()
		for i := range n {
			if got := binary.BigEndian.Uint32(b.recv(pull)[0]); got != uint32(i) {
				b.Fatalf("received %d, want %d", got, i)
			}
		}
	}
}

// testOutbox checks that items for several sockets complete, each once, and
// those of one socket in order.
func testOutbox(b *bench) {
	const n = 300
	cfg := &zmq.Config{SendQueue: -1}
	var outs, ins []Socket
	for range 3 {
		in, out := b.pair(zmq.Pull, zmq.Push, &zmq.Config{RecvQueue: n}, cfg)
		ins, outs = append(ins, in), append(outs, out)
	}
	o := zmq.NewOutbox(8)
	defer o.Close()
	completions := make(chan int, 2*n*len(outs))
	for i := range n {
		for j, out := range outs {
			it := zmq.Item{To: out, Message: msg(fmt.Sprint(i)), Done: func(err error) {
				if err != nil {
					b.Errorf("completion got %v", err)
				}
				completions <- j
			}}
			select {
			case o.Send() <- it:
			case <-time.After(patience):
				b.Fatal("the outbox takes nothing")
			}
		}
	}
	for i := range n {
		for _, in := range ins {
			b.want(in, fmt.Sprint(i))
		}
	}
	for range n * len(outs) {
		select {
		case <-completions:
		case <-time.After(patience):
			b.Fatal("a completion is missing")
		}
	}
	if len(completions) > 0 {
		b.Error("a completion was called twice")
	}
}

// testDistributes checks that PUSH and DEALER give each message to one peer.
func testDistributes(b *bench) {
	for _, types := range [][2]zmq.Type{{zmq.Push, zmq.Pull}, {zmq.Dealer, zmq.Dealer}} {
		s := b.open(types[0], nil, true)
		wait := b.attached(s)
		at := b.bind(s)
		var peers []Socket
		for range 2 {
			p := b.open(types[1], nil, false)
			b.connect(p, at)
			peers = append(peers, p)
			wait()
		}
		for range 100 {
			b.send(s, "x")
		}
		got := make([]int, 2)
		for range 100 {
			select {
			case <-peers[0].Recv():
				got[0]++
			case <-peers[1].Recv():
				got[1]++
			case <-time.After(patience):
				b.Fatalf("received %v of 100", got)
			}
		}
		if got[0] == 0 || got[1] == 0 {
			b.Errorf("%v: received %v of 100", types[0], got)
		}
	}
}

// testPushesBack checks that a full queue blocks the sender and loses nothing.
func testPushesBack(b *bench) {
	pull, push := b.pair(zmq.Pull, zmq.Push, &zmq.Config{RecvQueue: -1}, &zmq.Config{SendQueue: 2, SendBuffer: -1})
	sent := 0
	payload := string(make([]byte, 1<<20))
	for blocked := false; !blocked; {
		select {
		case push.Send() <- msg(fmt.Sprint(sent), payload):
			sent++
		case <-time.After(500 * time.Millisecond):
			blocked = true
		}
		if sent > 1000 {
			b.Fatal("1 GiB was accepted for a peer that does not read")
		}
	}
	for i := range sent {
		if got := string(b.recv(pull)[0]); got != fmt.Sprint(i) {
			b.Fatalf("received %s, want %d", got, i)
		}
	}
	if st := push.Stats(); st.Dropped != 0 {
		b.Errorf("%+v", st)
	}
}

// testDropsHideNoPeer checks that the monitor, which nobody reads meanwhile, has
// room for a peer that comes and goes, however many messages are dropped.
func testDropsHideNoPeer(b *bench) {
	router, dealer := b.open(zmq.Router, nil, true), b.open(zmq.Dealer, nil, false)
	events := router.Monitor()
	at := b.bind(router)
	drop := func() {
		for range 1000 {
			if err := b.deliver(router, "nobody", "x"); err == nil {
				b.Fatal("a message to nobody was delivered")
			}
		}
	}
	drop()
	b.connect(dealer, at)
	b.send(dealer, "here")
	b.recv(router)
	drop()
	dealer.Close()
	told := make(map[zmq.EventKind]int)
	for timeout := time.After(patience); told[zmq.PeerAttached] == 0 || told[zmq.PeerDetached] == 0; {
		select {
		case e := <-events:
			told[e.Kind]++
		case <-timeout:
			b.Fatalf("the monitor told of %v", told)
		}
	}
}

// testConnectBeforeBind checks that connecting does not need a listener.
func testConnectBeforeBind(b *bench) {
	first := b.open(zmq.Pull, nil, true)
	at := b.bind(first)
	first.Close()
	push := b.open(zmq.Push, nil, false)
	b.connect(push, at)
	b.send(push, "early")
	pull := b.open(zmq.Pull, nil, true)
	b.rebind(pull, at)
	b.want(pull, "early")
}

// rebind binds s to an endpoint that was just in use, as soon as the system
// allows it.
func (b *bench) rebind(s Socket, at string) {
	b.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if _, err = s.Bind(at); err == nil {
			return
		}
	}
	b.Fatal(err)
}

// testResubscribes checks that a publisher that starts anew gets the
// subscriptions, and only those that hold.
func testResubscribes(b *bench) {
	sub := b.open(zmq.Sub, nil, false)
	for _, prefix := range []string{"a", "b"} {
		if err := sub.Subscribe([]byte(prefix)); err != nil {
			b.Fatal(err)
		}
	}
	var at string
	for i := range 3 {
		xpub := b.open(zmq.XPub, nil, true)
		if i == 0 {
			at = b.bind(xpub)
			b.connect(sub, at)
			b.recv(xpub)
			b.recv(xpub)
			if err := sub.Unsubscribe([]byte("b")); err != nil {
				b.Fatal(err)
			}
			b.want(xpub, "\x00b")
		} else {
			b.rebind(xpub, at)
			b.want(xpub, "\x01a")
		}
		b.send(xpub, "b")
		b.send(xpub, "a", fmt.Sprint(i))
		b.want(sub, "a", fmt.Sprint(i))
		xpub.Close()
	}
}

// testSlowReader checks that a user who does not read can still write, and
// close.
func testSlowReader(b *bench) {
	x, y := b.pair(zmq.Dealer, zmq.Dealer, &zmq.Config{RecvQueue: -1}, nil)
	for range 20 {
		b.send(y, "nobody reads this")
	}
	b.send(x, "own write")
	b.want(y, "own write")
	done := make(chan struct{})
	go func() { x.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		b.Fatal("Close hangs")
	}
}
