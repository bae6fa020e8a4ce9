package zmq

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// TestMain fails the run if a goroutine of a socket is left at its end.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := leaked(); left != "" && code == 0 {
		fmt.Fprintf(os.Stderr, "goroutines left after all tests:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// leaked returns the stacks of the goroutines that belong to a socket or an
// outbox, after giving them time to end.
func leaked() string {
	deadline := time.Now().Add(patience)
	for {
		var left []string
		buf := make([]byte, 4<<20)
		stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
		for _, st := range stacks[1:] { // the first is this one
			for _, owner := range []string{"(*Socket)", "(*Peer)", "(*connecter)", "(*Outbox)"} {
				if strings.Contains(st, "adrastea/zmq."+owner) {
					left = append(left, st)
					break
				}
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n\n")
		}
		runtime.Gosched()
	}
}

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

// A rawPeer is a peer that the test plays itself, octet by octet.
type rawPeer struct {
	t    testing.TB
	conn net.Conn
	dec  *zmtp.Decoder
}

// dialRaw connects to an endpoint and says nothing.
func dialRaw(t testing.TB, endpoint string) *rawPeer {
	t.Helper()
	network, address, _ := strings.Cut(endpoint, "://")
	if network == "ipc" {
		network = "unix"
	}
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return newRaw(t, conn)
}

func newRaw(t testing.TB, conn net.Conn) *rawPeer {
	return &rawPeer{t, conn, zmtp.NewDecoder()}
}

// greeting is what a peer of this version sends first.
func greeting(major, minor byte) []byte {
	return zmtp.Greeting{Major: major, Minor: minor, Mechanism: "NULL"}.Append(nil)
}

// ready is the READY command of a socket.
func ready(typ, id string) []byte {
	return zmtp.AppendFrame(nil, zmtp.Command, readyBody(typ, id))
}

func readyBody(typ, id string) []byte {
	return zmtp.AppendCommand(nil, "READY", zmtp.Metadata(nil).Add(zmtp.SocketType, []byte(typ)).Add(zmtp.Identity, []byte(id)))
}

// shake plays the whole handshake of a socket of type typ.
func (r *rawPeer) shake(typ, id string, minor byte) *rawPeer {
	r.t.Helper()
	r.write(greeting(3, minor))
	r.skipGreeting()
	r.write(ready(typ, id))
	if f := r.read(); f.Flags != zmtp.Command {
		r.t.Fatalf("READY expected, got %q", f.Body)
	}
	return r
}

// knock connects to an endpoint as a socket of type typ that may not be let in.
func knock(t testing.TB, endpoint, typ, id string) *rawPeer {
	t.Helper()
	r := dialRaw(t, endpoint)
	r.write(append(greeting(3, 1), ready(typ, id)...))
	return r
}

func (r *rawPeer) skipGreeting() {
	r.t.Helper()
	r.conn.SetReadDeadline(time.Now().Add(patience))
	for n := zmtp.GreetingSize; n > 0; {
		m, err := r.conn.Read(make([]byte, n))
		if n -= m; err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rawPeer) write(b []byte) {
	r.t.Helper()
	r.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := r.conn.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

// message is the wire form of a message.
func message(frames ...string) []byte {
	var b []byte
	for i, f := range frames {
		flags := byte(zmtp.More)
		if i == len(frames)-1 {
			flags = 0
		}
		b = zmtp.AppendFrame(b, flags, []byte(f))
	}
	return b
}

func command(name, data string) []byte {
	return zmtp.AppendFrame(nil, zmtp.Command, zmtp.AppendCommand(nil, name, []byte(data)))
}

// tryRead returns the next frame, or why there is none.
func (r *rawPeer) tryRead() (zmtp.Frame, error) {
	r.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		f, ok, err := r.dec.Next(1 << 30)
		if ok || err != nil {
			return f, err
		}
		n, err := r.conn.Read(r.dec.Space())
		r.dec.Fill(n)
		if err != nil && n == 0 {
			return f, err
		}
	}
}

func (r *rawPeer) read() zmtp.Frame {
	r.t.Helper()
	f, err := r.tryRead()
	if err != nil {
		r.t.Fatalf("reading a frame: %v", err)
	}
	return f
}

// closed waits until the other end closes the connection.
func (r *rawPeer) closed() {
	r.t.Helper()
	r.conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 4096)
	for {
		if _, err := r.conn.Read(buf); err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				r.t.Fatal("the connection was not closed")
			}
			return
		}
	}
}

// event waits for the next event of that kind.
func event(t testing.TB, events <-chan Event, kind EventKind) Event {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("no event %q before the end", kind)
			}
			if e.Kind == kind {
				return e
			}
		case <-timeout:
			t.Fatalf("no event %q", kind)
		}
	}
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// yield lets other goroutines come as far as they can.
func yield() {
	for range 1000 {
		runtime.Gosched()
	}
}
