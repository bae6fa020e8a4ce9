package zmq

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

func TestZ2OrderFromOneSenderToOnePeer(t *testing.T) {
	const senders, n = 4, 2000
	pull := newSocket(t, Pull, nil)
	at := bind(t, pull, "tcp://127.0.0.1:*")
	push := newSocket(t, Push, nil)
	connect(t, push, at)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for j := range n {
				m := Message{Frames: [][]byte{{byte(i)}, binary.BigEndian.AppendUint32(nil, uint32(j)), body(j % 6000)}}
				if i%2 == 0 {
					push.Deliver(m, nil)
				} else {
					push.Send() <- m
				}
			}
		})
	}
	var next [senders]uint32
	for range senders * n {
		m := recv(t, pull)
		from, seq := m.Frames[0][0], binary.BigEndian.Uint32(m.Frames[1])
		if seq != next[from] {
			t.Fatalf("sender %d: received %d, want %d", from, seq, next[from])
		}
		next[from]++
	}
	wg.Wait()
}

// A recorder writes down in which order messages are handed to the operating
// system.
type recorder struct {
	mu  sync.Mutex
	log []string
}

func (r *recorder) done(name string) func(error) {
	return func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil {
			name += ": " + err.Error()
		}
		r.log = append(r.log, name)
	}
}

func (r *recorder) wait(t *testing.T, n int) []string {
	t.Helper()
	eventually(t, fmt.Sprint(n, " completions"), func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.log) >= n
	})
	return r.log
}

// Items for several sockets are handed over in the order in which they were
// put on the outbox.
func TestZ2OutboxOrderAcrossSockets(t *testing.T) {
	const n = 1000
	cfg := &Config{SendQueue: -1}
	router, pub := newSocket(t, Router, cfg), newSocket(t, XPub, cfg)
	dealer := newSocket(t, Dealer, &Config{RoutingID: []byte("a"), RecvQueue: n})
	sub := newSocket(t, Sub, &Config{RecvQueue: n})
	sub.Subscribe(nil)
	connect(t, dealer, bind(t, router, "tcp://127.0.0.1:*"))
	connect(t, sub, bind(t, pub, "tcp://127.0.0.1:*"))
	want(t, pub, "\x01")
	send(t, dealer, "hello")
	want(t, router, "a", "hello")

	o := NewOutbox(16)
	defer o.Close()
	var rec recorder
	var expect []string
	for i := range n {
		it := Item{To: router, Message: msg("a", fmt.Sprint(i))}
		if i%3 > 0 {
			it = Item{To: pub, Message: msg(fmt.Sprint(i))}
		}
		it.Done = rec.done(fmt.Sprint(i))
		expect = append(expect, fmt.Sprint(i))
		select {
		case o.Send() <- it:
		case <-o.Done():
			t.Fatal("the outbox has ended")
		}
	}
	if got := rec.wait(t, n); fmt.Sprint(got) != fmt.Sprint(expect) {
		t.Errorf("handed over in the order %v", got)
	}
}

// A peer that does not read holds up nobody else in the same outbox.
func TestZ2OutboxSlowPeerWaitsAlone(t *testing.T) {
	cfg := &Config{SendQueue: -1}
	slow, quick := newSocket(t, Pair, cfg), newSocket(t, Pair, cfg)
	r := dialRaw(t, bind(t, slow, "tcp://127.0.0.1:*")).shake("PAIR", "", 1)
	other := newSocket(t, Pair, nil)
	connect(t, other, bind(t, quick, "tcp://127.0.0.1:*"))
	o := NewOutbox(0)
	defer o.Close()
	const n = 64
	var handed atomic.Int32
	for i := range n {
		o.Send() <- Item{To: slow, Message: Message{Frames: [][]byte{body(1 << 20)}}, Done: func(err error) {
			if err == nil {
				handed.Add(1)
			}
		}}
		o.Send() <- Item{To: quick, Message: msg(fmt.Sprint(i))}
		want(t, other, fmt.Sprint(i))
	}
	if got := handed.Load(); got == n {
		t.Error("everything was handed over to a peer that does not read")
	}
	for range n {
		if f := r.read(); len(f.Body) != 1<<20 {
			t.Fatalf("frame of %d octets", len(f.Body))
		}
	}
	eventually(t, "all handed over", func() bool { return handed.Load() == n })
}

