package zmq

import (
	"fmt"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// newSocket makes a socket that is closed at the end of the test.
func newSocket(t testing.TB, typ Type, cfg *Config) *Socket {
	t.Helper()
	s, err := NewSocket(typ, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// bind binds s to a free loopback port.
func bind(t testing.TB, s *Socket, endpoint string) string {
	t.Helper()
	bound, err := s.Bind(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

func connect(t testing.TB, s *Socket, endpoint string) {
	t.Helper()
	if err := s.Connect(endpoint); err != nil {
		t.Fatal(err)
	}
}

// msg makes a message of text frames.
func msg(frames ...string) Message {
	var m Message
	for _, f := range frames {
		m.Frames = append(m.Frames, []byte(f))
	}
	return m
}

func text(m Message) string { return fmt.Sprintf("%q", m.Frames) }

// send sends through the channel, or fails the test.
func send(t testing.TB, s *Socket, frames ...string) {
	t.Helper()
	select {
	case s.Send() <- msg(frames...):
	case <-time.After(patience):
		t.Fatalf("%v: sending %q timed out", s.Type(), frames)
	}
}

// recv receives one message, or fails the test.
func recv(t testing.TB, s *Socket) Message {
	t.Helper()
	select {
	case m, ok := <-s.Recv():
		if !ok {
			t.Fatalf("%v: receive channel closed", s.Type())
		}
		return m
	case <-time.After(patience):
		t.Fatalf("%v: receiving timed out", s.Type())
	}
	return Message{}
}

// want receives one message and compares it.
func want(t testing.TB, s *Socket, frames ...string) Message {
	t.Helper()
	m := recv(t, s)
	if got, want := text(m), text(msg(frames...)); got != want {
		t.Fatalf("%v received %s, want %s", s.Type(), got, want)
	}
	return m
}

func TestReqRep(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	at := bind(t, rep, "tcp://127.0.0.1:*")
	req := newSocket(t, Req, nil)
	connect(t, req, at)
	for i := range 3 {
		question := fmt.Sprint("question ", i)
		send(t, req, question, "more")
		want(t, rep, question, "more")
		send(t, rep, "answer", "")
		want(t, req, "answer", "")
	}
}

func TestRouterDealer(t *testing.T) {
	router := newSocket(t, Router, nil)
	at := bind(t, router, "tcp://127.0.0.1:*")
	dealer := newSocket(t, Dealer, &Config{RoutingID: []byte("me")})
	connect(t, dealer, at)
	send(t, dealer, "one", "two")
	want(t, router, "me", "one", "two")
	send(t, router, "me", "three")
	want(t, dealer, "three")
}

func TestPubSub(t *testing.T) {
	pub := newSocket(t, XPub, nil)
	at := bind(t, pub, "tcp://127.0.0.1:*")
	sub := newSocket(t, Sub, nil)
	if err := sub.Subscribe([]byte("a")); err != nil {
		t.Fatal(err)
	}
	connect(t, sub, at)
	want(t, pub, "\x01a")
	send(t, pub, "b", "no")
	send(t, pub, "ab", "yes")
	want(t, sub, "ab", "yes")
	if err := sub.Unsubscribe([]byte("a")); err != nil {
		t.Fatal(err)
	}
	want(t, pub, "\x00a")
}
