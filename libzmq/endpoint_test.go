package libzmq

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

func TestBindAndConnect(t *testing.T) {
	ipc := "ipc://" + filepath.Join(t.TempDir(), "socket")
	for _, endpoint := range []string{"tcp://127.0.0.1:0", "tcp://127.0.0.1:*", "tcp://[::1]:*", ipc, "inproc://here"} {
		a, b := newSocket(t, Pair, nil), newSocket(t, Pair, nil)
		bound, err := a.Bind(endpoint)
		if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, zmq4.EADDRNOTAVAIL) {
			continue // a machine without IPv6
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Connect(bound); err != nil {
			t.Fatal(err)
		}
		send(t, a, msg("to b"))
		send(t, b, msg("to a"))
		if got := text(recv(t, a)) + text(recv(t, b)); got != "to ato b" {
			t.Errorf("%s: got %q", endpoint, got)
		}
	}
}

// What package zmq binds to IPv4 addresses is bound to the same ones here, and
// is given back as such.
func TestBindOfIPv4(t *testing.T) {
	endpoints := map[string]string{"tcp://*:*": "tcp://0.0.0.0:", "tcp://127.0.0.1:*": "tcp://127.0.0.1:"}
	if runtime.GOOS == "linux" {
		endpoints["tcp://lo:*"] = "tcp://127.0.0.1:"
	}
	for endpoint, want := range endpoints {
		for engine, s := range map[string]interface{ Bind(string) (string, error) }{
			"libzmq": newSocket(t, Pull, nil), "zmq": zmqSocket(t, Pull),
		} {
			if bound, err := s.Bind(endpoint); err != nil || !strings.HasPrefix(bound, want) {
				t.Errorf("%s: %s is bound to %s, want %s: %v", engine, endpoint, bound, want, err)
			}
		}
	}
}

