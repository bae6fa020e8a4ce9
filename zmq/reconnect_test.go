package zmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

func TestZ5ReconnectBackOff(t *testing.T) { synctest.Test(t, testReconnectBackOff) }

// The pause doubles up to its bound, is never longer than that, and never
// shorter than half of it.
func testReconnectBackOff(t *testing.T) {
	var at []time.Time
	s := newSocket(t, Dealer, &Config{
		ReconnectMin: 100 * time.Millisecond,
		ReconnectMax: 2 * time.Second,
		dial: func(context.Context, string, string) (net.Conn, error) {
			at = append(at, time.Now())
			return nil, errors.New("nobody there")
		},
	})
	connect(t, s, "tcp://127.0.0.1:1")
	time.Sleep(time.Hour) // of the bubble's clock
	s.Close()
	if len(at) < 1800 {
		t.Errorf("%d attempts in an hour: it has given up", len(at))
	}
	full := 100 * time.Millisecond
	different := false
	for i := 1; i < len(at); i++ {
		d := at[i].Sub(at[i-1])
		if d > full || d < full/2 {
			t.Fatalf("pause %d is %v, want %v to %v", i, d, full/2, full)
		}
		different = different || d != full
		full = min(2*full, 2*time.Second)
	}
	if !different {
		t.Error("the pauses have no jitter")
	}
}

// A pipe returns the two ends of a connection in memory, for tests in a
// bubble.
func pipe(s *Socket, bound bool) (ours net.Conn, serve func()) {
	ours, theirs := memPipe(inprocAddr("test"))
	return ours, func() {
		p, err := s.handshake(theirs, bound)
		s.servePeer(theirs, "", p, err)
	}
}

// memPeer attaches a raw peer of type typ to s in memory, for tests in a bubble.
func memPeer(t testing.TB, s *Socket, typ string) *rawPeer {
	t.Helper()
	ours, serve := pipe(s, true)
	go serve()
	return newRaw(t, ours).shake(typ, "", 1)
}

func TestZ5ReconnectForgetsBackOffAfterSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := make(chan net.Conn)
		var at []time.Time
		s := newSocket(t, Dealer, &Config{
			ReconnectMin: 100 * time.Millisecond,
			ReconnectMax: time.Minute,
			dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				at = append(at, time.Now())
				if len(at) < 10 {
					return nil, errors.New("not yet")
				}
				a, b := memPipe(inprocAddr("test"))
				select {
				case ends <- b:
					return a, nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			},
		})
		connect(t, s, "tcp://127.0.0.1:1")
		first := newRaw(t, <-ends).shake("DEALER", "", 1)
		time.Sleep(time.Minute) // longer than the pause before it
		first.conn.Close()
		lost := time.Now()
		r := newRaw(t, <-ends).shake("DEALER", "", 1)
		if d := time.Since(lost); d > 100*time.Millisecond {
			t.Errorf("connected again after %v", d)
		}
		r.conn.Close()
	})
}

// Whose every connection is ended by the other side comes again, but not often.
func TestZ5ReconnectBacksOffWhenRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		router := newSocket(t, Router, nil)
		var refused atomic.Int32
		cfg := &Config{
			RoutingID: []byte("x"),
			dial: func(context.Context, string, string) (net.Conn, error) {
				a, b := memPipe(inprocAddr("test"))
				go func() {
					p, err := router.handshake(b, true)
					if !router.servePeer(b, "", p, err) {
						refused.Add(1)
					}
				}()
				return a, nil
			},
		}
		connect(t, newSocket(t, Dealer, cfg), "tcp://127.0.0.1:1")
		synctest.Wait()
		connect(t, newSocket(t, Dealer, cfg), "tcp://127.0.0.1:1")
		time.Sleep(time.Minute)
		if n := refused.Load(); n < 30 || n > 70 { // every 1 to 2 s, and a few at first
			t.Errorf("refused %d times in a minute", n)
		}
	})
}

