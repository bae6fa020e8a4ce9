package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"
)

// A message to several receivers completes once, when all have it, and with
// the reason if one does not get it.
func TestZ2CompletionOfAFanOut(t *testing.T) {
	pub := newSocket(t, XPub, &Config{SendQueue: 2})
	at := bind(t, pub, "tcp://127.0.0.1:*")
	good := newSocket(t, Sub, nil)
	good.Subscribe(nil)
	connect(t, good, at)
	want(t, pub, "\x01")
	bad := dialRaw(t, at).shake("SUB", "", 1)
	bad.write(command("SUBSCRIBE", ""))
	want(t, pub, "\x01")

	completions := make(chan error, 100)
	offer := func(m Message) error {
		pub.Deliver(m, func(err error) { completions <- err })
		select {
		case err := <-completions:
			return err
		case <-time.After(patience):
			t.Fatal("no completion")
			return nil
		}
	}
	if err := offer(msg("to both")); err != nil {
		t.Errorf("to both: %v", err)
	}
	want(t, good, "to both")
	if f := bad.read(); string(f.Body) != "to both" {
		t.Errorf("read %q", f.Body)
	}
	// The bad one does not read on: messages wait for it, then are dropped.
	told := 0
	for range 50 {
		pub.Deliver(big(), func(err error) { completions <- err })
		if len(recv(t, good).Frames[0]) != 1<<20 {
			t.Fatal("the good subscriber got something else")
		}
	}
	bad.conn.Close()
	for range 50 {
		select {
		case err := <-completions:
			if err != nil && err != ErrQueueFull && err != ErrPeerGone {
				t.Errorf("completion got %v", err)
			}
			if err != nil {
				told++
			}
		case <-time.After(patience):
			t.Fatal("a completion is missing")
		}
	}
	if dropped := pub.Stats().Dropped; told == 0 || uint64(told) != dropped {
		t.Errorf("%d completions with an error, %d dropped", told, dropped)
	}
	select {
	case err := <-completions:
		t.Errorf("one completion too many: %v", err)
	default:
	}
}

// While nobody is connected, the policy is for what waits for the first peer.
func TestZ3FlowWithoutAPeer(t *testing.T) {
	for full, first := range map[Policy]int{Block: 0, DropNewest: 0, DropOldest: 2} {
		push := newSocket(t, Push, &Config{SendQueue: 3, Full: full})
		var rec recorder
		blocked := make(chan struct{})
		go func() {
			defer close(blocked)
			for i := range 5 {
				push.Deliver(msg(fmt.Sprint(i)), rec.done(fmt.Sprint(i)))
			}
		}()
		eventually(t, "the queue is full", func() bool { return push.Stats().Pending == 3 })
		if full != Block {
			<-blocked
			if got := push.Stats().Dropped; got != 2 {
				t.Errorf("policy %d: Dropped = %d, want 2", full, got)
			}
		}
		pull := newSocket(t, Pull, nil)
		connect(t, pull, bind(t, push, "tcp://127.0.0.1:*"))
		for i := range 3 {
			want(t, pull, fmt.Sprint(first+i))
		}
		if full == Block {
			want(t, pull, "3")
			want(t, pull, "4")
			<-blocked
		}
		rec.wait(t, 5)
	}
}

// A plainConn is a connection that cannot be written to without waiting, as
// all are on systems other than Linux.
type plainConn struct{ net.Conn }

func dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return plainConn{conn}, nil
}