func zmqSocket(t *testing.T, typ Type) *zmq.Socket {
	s, err := zmq.NewSocket(typ, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestEndpointErrorsNameTheEndpoint(t *testing.T) {
	s := newSocket(t, Dealer, nil)
	taken := bind(t, newSocket(t, Dealer, nil))
	for _, err := range []error{
		s.Connect("nonsense"),
		s.Connect("tcp://127.0.0.1"),
		s.Connect("tcp://127.0.0.1:70000"),
		s.Connect("tcp://127.0.0.1:5555x"),
		s.Connect("tcp://127.0.0.1:70000;127.0.0.1:5555"),
		s.Unbind("tcp://127.0.0.1:1"),
		s.Disconnect("tcp://127.0.0.1:1"),
		second(s.Bind(taken)),
		second(s.Bind("tcp://127.0.0.1:70000")),
		second(s.Bind("udp://127.0.0.1:1")),
		second(s.Bind("ipc://" + strings.Repeat("x", 200))),
	} {
		ee, ok := errors.AsType[*zmq.EndpointError](err)
		if !ok || !strings.Contains(err.Error(), ee.Endpoint) || ee.Endpoint == "" {
			t.Errorf("%v is not an EndpointError that names the endpoint", err)
		}
	}
}

func second(_ string, err error) error { return err }

func TestSubscriptions(t *testing.T) {
	pub, sub := newSocket(t, XPub, nil), newSocket(t, Sub, nil)
	join(t, pub, sub)
	for _, prefix := range []string{"a", "b"} {
		if err := sub.Subscribe([]byte(prefix)); err != nil {
			t.Fatal(err)
		}
		recv(t, pub)
	}
	if err := sub.Unsubscribe([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if got := text(recv(t, pub)); got != "\x00a" {
		t.Fatalf("XPUB received %q, want the cancellation", got)
	}
	send(t, pub, msg("a1"))
	send(t, pub, msg("b1"))
	if got := text(recv(t, sub)); got != "b1" {
		t.Errorf("received %q, want b1", got)
	}
	if err := pub.Subscribe(nil); err == nil {
		t.Error("an XPUB subscribes")
	}
}

func TestZ5ConnectFirstAndReconnect(t *testing.T) {
	dealer := newSocket(t, Dealer, &Config{RoutingID: []byte("me"), ReconnectMin: time.Millisecond})
	router := newSocket(t, Router, nil)
	endpoint := bindOwn(t, router)
	router.Close()
	events := dealer.Monitor()
	if err := dealer.Connect(endpoint); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		router = newSocket(t, Router, &Config{Handover: true})
		if _, err := router.Bind(endpoint); err != nil {
			t.Fatal(err)
		}
		send(t, dealer, msg("hello"))
		m := recv(t, router)
		if got := text(m); got != "me|hello" {
			t.Fatalf("received %q", got)
		}
		send(t, router, m)
		recv(t, dealer)
		router.Close()
		// What is sent before libzmq notices is lost with the connection.
		for wait(t, "the disconnection", events).Kind != zmq.PeerDetached {
		}
	}
}

func TestMonitor(t *testing.T) {
	router := newSocket(t, Router, nil)
	events := router.Monitor()
	if router.Monitor() != events {
		t.Error("Monitor returns another channel")
	}
	bound := bind(t, router)
	dealer := newSocket(t, Dealer, nil)
	if err := dealer.Connect(bound); err != nil {
		t.Fatal(err)
	}
	router.Deliver(msg("nobody", "x"), nil)
	seen := make(map[zmq.EventKind]bool)
	for !seen[zmq.Listening] || !seen[zmq.Accepted] || !seen[zmq.PeerAttached] || !seen[zmq.MessageDropped] {
		e := wait(t, "an event", events)
		if seen[e.Kind] = true; e.Kind == zmq.Listening && e.Endpoint != bound {
			t.Errorf("%v: listening on %q, want %q", e.Kind, e.Endpoint, bound)
		}
	}
	dealer.Close()
	for !seen[zmq.PeerDetached] {
		seen[wait(t, "an event", events).Kind] = true
	}
	router.Close()
	for range events {
	}
	if _, open := <-router.Monitor(); open {
		t.Error("an event after the end")
	}
}

func TestAdopt(t *testing.T) {
	ctx, err := zmq4.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	soc, err := ctx.NewSocket(zmq4.REP)
	if err != nil {
		t.Fatal(err)
	}
	if err := soc.Bind("tcp://127.0.0.1:*"); err != nil {
		t.Fatal(err)
	}
	f := newForwarder(t)
	defer f.Close()
	rep, err := f.Adopt(soc, nil)
	if err != nil {
		t.Fatal(err)
	}
	var endpoint string
	if err := rep.Do(func(soc *zmq4.Socket) (err error) {
		endpoint, err = soc.GetLastEndpoint()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	req := newSocket(t, Req, nil)
	if err := req.Connect(endpoint); err != nil {
		t.Fatal(err)
	}
	send(t, req, msg("question"))
	send(t, rep, recv(t, rep))
	recv(t, req)

	// Its owner terminates the context, which waits for the socket to close.
	ended := make(chan error)
	go func() { ended <- ctx.Term() }()
	if _, open := <-rep.Recv(); open {
		t.Error("a message after the end")
	}
	if err := rep.Err(); !errors.Is(err, zmq4.ETERM) {
		t.Errorf("Err() = %v, want ETERM", err)
	}
	if err := wait(t, "Term", ended); err != nil {
		t.Error(err)
	}
	if _, err := f.Adopt(soc, nil); err == nil {
		t.Error("a closed socket is adopted")
	}
}

// TestZ1CloseBesideAStalledPeer closes the inproc peer of a socket that nobody
// reads: libzmq is not done with it before everything was read.
func TestZ1CloseBesideAStalledPeer(t *testing.T) {
	a, b := newSocket(t, Pair, &Config{RecvQueue: -1}), newSocket(t, Pair, nil)
	if _, err := a.Bind("inproc://stalled"); err != nil {
		t.Fatal(err)
	}
	if err := b.Connect("inproc://stalled"); err != nil {
		t.Fatal(err)
	}
	for range 600 {
		send(t, b, msg("unread"))
	}
	until(t, "a full channel", func() bool { return b.Stats().Sent == 600 })
	b.Close()
	for range 600 {
		recv(t, a)
	}
}

// TestZ1CloseWithoutAnInprocPeer closes a socket that was connected to a name
// which nobody has bound. libzmq is not done with it while its context lives:
// the forwarder must end nevertheless.
func TestZ1CloseWithoutAnInprocPeer(t *testing.T) {
	f := newForwarder(t)
	s, err := f.NewSocket(Push, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Connect("inproc://never-bound"); err != nil {
		t.Fatal(err)
	}
	send(t, s, msg("to nobody"))
	go f.Close()
	wait(t, "the end of the socket", s.Done())
	wait(t, "the end of the forwarder", f.Done())
}

func TestDoMayCloseTheSocket(t *testing.T) {
	s := newSocket(t, Pull, nil)
	if err := s.Do((*zmq4.Socket).Close); err != nil {
		t.Fatal(err)
	}
	wait(t, "the end", s.Done())
	if err := s.Do(func(*zmq4.Socket) error { return nil }); !errors.Is(err, zmq.ErrClosed) {
		t.Errorf("Do after the end = %v", err)
	}
}

// TestZ1ContextTerminated has somebody terminate the context of the forwarder:
// its sockets end, whatever they are at, and so does the forwarder.
func TestZ1ContextTerminated(t *testing.T) {
	f := newForwarder(t)
	defer f.Close()
	var sockets []*Socket
	for range 3 {
		s, err := f.NewSocket(Push, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.Monitor()
		s.Deliver(msg("nobody is there"), nil)
		sockets = append(sockets, s)
	}
	ended := make(chan error, 2)
	if err := sockets[0].Connect("tcp://127.0.0.1:1"); err != nil { // so that it lingers
		t.Fatal(err)
	}
	ctx0, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	go func() { ended <- sockets[0].Shutdown(ctx0) }()
	wait(t, "Shutdown", sockets[0].flushedc)
	var ctx *zmq4.Context
	if err := sockets[1].Do(func(soc *zmq4.Socket) (err error) {
		ctx, err = soc.Context()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- ctx.Term() }()
	wait(t, "Term", ended)
	wait(t, "Shutdown", ended)
	wait(t, "the end", f.Done())
	for _, s := range sockets {
		wait(t, "Done", s.Done())
		if s != sockets[0] && !errors.Is(s.Err(), zmq4.ETERM) {
			t.Errorf("Err() = %v, want ETERM", s.Err())
		}
		if st := s.Stats(); st.Pending != 0 || st.Sent+st.Dropped != 1 {
			t.Errorf("Stats() = %+v, want one message sent or dropped", st)
		}
	}
}

// TestDoMayWatchTheSocket has somebody else take the socket's monitor.
func TestDoMayWatchTheSocket(t *testing.T) {
	for _, watched := range []bool{false, true} {
		f := newForwarder(t)
		s, err := f.NewSocket(Rep, nil)
		if err != nil {
			t.Fatal(err)
		}
		if watched {
			s.Monitor()
		}
		var watcher *zmq4.Socket // somebody must read, or libzmq waits
		if err := s.Do(func(soc *zmq4.Socket) error {
			ctx, err := soc.Context()
			if err == nil {
				watcher, err = ctx.NewSocket(zmq4.PAIR)
			}
			if err != nil {
				return err
			}
			const endpoint = "inproc://somebody-else"
			return errors.Join(watcher.SetRcvhwm(0), soc.Monitor(endpoint, zmq4.EVENT_ALL), watcher.Connect(endpoint))
		}); err != nil {
			t.Fatal(err)
		}
		req := newSocket(t, Req, nil)
		join(t, s, req)
		send(t, req, msg("question"))
		send(t, s, recv(t, s))
		recv(t, req)
		s.Close()
		watcher.Close()
		f.Close()
	}
}

func TestSecurity(t *testing.T) {
	server, good, bad := zmq.NewCurveKey(), zmq.NewCurveKey(), zmq.NewCurveKey()
	users := zmq.AllowUsers(map[string]string{"ada": "secret"})
	refuse := func(context.Context, zmq.Credentials) (string, error) { return "", zmq.ErrDenied }
	later := func(context.Context, zmq.Credentials) (string, error) { return "", zmq.ErrTryLater }
	for _, test := range []struct {
		name           string
		server, client *zmq.Security
		refused        bool
	}{
		{"NULL", zmq.NullServer(zmq.AllowAny), nil, false},
		{"NULL refused", zmq.NullServer(refuse), nil, true},
		{"NULL later", zmq.NullServer(later), nil, true},
		{"PLAIN", zmq.PlainServer(users), zmq.PlainClient("ada", "secret"), false},
		{"PLAIN wrong password", zmq.PlainServer(users), zmq.PlainClient("ada", "guess"), true},
		{"CURVE", zmq.CurveServer(server, zmq.AllowKeys(good.Public())), zmq.CurveClient(good, server.Public()), false},
		{"CURVE any", zmq.CurveServer(server, zmq.AllowAny), zmq.CurveClient(bad, server.Public()), false},
		{"CURVE wrong key", zmq.CurveServer(server, zmq.AllowKeys(good.Public())), zmq.CurveClient(bad, server.Public()), true},
		{"CURVE wrong server", zmq.CurveServer(server, zmq.AllowAny), zmq.CurveClient(good, bad.Public()), true},
		{"CURVE unencrypted client", zmq.CurveServer(server, zmq.AllowAny), nil, true},
	} {
		for _, native := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				rep := newSocket(t, Rep, &Config{Security: test.server})
				events := rep.Monitor()
				endpoint := bind(t, rep)
				var req interface {
					Connect(string) error
					Deliver(Message, func(error))
					Recv() <-chan Message
					Close() error
				} = newSocket(t, Req, &Config{Security: test.client})
				if native {
					s, err := zmq.NewSocket(zmq.Req, &Config{Security: test.client})
					if err != nil {
						t.Fatal(err)
					}
					req = s
				}
				defer req.Close()
				if err := req.Connect(endpoint); err != nil {
					t.Fatal(err)
				}
				if test.refused {
					for {
						switch e := wait(t, "an event", events); e.Kind {
						case zmq.HandshakeFailed, zmq.PeerDetached:
							return
						case zmq.PeerAttached:
							t.Fatal("a peer that is refused got in")
						}
					}
				}
				req.Deliver(msg("question"), nil)
				send(t, rep, recv(t, rep))
				if got := text(wait(t, "the reply", req.Recv())); got != "question" {
					t.Errorf("got %q", got)
				}
			})
		}
	}
}

// TestInterruptedCalls has signals interrupt what the forwarding thread does.
func TestInterruptedCalls(t *testing.T) {
	a, b := newSocket(t, Dealer, nil), newSocket(t, Dealer, nil)
	join(t, a, b)
	stop := interrupt(t, a.f)
	defer stop()
	for range 500 {
		send(t, a, msg("ping"))
		send(t, b, recv(t, b))
		recv(t, a)
	}
}

// A peer that is parted from while a message of it is read, of more frames than one
// batch has, leaves the whole message, and libzmq running.
func TestDisconnectBesideALongMessage(t *testing.T) {
	const frames = 600
	first, second, pull := zmqSocket(t, Push), zmqSocket(t, Push), newSocket(t, Pull, nil)
	var at [2]string
	for i, push := range []*zmq.Socket{first, second} {
		bound, err := push.Bind("tcp://127.0.0.1:*")
		if err != nil {
			t.Fatal(err)
		}
		if at[i] = bound; pull.Connect(bound) != nil {
			t.Fatal("not connected")
		}
		push.Send() <- msg("connected")
		recv(t, pull)
	}

	// The forwarder finds the message and the end of its sender together.
	held, parted := make(chan bool), make(chan error, 1)
	pull.f.post(func() {
		close(held)
		until(t, "the message", func() bool {
			events, _ := pull.soc.GetEvents()
			return events&zmq4.POLLIN != 0
		})
		until(t, "the end of its sender", func() bool {
			pull.f.mu.Lock()
			defer pull.f.mu.Unlock()
			return len(pull.f.queue) > 0
		})
	})
	wait(t, "the forwarder", held)
	first.Send() <- Message{Frames: make([][]byte, frames)}
	go func() { parted <- pull.Disconnect(at[0]) }()
	if err := wait(t, "Disconnect", parted); err != nil {
		t.Fatal(err)
	}
	second.Send() <- msg("from the other")
	if m := recv(t, pull); len(m.Frames) != frames {
		t.Errorf("received %d frames, want %d", len(m.Frames), frames)
	}
	if m := recv(t, pull); text(m) != "from the other" {
		t.Errorf("received %d frames: %.100q", len(m.Frames), text(m))
	}
}

// Whoever has called Monitor misses nothing, however busy the forwarder is.
func TestMonitorWatchesFromTheStart(t *testing.T) {
	s := newSocket(t, Router, nil)
	busy, leave := make(chan struct{}), make(chan struct{})
	go s.Do(func(*zmq4.Socket) error {
		close(busy)
		<-leave
		return nil
	})
	<-busy
	var watching atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Monitor()
		watching.Store(true)
	}()
	for range 1000 {
		runtime.Gosched()
	}
	if watching.Load() {
		t.Error("Monitor has returned, and libzmq does not tell of anything yet")
	}
	close(leave)
	<-done
}