// Connect may come first; the message that was accepted arrives.
func TestZ5ReconnectBindComesLater(t *testing.T) {
	l, err := net.Listen("tcp", testenv.OwnHost()+":0")
	if err != nil {
		t.Fatal(err)
	}
	at := "tcp://" + l.Addr().String()
	l.Close()
	dealer := newSocket(t, Dealer, nil)
	events := dealer.Monitor()
	connect(t, dealer, at)
	send(t, dealer, "early")
	if e := event(t, events, ConnectFailed); !errors.Is(e.Err, syscall.ECONNREFUSED) {
		t.Errorf("connect failed: %v", e.Err)
	}
	router := newSocket(t, Router, nil)
	bind(t, router, at)
	if m := recv(t, router); string(m.Frames[1]) != "early" {
		t.Errorf("received %s", text(m))
	}
}

// A server that is killed and started again finds the same clients: with their
// routing ids and their subscriptions, and nothing but what was in flight is
// lost.
func TestZ5ReconnectKeepsIdentityAndSubscriptions(t *testing.T) {
	dealer := newSocket(t, Dealer, &Config{RoutingID: []byte("me"), ReconnectMax: 50 * time.Millisecond})
	sub := newSocket(t, Sub, &Config{ReconnectMax: 50 * time.Millisecond})
	sub.Subscribe([]byte("a"))
	sub.Subscribe([]byte("b"))
	sub.Unsubscribe([]byte("b"))
	routerAt := "tcp://" + testenv.OwnHost() + ":*"
	pubAt := routerAt
	for i := range 20 {
		router, pub := newSocket(t, Router, nil), newSocket(t, XPub, nil)
		routerAt, pubAt = bind(t, router, routerAt), bind(t, pub, pubAt)
		if i == 0 {
			connect(t, dealer, routerAt)
			connect(t, sub, pubAt)
		}
		want(t, pub, "\x01a")
		send(t, dealer, fmt.Sprint(i))
		want(t, router, "me", fmt.Sprint(i))
		send(t, router, "me", "answer")
		want(t, dealer, "answer")
		send(t, pub, "a news")
		want(t, sub, "a news")
		clientEvents := dealer.Monitor()
		router.Close()
		pub.Close()
		event(t, clientEvents, PeerDetached)
	}
}

// What waits for a peer that is gone goes to the next one, but for a message
// that is out in part.
func TestZ5ReconnectLosesOnlyWhatIsInFlight(t *testing.T) {
	const n = 50
	push := newSocket(t, Push, &Config{SendQueue: -1})
	r := silent(t, push, "PULL", "")
	var told atomic.Int32
	for i := range n {
		m := Message{Frames: [][]byte{{byte(i)}, body(1 << 20)}}
		push.Deliver(m, func(err error) {
			if err != nil {
				told.Add(1)
			}
		})
	}
	r.conn.Close()
	pull := newSocket(t, Pull, nil)
	connect(t, pull, bind(t, push, "tcp://127.0.0.1:*"))
	eventually(t, "nothing is pending", func() bool { return push.Stats().Pending == 0 })
	st := push.Stats()
	if st.Dropped > 1 || int(st.Dropped) != int(told.Load()) || st.Sent+st.Dropped != n {
		t.Errorf("%+v, %d told", st, told.Load())
	}
	first := int(recv(t, pull).Frames[0][0])
	for i := first + 1; i < n; i++ {
		if got := recv(t, pull).Frames[0][0]; int(got) != i {
			t.Fatalf("received %d, want %d", got, i)
		}
	}
}

func TestZ5RouterHandover(t *testing.T) {
	router := newSocket(t, Router, &Config{Handover: true})
	events := router.Monitor()
	at := bind(t, router, "tcp://127.0.0.1:*")
	old := dialRaw(t, at).shake("DEALER", "same", 1)
	event(t, events, PeerAttached)
	next := dialRaw(t, at).shake("DEALER", "same", 1)
	old.closed()
	if e := event(t, events, PeerDetached); !errors.Is(e.Err, errTakenOver) {
		t.Errorf("old peer detached for %v", e.Err)
	}
	send(t, router, "same", "for the new one")
	if f := next.read(); string(f.Body) != "for the new one" {
		t.Errorf("read %q", f.Body)
	}
	next.write(message("hello"))
	want(t, router, "same", "hello")
}