func TestWritingWithoutRawAccess(t *testing.T) {
	dealer := newSocket(t, Dealer, &Config{dial: dialPlain, SendQueue: -1, StallTimeout: patience})
	other := newSocket(t, Dealer, nil)
	events := dealer.Monitor()
	connect(t, dealer, bind(t, other, "tcp://127.0.0.1:*"))
	e := event(t, events, PeerAttached)
	if _, ok := e.Peer.wire.(connWire); !ok {
		t.Fatalf("the wire is a %T", e.Peer.wire)
	}
	for i := range 300 {
		dealer.Deliver(Message{Frames: [][]byte{fmt.Append(nil, i), body(i * 700)}}, nil)
	}
	for i := range 300 {
		if m := recv(t, other); string(m.Frames[0]) != fmt.Sprint(i) || len(m.Frames[1]) != i*700 {
			t.Fatalf("message %d came as %q and %d octets", i, m.Frames[0], len(m.Frames[1]))
		}
	}
	send(t, other, "back")
	want(t, dealer, "back")
	other.Close()
	event(t, events, PeerDetached)

	// The stall timeout holds here too.
	stalled := newSocket(t, Dealer, &Config{dial: dialPlain, SendQueue: -1, StallTimeout: 100 * time.Millisecond})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	events = stalled.Monitor()
	connect(t, stalled, "tcp://"+l.Addr().String())
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	newRaw(t, conn).shake("DEALER", "", 1)
	event(t, events, PeerAttached)
	for range 32 {
		stalled.Deliver(big(), nil)
	}
	if e := event(t, events, PeerDetached); !errors.Is(e.Err, errStalled) {
		t.Errorf("detached for %v", e.Err)
	}
}

// A lateConn is a plain connection on whose every write half of the time is over
// before the peer is looked at, as when this process stood still for long.
type lateConn struct {
	plainConn
	armed int // how often a deadline was set; owned by the writer
}

func (c *lateConn) SetWriteDeadline(t time.Time) error {
	if !t.IsZero() {
		c.armed++
	}
	return c.plainConn.SetWriteDeadline(t)
}

func (c *lateConn) Write(b []byte) (int, error) {
	if c.armed%2 == 1 {
		return 0, os.ErrDeadlineExceeded
	}
	return c.plainConn.Write(b)
}

// A process that stood still does not take its peers for stalled: they get the time
// to go on.
func TestZ3WhoStoodStillBlamesNobody(t *testing.T) {
	dealer := newSocket(t, Dealer, &Config{StallTimeout: patience,
		dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialPlain(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &lateConn{plainConn: conn.(plainConn)}, nil
		}})
	other := newSocket(t, Dealer, nil)
	events := dealer.Monitor()
	connect(t, dealer, bind(t, other, "tcp://127.0.0.1:*"))
	event(t, events, PeerAttached)
	for i := range 10 {
		if err := deliver(t, dealer, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		want(t, other, fmt.Sprint(i))
	}
}

// XSUB sends to all publishers, and completes once.
func TestXSubToAllPublishers(t *testing.T) {
	for _, full := range []Policy{Block, DropNewest} {
		xsub := newSocket(t, XSub, &Config{Full: full})
		at := bind(t, xsub, "tcp://127.0.0.1:*")
		events := xsub.Monitor()
		a, b := newSocket(t, XPub, nil), newSocket(t, XPub, nil)
		connect(t, a, at)
		connect(t, b, at)
		event(t, events, PeerAttached)
		event(t, events, PeerAttached)
		if err := deliver(t, xsub, "up", "stream"); err != nil {
			t.Error(err)
		}
		want(t, a, "up", "stream")
		want(t, b, "up", "stream")
	}
}

// Without a publisher, what an XSUB sends upstream is for nobody, as with PUB. It
// does not hold up its subscriptions.
func TestXSubWithoutAPublisher(t *testing.T) {
	xsub := newSocket(t, XSub, nil)
	if err := deliver(t, xsub, "upstream"); err != nil {
		t.Error(err)
	}
	if err := deliver(t, xsub, "\x00never subscribed"); err == nil {
		t.Error("a subscription that there is not can be taken back")
	}
	if err := deliver(t, xsub, "\x01a"); err != nil {
		t.Error(err)
	}
	if st := xsub.Stats(); st.Pending != 0 || st.Dropped != 1 {
		t.Errorf("%+v", st)
	}
	xpub := newSocket(t, XPub, nil)
	connect(t, xpub, bind(t, xsub, "tcp://127.0.0.1:*"))
	want(t, xpub, "\x01a")
	send(t, xsub, "upstream")
	want(t, xpub, "upstream")
}
