package zmq

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pairOf makes two sockets that are joined, the first of them bound.
func pairOf(t testing.TB, a, b Type, ca, cb *Config) (*Socket, *Socket) {
	t.Helper()
	x, y := newSocket(t, a, ca), newSocket(t, b, cb)
	xe, ye := x.Monitor(), y.Monitor()
	connect(t, y, bind(t, x, "tcp://127.0.0.1:*"))
	event(t, xe, PeerAttached)
	event(t, ye, PeerAttached)
	return x, y
}

// deliver sends with Deliver and returns what the completion got.
func deliver(t testing.TB, s *Socket, frames ...string) error {
	t.Helper()
	c := make(chan error, 1)
	s.Deliver(msg(frames...), func(err error) { c <- err })
	// Mostly it is there already; but who sent through the channel before may
	// not be quite done with writing, and then goes on with this message.
	select {
	case err := <-c:
		return err
	case <-time.After(patience):
		t.Fatalf("%v: no completion", s.Type())
		return nil
	}
}

func TestPairHasOnePeer(t *testing.T) {
	a, b := pairOf(t, Pair, Pair, nil, nil)
	at := bind(t, a, "tcp://127.0.0.1:*")
	events := a.Monitor()
	knock(t, at, "PAIR", "").closed()
	if e := event(t, events, HandshakeFailed); !strings.Contains(e.Err.Error(), errSecondPeer.Error()) {
		t.Errorf("refused for %v", e.Err)
	}
	send(t, a, "to b")
	want(t, b, "to b")
	send(t, b, "to a")
	want(t, a, "to a")
}

// Whoever there is no place for is not let in and put out again: what it has to send
// waits until there is one.
func TestZ3PeersWithoutAPlaceLoseNothing(t *testing.T) {
	for _, types := range [][2]Type{{Pair, Pair}, {Router, Dealer}} {
		t.Run(types[0].String(), func(t *testing.T) {
			s := newSocket(t, types[0], nil)
			events := s.Monitor()
			at := bind(t, s, "tcp://127.0.0.1:*")
			cfg := &Config{RoutingID: []byte("same"), ReconnectMax: 50 * time.Millisecond}
			first, second := newSocket(t, types[1], cfg), newSocket(t, types[1], cfg)
			connect(t, first, at)
			event(t, events, PeerAttached)
			connect(t, second, at)
			send(t, second, "waits")
			for range 3 {
				if e := event(t, events, HandshakeFailed); !strings.Contains(e.Err.Error(), "peer not admitted") {
					t.Error(e.Err)
				}
			}
			first.Close()
			if m := recv(t, s); string(m.Frames[len(m.Frames)-1]) != "waits" {
				t.Errorf("received %s", text(m))
			}
		})
	}
}

// Nor does a PAIR that has its peer call another one.
func TestZ3PairCallsNobodyInVain(t *testing.T) {
	s := newSocket(t, Pair, &Config{ReconnectMax: 50 * time.Millisecond})
	events := s.Monitor()
	first, second := newSocket(t, Pair, nil), newSocket(t, Pair, nil)
	connect(t, s, bind(t, first, "tcp://127.0.0.1:*"))
	event(t, events, PeerAttached)
	send(t, second, "waits")
	connect(t, s, bind(t, second, "tcp://127.0.0.1:*"))
	for range 3 {
		if e := event(t, events, ConnectFailed); !errors.Is(e.Err, errSecondPeer) {
			t.Error(e.Err)
		}
	}
	first.Close()
	want(t, s, "waits")
}

// A receiver may do with a message what it likes.
func TestReceivedMessagesAreOwned(t *testing.T) {
	router, dealer := pairOf(t, Router, Dealer, nil, &Config{RoutingID: []byte("id")})
	for range 3 {
		send(t, dealer, "x", "y")
	}
	for range 3 {
		m := want(t, router, "id", "x", "y")
		for i := range m.Frames {
			m.Frames[i][0] = '!'
			m.Frames[i] = append(m.Frames[i], "more"...)
		}
		m.Frames = append(m.Frames, nil)
	}
}

// What sockets say about themselves is in every message.
func TestProperties(t *testing.T) {
	router, dealer := newSocket(t, Router, nil), newSocket(t, Dealer, &Config{
		RoutingID: []byte("d"), Properties: map[string]string{"X-Kernel": "r", "X-Empty": ""},
	})
	connect(t, dealer, bind(t, router, "tcp://127.0.0.1:*"))
	send(t, dealer, "x")
	from := recv(t, router).From
	for name, want := range map[string]string{"x-kernel": "r", "X-Empty": "", "Socket-Type": "DEALER", "Identity": "d", "nothing": ""} {
		if got := string(from.Property(name)); got != want {
			t.Errorf("Property(%q) = %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"", "no spaces", "identity", "Socket-Type", strings.Repeat("x", 256)} {
		if _, err := NewSocket(Dealer, &Config{Properties: map[string]string{name: ""}}); err == nil {
			t.Errorf("property %q is accepted", name)
		}
	}
}

// A place is kept for who was told that there is one, until it is known what becomes
// of it: what the peer sends on would be lost.
func TestZ3PlacesAreKept(t *testing.T) {
	for typ, peer := range map[Type]string{Pair: "PAIR", Router: "DEALER"} {
		synctest.Test(t, func(t *testing.T) {
			s := newSocket(t, typ, nil)
			first := admitted(t, s, peer)
			second := admitted(t, s, peer)
			if second.ready() == nil {
				t.Errorf("%v: a second peer was let in", typ)
			}
			if err := first.ready(); err != nil {
				t.Fatal(err)
			}
			first.write(message("not lost"))
			if m := recv(t, s); !bytes.Equal(m.Frames[len(m.Frames)-1], []byte("not lost")) {
				t.Errorf("%v: received %s", typ, text(m))
			}
			first.conn.Close()
			synctest.Wait()
			// Who does not make use of its place gives it up.
			admitted(t, s, peer).conn.Close()
			synctest.Wait()
			third := admitted(t, s, peer)
			if err := third.ready(); err != nil {
				t.Errorf("%v: the place is not free again: %v", typ, err)
			}
			third.conn.Close()
			synctest.Wait()
		})
	}
}

// admitted connects a peer that has shown itself to s and has not read the answer yet.
func admitted(t *testing.T, s *Socket, typ string) *rawPeer {
	t.Helper()
	ours, theirs := net.Pipe()
	go func() {
		p, err := s.handshake(theirs, true)
		s.servePeer(theirs, "", p, err)
	}()
	r := newRaw(t, ours)
	r.skipGreeting()
	r.write(append(greeting(3, 1), ready(typ, "same")...))
	synctest.Wait()
	return r
}

// ready reads the answer to what the peer has shown.
func (r *rawPeer) ready() error {
	f, err := r.tryRead()
	if err == nil && !bytes.HasPrefix(f.Body, []byte("\x05READY")) {
		err = errors.New("no READY")
	}
	return err
}