func TestZ5RouterRefusesASecondPeerOfTheSameID(t *testing.T) {
	router := newSocket(t, Router, nil)
	events := router.Monitor()
	at := bind(t, router, "tcp://127.0.0.1:*")
	first := dialRaw(t, at).shake("DEALER", "same", 1)
	event(t, events, PeerAttached)
	knock(t, at, "DEALER", "same").closed()
	event(t, events, HandshakeFailed)
	send(t, router, "same", "for the first")
	if f := first.read(); string(f.Body) != "for the first" {
		t.Errorf("read %q", f.Body)
	}
	// When the first has gone, the id is free.
	first.conn.Close()
	event(t, events, PeerDetached)
	dialRaw(t, at).shake("DEALER", "same", 1)
	event(t, events, PeerAttached)
}

// Mandatory is what Deliver always is: who cannot be reached is an error.
func TestZ5RouterMandatory(t *testing.T) {
	router := newSocket(t, Router, nil)
	for name, tc := range map[string]struct {
		m    Message
		want error
	}{
		"unknown id": {msg("nobody", "x"), ErrNoPeer},
		"no body":    {msg("nobody"), ErrMessage},
		"no frames":  {Message{}, ErrMessage},
	} {
		var got error
		router.Deliver(tc.m, func(err error) { got = err })
		if got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

func TestZ5DisconnectAndUnbind(t *testing.T) {
	rep, req := newSocket(t, Rep, nil), newSocket(t, Req, nil)
	at := bind(t, rep, "tcp://"+testenv.OwnHost()+":*")
	events := rep.Monitor()
	connect(t, req, at)
	event(t, events, PeerAttached)
	for _, err := range []error{
		req.Connect(at), req.Disconnect("tcp://127.0.0.1:1"), rep.Unbind("tcp://127.0.0.1:1"),
	} {
		if _, ok := errors.AsType[*EndpointError](err); !ok {
			t.Errorf("got %v, want an *EndpointError", err)
		}
	}
	if err := req.Disconnect(at); err != nil {
		t.Error(err)
	}
	event(t, events, PeerDetached)
	if err := rep.Unbind(at); err != nil {
		t.Error(err)
	}
	event(t, events, EndpointClosed)
	bind(t, rep, at) // it is free again
}

// Only the peer at that endpoint is parted from.
func TestDisconnectLeavesOthers(t *testing.T) {
	const n = 8
	push := newSocket(t, Push, nil)
	events := push.Monitor()
	var pulls []*Socket
	var at []string
	for i := range n {
		pulls = append(pulls, newSocket(t, Pull, nil))
		at = append(at, bind(t, pulls[i], "tcp://127.0.0.1:*"))
		connect(t, push, at[i])
		event(t, events, PeerAttached)
	}
	for i := range n - 1 {
		if err := push.Disconnect(at[i]); err != nil {
			t.Error(err)
		}
		if e := event(t, events, PeerDetached); e.Endpoint != at[i] {
			t.Fatalf("Disconnect(%s) detached %s", at[i], e.Endpoint)
		}
		if got := peerCount(push); got != n-1-i {
			t.Fatalf("%d peers after %d of %d were disconnected", got, i+1, n)
		}
	}
	send(t, push, "for the last one")
	want(t, pulls[n-1], "for the last one")
}

// Whoever is there stays when the endpoint is unbound; nobody comes any more.
func TestUnbindLeavesItsPeers(t *testing.T) {
	for _, endpoint := range []string{"tcp://" + testenv.OwnHost() + ":*", "ipc://" + t.TempDir() + "/s", "inproc://unbound"} {
		pull, push := newSocket(t, Pull, nil), newSocket(t, Push, nil)
		at := bind(t, pull, endpoint)
		events := pull.Monitor()
		connect(t, push, at)
		event(t, events, PeerAttached)
		if err := pull.Unbind(at); err != nil {
			t.Error(err)
		}
		event(t, events, EndpointClosed)
		other := newSocket(t, Pull, nil)
		bind(t, other, at)
		late := newSocket(t, Push, nil)
		connect(t, late, at)
		send(t, late, "for the other")
		send(t, push, "still here")
		want(t, other, "for the other")
		want(t, pull, "still here")
	}
}

// A toldConn tells when it is closed.
type toldConn struct {
	net.Conn
	closed *atomic.Bool
}

func (c toldConn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// The connection is closed when Disconnect returns: whoever connects again at once,
// under the same routing id, does not compete with it.
func TestDisconnectClosesTheConnection(t *testing.T) {
	t.Parallel()
	var closed atomic.Bool
	dealer := newSocket(t, Dealer, &Config{
		dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return toldConn{conn, &closed}, err
		},
	})
	at := bind(t, newSocket(t, Router, nil), "tcp://127.0.0.1:*")
	events := dealer.Monitor()
	connect(t, dealer, at)
	event(t, events, PeerAttached)
	if err := dealer.Disconnect(at); err != nil {
		t.Error(err)
	}
	if !closed.Load() {
		t.Error("the connection is open")
	}
}

// A subscriber that disconnects is forgotten, and tells again what it wants when it
// connects again.
func TestZ5ReconnectByTheUser(t *testing.T) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://" + t.TempDir() + "/s", "inproc://by-the-user"} {
		xpub, sub := newSocket(t, XPub, nil), newSocket(t, Sub, nil)
		if err := sub.Subscribe([]byte("a")); err != nil {
			t.Fatal(err)
		}
		at := bind(t, xpub, endpoint)
		for i := range 3 {
			if err := deliver(t, xpub, "a", "for nobody"); err != nil {
				t.Fatal(err)
			}
			connect(t, sub, at)
			want(t, xpub, "\x01a")
			send(t, xpub, "a", fmt.Sprint(i))
			want(t, sub, "a", fmt.Sprint(i))
			if err := sub.Disconnect(at); err != nil {
				t.Fatal(err)
			}
			want(t, xpub, "\x00a")
		}
	}
}