func TestZ2OutboxTellsWhatCannotGo(t *testing.T) {
	router := newSocket(t, Router, nil)
	o := NewOutbox(4)
	var rec recorder
	o.Send() <- Item{To: router, Message: msg("nobody", "x"), Done: rec.done("unknown")}
	o.Send() <- Item{Message: msg("x"), Done: rec.done("nowhere")}
	o.Send() <- Item{To: router, Message: Message{}, Done: rec.done("empty")}
	o.Close()
	o.Close()
	got := fmt.Sprintf("%q", rec.log)
	want := fmt.Sprintf("%q", []string{"unknown: " + ErrNoPeer.Error(), "nowhere: " + errNoSocket.Error(), "empty: " + ErrMessage.Error()})
	if got != want {
		t.Errorf("completions %s, want %s", got, want)
	}
}

// What waits for a peer that has gone goes before what is sent later, also when
// the next peer comes before the last write to the old one has ended.
func TestZ2OrderWhenAPeerIsReplaced(t *testing.T) {
	ends := make(chan net.Conn, 1)
	writing, release := make(chan struct{}), make(chan struct{})
	push := newSocket(t, Push, &Config{
		dial: func(context.Context, string, string) (net.Conn, error) {
			a, b := memPipe(inprocAddr("test"))
			ends <- b
			return &heldConn{Conn: a, writing: writing, release: release}, nil
		},
	})
	connect(t, push, "tcp://127.0.0.1:1")
	newRaw(t, <-ends).shake("PULL", "", 1)
	eventually(t, "a peer", func() bool { return peerCount(push) == 1 })
	const n = 10
	push.Deliver(msg("0"), nil)
	<-writing
	for i := 1; i < n; i++ {
		push.Deliver(msg(fmt.Sprint(i)), nil)
	}
	if err := push.Disconnect("tcp://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	next := memPeer(t, push, "PULL")
	eventually(t, "the next peer", func() bool { return peerCount(push) == 2 })
	push.Deliver(msg(fmt.Sprint(n)), nil)
	close(release)
	for i := range n + 1 {
		if f := next.read(); string(f.Body) != fmt.Sprint(i) {
			t.Fatalf("received %q, want %d", f.Body, i)
		}
	}
}

// A heldConn does not come back from the first write after its handshake, whatever
// becomes of the connection, until it is released.
type heldConn struct {
	net.Conn
	writes           int
	writing, release chan struct{}
}

func (c *heldConn) Write(b []byte) (int, error) {
	if c.writes++; c.writes <= 2 { // the greeting and READY
		return c.Conn.Write(b)
	}
	close(c.writing)
	<-c.release
	return 0, net.ErrClosed
}

// What a peer that has gone did not get is in nobody's hands at no time: newer
// messages would be routed before it.
func TestZ2TakingBackIsOneStep(t *testing.T) {
	s := newSocket(t, Push, nil)
	p := &Peer{s: s, dead: true, leaving: true}
	p.queue.push(item{frames: msg("older").Frames})
	s.mu.Lock()
	s.leaving = 1
	s.pending.Add(1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.abandon()
	}()
	yield()
	p.mu.Lock()
	waits := p.queue.len()
	p.mu.Unlock()
	s.mu.Unlock()
	if waits != 1 {
		t.Error("the message was taken from the peer, and the socket does not have it")
	}
	<-done
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.backlog) != 1 || s.leaving != 0 {
		t.Errorf("backlog %v, %d peers leave", s.backlog, s.leaving)
	}
}

// The completion of a message that an outbox has handed over may recycle it.
func TestZ2OutboxForgetsWhatIsHandedOver(t *testing.T) {
	const n = 2000
	cfg := &Config{SendQueue: -1}
	router, dealer := pairOf(t, Router, Dealer, cfg, &Config{RoutingID: []byte("id"), RecvQueue: 2 * n})
	send(t, dealer, "hello")
	recv(t, router)
	o := NewOutbox(n)
	defer o.Close()
	go func() { // writes what the outbox has queued
		for range n {
			router.Deliver(msg("id", "x"), nil)
		}
	}()
	for range n {
		m := msg("id", "y")
		o.Send() <- Item{router, m, func(error) { m.Recycle() }}
	}
	for range 2 * n {
		recv(t, dealer)
	}
}
