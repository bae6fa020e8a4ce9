package zmq

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

// A foreign is a process with libzmq sockets.
type foreign struct {
	t   testing.TB
	in  *json.Encoder
	out *bufio.Scanner
}

// object is a command to the process, or its answer.
type object = map[string]any

// startForeign starts a process with libzmq sockets. It ends with the test.
func startForeign(t testing.TB) *foreign {
	t.Helper()
	cmd := exec.Command(testenv.Python(t, "zmq"), "-u", "testdata/peer.py")
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = patience
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 64<<20)
	return &foreign{t, json.NewEncoder(in), scanner}
}

// start gives a command without waiting for the answer.
func (f *foreign) start(cmd object) {
	f.t.Helper()
	if err := f.in.Encode(cmd); err != nil {
		f.t.Fatal(err)
	}
}

// wait returns the answer to the next command.
func (f *foreign) wait() object {
	f.t.Helper()
	var answer object
	if !f.out.Scan() {
		f.t.Fatalf("libzmq process ended: %v", f.out.Err())
	}
	if err := json.Unmarshal(f.out.Bytes(), &answer); err != nil {
		f.t.Fatal(err)
	}
	if msg, bad := answer["error"]; bad {
		f.t.Fatalf("libzmq: %v", msg)
	}
	return answer
}

func (f *foreign) do(cmd object) object {
	f.t.Helper()
	f.start(cmd)
	return f.wait()
}

// open makes a libzmq socket and joins it with s, whichever of them binds.
func (f *foreign) open(s *Socket, name, typ string, options object, foreignBinds bool) {
	f.t.Helper()
	cmd := object{"op": "open", "name": name, "type": typ, "options": options}
	if foreignBinds {
		cmd["bind"] = "tcp://127.0.0.1:*"
		connect(f.t, s, f.do(cmd)["endpoint"].(string))
		return
	}
	cmd["connect"] = bind(f.t, s, "tcp://127.0.0.1:*")
	f.do(cmd)
}

func (f *foreign) send(name string, frames ...string) {
	f.t.Helper()
	f.do(object{"op": "send", "name": name, "frames": msg(frames...).Frames})
}

func (f *foreign) want(name string, frames ...string) {
	f.t.Helper()
	f.start(object{"op": "recv", "name": name})
	f.received(frames...)
}

// received compares the answer to a recv that was started.
func (f *foreign) received(frames ...string) {
	f.t.Helper()
	raw, err := json.Marshal(f.wait()["frames"])
	if err != nil {
		f.t.Fatal(err)
	}
	var got Message
	if err := json.Unmarshal(raw, &got.Frames); err != nil {
		f.t.Fatal(err)
	}
	if text(got) != text(msg(frames...)) {
		f.t.Fatalf("libzmq received %s, want %s", text(got), text(msg(frames...)))
	}
}

// bothWays runs test with libzmq connecting and with libzmq binding.
func bothWays(t *testing.T, test func(t *testing.T, f *foreign, foreignBinds bool)) {
	f := startForeign(t)
	for name, foreignBinds := range map[string]bool{"libzmq connects": false, "libzmq binds": true} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			test(t, f, foreignBinds)
		})
	}
}

// What follows runs with every mechanism, NULL first.

func TestInteropRouterDealer(t *testing.T) {
	securedBothWays(t, func(t *testing.T, f *foreign, sec secured, foreignBinds bool) {
		router := newSocket(t, Router, &Config{Security: sec.ours})
		f.open(router, "dealer", "DEALER", sec.with(object{"identity": "them"}), foreignBinds)
		f.send("dealer", "one", "", "three")
		m := want(t, router, "them", "one", "", "three")
		if got := m.From.Type(); got != "DEALER" {
			t.Errorf("From.Type() = %q, want DEALER", got)
		}
		send(t, router, "them", "back", "")
		f.want("dealer", "back", "")

		dealer := newSocket(t, Dealer, &Config{RoutingID: []byte("me"), Security: sec.ours})
		f.open(dealer, "router", "ROUTER", sec.theirs, foreignBinds)
		send(t, dealer, "hello")
		f.want("router", "me", "hello")
		f.send("router", "me", "hello yourself")
		want(t, dealer, "hello yourself")
	})
}