func TestZ6Heartbeat(t *testing.T) { synctest.Test(t, testHeartbeat) }

// A PING goes out when nothing was heard for the interval, with the TTL; a
// peer that answers stays, one that does not is dropped after the timeout.
func testHeartbeat(t *testing.T) {
	s := newSocket(t, Dealer, &Config{
		HeartbeatInterval: 10 * time.Second, HeartbeatTimeout: 3 * time.Second, HeartbeatTTL: 42 * time.Second,
	})
	ours, serve := pipe(s, true)
	gone := make(chan time.Time, 1)
	go func() { serve(); gone <- time.Now() }()
	r := newRaw(t, ours).shake("DEALER", "", 1)
	start := time.Now()
	for i := range 5 {
		ours.SetReadDeadline(time.Time{})
		name, data, err := zmtp.ParseCommand(readFrame(t, r).Body)
		if err != nil || name != "PING" {
			t.Fatalf("got %q, %v, want a PING", name, err)
		}
		ttl, _, _ := zmtp.ParsePing(data)
		if ttl != 420 {
			t.Errorf("ttl %d, want 420 tenths of a second", ttl)
		}
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("PING %d after %v", i, d)
		}
		start = time.Now()
		r.write(command("PONG", ""))
	}
	readFrame(t, r) // a PING that is not answered
	start = time.Now()
	if d := (<-gone).Sub(start); d != 3*time.Second {
		t.Errorf("dropped %v after the PING, want 3s", d)
	}
}

// readFrame reads without a deadline, which a bubble's clock would reach.
func readFrame(t *testing.T, r *rawPeer) zmtp.Frame {
	t.Helper()
	for {
		f, ok, err := r.dec.Next(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return f
		}
		n, err := r.conn.Read(r.dec.Space())
		if err != nil {
			t.Fatal(err)
		}
		r.dec.Fill(n)
	}
}

func TestZ6HeartbeatTTLOfThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Dealer, nil)
		ours, serve := pipe(s, true)
		gone := make(chan time.Time, 1)
		go func() { serve(); gone <- time.Now() }()
		r := newRaw(t, ours).shake("DEALER", "", 1)
		go r.write(command("PING", "\x00\x32the context")) // 5 s
		if f := r.read(); string(f.Body) != "\x04PONGthe context" {
			t.Errorf("got %q, want a PONG with the context", f.Body)
		}
		time.Sleep(4 * time.Second)
		r.write(message("sign of life"))
		start := time.Now()
		if d := (<-gone).Sub(start); d != 5*time.Second {
			t.Errorf("dropped after %v of silence, want 5s", d)
		}
	})
}

