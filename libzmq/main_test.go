package libzmq

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

// TestMain fails the run if a goroutine of this package outlives the tests.
func TestMain(m *testing.M) {
	if os.Getenv(scarce) != "" {
		os.Exit(exhaust())
	}
	code := m.Run()
	if code == 0 {
		if left := leaked(); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s", left)
			code = 1
		}
	}
	os.Exit(code)
}

// leaked returns the goroutines of this package that do not end.
func leaked() string {
	var left string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		var b bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
		left = ""
		for g := range strings.SplitSeq(b.String(), "\n\n") {
			if strings.Contains(g, "adrastea/libzmq.") && !strings.Contains(g, "libzmq.TestMain") {
				left += g + "\n\n"
			}
		}
		if left == "" {
			return ""
		}
		runtime.Gosched()
		time.Sleep(10 * time.Millisecond) // what ends is on its way
	}
	return left
}

// patience bounds every wait of the tests.
const patience = 20 * time.Second

func newForwarder(t *testing.T) *Forwarder {
	t.Helper()
	f, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newSocket(t *testing.T, typ Type, cfg *Config) *Socket {
	t.Helper()
	s, err := NewSocket(typ, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func bind(t *testing.T, s *Socket) string {
	t.Helper()
	endpoint, err := s.Bind("tcp://127.0.0.1:*")
	if err != nil {
		t.Fatal(err)
	}
	return endpoint
}

// bindOwn binds s to an address that is this process's own, so that nobody else
// has the port when it is given up and bound again.
func bindOwn(t *testing.T, s *Socket) string {
	t.Helper()
	endpoint, err := s.Bind("tcp://" + testenv.OwnHost() + ":*")
	if err != nil {
		t.Fatal(err)
	}
	return endpoint
}

// join connects b to a, which is bound.
func join(t *testing.T, a, b *Socket) {
	t.Helper()
	if err := b.Connect(bind(t, a)); err != nil {
		t.Fatal(err)
	}
}

func msg(frames ...string) Message {
	var m Message
	for _, f := range frames {
		m.Frames = append(m.Frames, []byte(f))
	}
	return m
}

func text(m Message) string { return string(bytes.Join(m.Frames, []byte("|"))) }

func send(t *testing.T, s *Socket, m Message) {
	t.Helper()
	select {
	case s.Send() <- m:
	case <-s.Done():
		t.Fatalf("send on an ended socket: %v", s.Err())
	case <-time.After(patience):
		t.Fatal("send takes too long")
	}
}

func recv(t *testing.T, s *Socket) Message {
	t.Helper()
	select {
	case m, ok := <-s.Recv():
		if !ok {
			t.Fatalf("receive on an ended socket: %v", s.Err())
		}
		return m
	case <-time.After(patience):
		t.Fatal("nothing to receive")
	}
	panic("unreachable")
}

func wait[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s takes too long", what)
	}
	panic("unreachable")
}

// until waits until a condition holds that other goroutines bring about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%s takes too long", what)
		}
	}
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// hold keeps the forwarding thread busy until release is called.
func hold(t *testing.T, f *Forwarder) (release func()) {
	t.Helper()
	held, releasec := make(chan bool), make(chan bool)
	if !f.post(func() { close(held); <-releasec }) {
		t.Fatal("forwarder has ended")
	}
	wait(t, "the forwarder", held)
	return func() { close(releasec) }
}