func TestInteropReqRep(t *testing.T) {
	securedBothWays(t, func(t *testing.T, f *foreign, sec secured, foreignBinds bool) {
		rep := newSocket(t, Rep, &Config{Security: sec.ours})
		f.open(rep, "req", "REQ", sec.theirs, foreignBinds)
		req := newSocket(t, Req, &Config{Security: sec.ours})
		f.open(req, "rep", "REP", sec.theirs, foreignBinds)
		for range 3 {
			send(t, req, "q", "2")
			f.want("rep", "q", "2")
			f.send("rep", "b")
			want(t, req, "b")

			// A REQ of libzmq that has somebody to ask about credentials never
			// gets its reply, also from libzmq.
			if !sec.asks {
				f.send("req", "q", "1")
				want(t, rep, "q", "1")
				send(t, rep, "a")
				f.want("req", "a")
			}
		}
	})
}

func TestInteropPubSub(t *testing.T) {
	securedBothWays(t, func(t *testing.T, f *foreign, sec secured, foreignBinds bool) {
		xpub := newSocket(t, XPub, &Config{Security: sec.ours})
		f.open(xpub, "sub", "SUB", sec.with(object{"subscribe": "a"}), foreignBinds)
		// A libzmq socket that is bound subscribes once it is asked for a message.
		f.start(object{"op": "recv", "name": "sub"})
		want(t, xpub, "\x01a")
		send(t, xpub, "b")
		send(t, xpub, "a1", "x")
		f.received("a1", "x")
		f.do(object{"op": "close", "name": "sub"})
		want(t, xpub, "\x00a")

		sub := newSocket(t, Sub, &Config{Security: sec.ours})
		f.open(sub, "xpub", "XPUB", sec.theirs, foreignBinds)
		if err := sub.Subscribe([]byte("topic")); err != nil {
			t.Fatal(err)
		}
		f.want("xpub", "\x01topic")
		f.send("xpub", "other")
		f.send("xpub", "topic one", "y")
		want(t, sub, "topic one", "y")
		if err := sub.Unsubscribe([]byte("topic")); err != nil {
			t.Fatal(err)
		}
		f.want("xpub", "\x00topic")
	})
}

func TestInteropSizes(t *testing.T) {
	several := []int{0, 1, 254, 255, 256, 257, 4096, 64 << 10, 10 << 20, 0}
	many := make([]int, 1000)
	for i := range many {
		many[i] = i
	}
	securedBothWays(t, func(t *testing.T, f *foreign, sec secured, foreignBinds bool) {
		dealer := newSocket(t, Dealer, &Config{Security: sec.ours})
		f.open(dealer, "dealer", "DEALER", sec.theirs, foreignBinds)
		// CURVE makes the longest short frame of 222 octets.
		for _, sizes := range [][]int{{0}, {1}, {222}, {223}, several, many} {
			var m Message
			for _, n := range sizes {
				m.Frames = append(m.Frames, body(n))
			}
			f.start(object{"op": "echo", "name": "dealer", "count": 1})
			select {
			case dealer.Send() <- m:
			case <-time.After(patience):
				t.Fatal("sending timed out")
			}
			got := recv(t, dealer)
			f.wait()
			if !slices.EqualFunc(got.Frames, m.Frames, bytes.Equal) {
				t.Errorf("%d frames: what came back is not what was sent", len(sizes))
			}
		}
	})
}

// unit is what bodies are made of.
var unit = func() []byte {
	b := make([]byte, 251)
	for i := range b {
		b[i] = byte(i * 7 % 251)
	}
	return b
}()

// body makes a body of n octets that is not the same everywhere.
func body(n int) []byte {
	return bytes.Repeat(unit, n/len(unit)+1)[:n]
}