// Who does not read cannot tell silence, and a peer of ZMTP 3.0 gets no PING.
func TestZ6HeartbeatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Dealer, &Config{RecvQueue: -1, HeartbeatInterval: time.Second})
		r := memPeer(t, s, "DEALER")
		r.write(message("nobody takes this"))
		time.Sleep(time.Hour)
		if peerCount(s) != 1 {
			t.Error("a peer was dropped while we did not read")
		}
		want(t, s, "nobody takes this")
		time.Sleep(10 * time.Second)
		if peerCount(s) != 0 {
			t.Error("a silent peer is still there")
		}

		// It does not know PING.
		old := newSocket(t, Dealer, &Config{HeartbeatInterval: time.Second})
		ours, serve := pipe(old, true)
		go serve()
		r = newRaw(t, ours).shake("DEALER", "", 0)
		time.Sleep(time.Hour)
		if peerCount(old) != 1 {
			t.Error("a peer of ZMTP 3.0 was dropped")
		}
		if err := deliver(t, old, "no command"); err != nil {
			t.Error(err)
		}
		if f := r.read(); f.Flags != 0 || string(f.Body) != "no command" {
			t.Errorf("a peer of ZMTP 3.0 was sent %q", f.Body)
		}
	})
}

// A peer whose request waits for its turn at a REP is heard.
func TestZ6HeartbeatOfWhoWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Rep, &Config{HeartbeatInterval: time.Second})
		for range 2 {
			r := memPeer(t, s, "REQ")
			r.write(message("", "request"))
			r.conn.SetDeadline(time.Time{})
			go func() { // a peer that answers every PING
				for {
					f, ok, _ := r.dec.Next(1 << 20)
					if !ok {
						n, err := r.conn.Read(r.dec.Space())
						if err != nil {
							return
						}
						r.dec.Fill(n)
					} else if f.Flags == zmtp.Command {
						r.conn.Write(command("PONG", ""))
					}
				}
			}()
		}
		time.Sleep(time.Hour)
		if n := peerCount(s); n != 2 {
			t.Errorf("of two peers that are alive %d are left", n)
		}
		for range 2 {
			want(t, s, "request")
			if err := deliver(t, s, "reply"); err != nil {
				t.Error(err)
			}
		}
	})
}

func peerCount(s *Socket) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers)
}

func TestZ4HandshakeDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Dealer, nil)
		ours, serve := pipe(s, true)
		start := time.Now()
		go func() {
			buf := make([]byte, 64)
			ours.Read(buf)
		}()
		serve()
		if d := time.Since(start); d != 30*time.Second {
			t.Errorf("a silent connection was closed after %v", d)
		}
	})
}

// Shutdown lingers until the context ends, and not longer.
func TestZ1ShutdownLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Push, nil)
		ours, serve := pipe(s, true)
		served := make(chan struct{})
		go func() { serve(); close(served) }()
		r := newRaw(t, ours).shake("PULL", "", 1)
		for range 3 {
			s.Deliver(big(), nil) // more than the connection holds
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		err := s.Shutdown(ctx)
		if d := time.Since(start); d != 5*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown took %v and returned %v", d, err)
		}
		<-served
		r.conn.Close()
		if st := s.Stats(); st.Dropped != 3 || st.Pending != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// A reader that goes on is not taken for one that reads already and hears nothing.
func TestZ6HeartbeatOfWhoGoesOn(t *testing.T) {
	p := &Peer{s: newSocket(t, Dealer, nil)}
	p.parked.Store(true)
	p.live.mu.Lock() // as checkLiveness does
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.unpark()
	}()
	yield()
	if !p.parked.Load() {
		t.Error("the reader is not parked any more, and the time of its silence still counts")
	}
	p.live.mu.Unlock()
	<-done
	if p.parked.Load() {
		t.Error("still parked")
	}
}

// A subscription that is on its way out does not stand for a PING.
func TestZ6HeartbeatOfWhoSubscribes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, Sub, &Config{HeartbeatInterval: time.Second})
		r := memPeer(t, s, "PUB")
		synctest.Wait()
		for _, topic := range []string{"a", "b"} {
			s.Subscribe([]byte(strings.Repeat(topic, 2*memBuffer)))
		}
		time.Sleep(10 * time.Second) // a PING is due, and a subscription waits
		go io.Copy(io.Discard, r.conn)
		time.Sleep(time.Minute)
		if peerCount(s) != 0 {
			t.Error("a silent peer was not noticed")
		}
	})
}
