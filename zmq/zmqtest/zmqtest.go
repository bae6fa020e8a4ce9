// Package zmqtest is the behaviour that every engine with the interface of
// package zmq must show, as tests.
//
// An engine runs all of it with one test of its own:
//
//	func TestEngine(t *testing.T) {
//		zmqtest.Run(t, zmqtest.Engine{
//			New: func(typ zmq.Type, cfg *zmq.Config) (zmqtest.Socket, error) {
//				return zmq.NewSocket(typ, cfg)
//			},
//		})
//	}
//
// The tests are named after the contracts Z1 to Z7, where they belong to one.
// They need loopback, and wait for what must happen, not for a while; only that of
// a full queue waits until nothing was taken for half a second.
package zmqtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// A Socket is what an engine makes; *zmq.Socket is one.
type Socket interface {
	zmq.Deliverer
	Bind(endpoint string) (string, error)
	Unbind(endpoint string) error
	Connect(endpoint string) error
	Disconnect(endpoint string) error
	Recv() <-chan zmq.Message
	Send() chan<- zmq.Message
	Subscribe(prefix []byte) error
	Unsubscribe(prefix []byte) error
	Stats() zmq.Stats
	Monitor() <-chan zmq.Event
	Done() <-chan struct{}
	Err() error
	Close() error
	Shutdown(ctx context.Context) error
}

// An Engine is what Run tests.
type Engine struct {
	// New makes a socket.
	New func(t zmq.Type, cfg *zmq.Config) (Socket, error)

	// Transports are what to test over. Nil: "tcp", "ipc" and "inproc".
	Transports []string

	// Mechanisms are the security mechanisms to test with. Nil: NULL, PLAIN
	// and CURVE.
	Mechanisms []string
}

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// Run runs every test, over every transport with every mechanism.
func Run(t *testing.T, e Engine) {
	if e.Transports == nil {
		e.Transports = []string{"tcp", "ipc", "inproc"}
	}
	if e.Mechanisms == nil {
		e.Mechanisms = []string{"NULL", "PLAIN", "CURVE"}
	}
	for _, transport := range e.Transports {
		for _, mechanism := range e.Mechanisms {
			t.Run(transport+"/"+mechanism, func(t *testing.T) {
				for _, test := range tests {
					t.Run(test.name, func(t *testing.T) {
						test.run(&bench{T: t, e: e, transport: transport, mechanism: mechanism})
					})
				}
			})
		}
	}
}

// tests are all tests.
var tests = []struct {
	name string
	run  func(*bench)
}{
	{"Patterns", testPatterns},
	{"Sizes", testSizes},
	{"ReqRep", testReqRep},
	{"RouterToUnknownPeer", testRouterUnknown},
	{"PubSub", testPubSub},
	{"Z1Closing", testClosing},
	{"Z1SendAfterClose", testSendAfterClose},
	{"Z1ShutdownFlushes", testShutdown},
	{"Z2OrderOfOneSender", testOrder},
	{"Z2OutboxCompletes", testOutbox},
	{"Z3Distributes", testDistributes},
	{"Z3PushesBack", testPushesBack},
	{"Z3DropsHideNoPeer", testDropsHideNoPeer},
	{"Z5ConnectBeforeBind", testConnectBeforeBind},
	{"Z5Resubscribes", testResubscribes},
	{"Z7SlowReader", testSlowReader},
}

// A bench is one test over one transport with one mechanism.
type bench struct {
	*testing.T
	e         Engine
	transport string
	mechanism string
}

// names numbers the inproc endpoints.
var names atomic.Int64

// open makes a socket that is closed at the end of the test. The one that
// binds is the server of the mechanism.
func (b *bench) open(typ zmq.Type, cfg *zmq.Config, server bool) Socket {
	b.Helper()
	if cfg == nil {
		cfg = new(zmq.Config)
	}
	own := *cfg
	own.Security = security(b.mechanism, server)
	s, err := b.e.New(typ, &own)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

var (
	serverKey = zmq.NewCurveKey()
	clientKey = zmq.NewCurveKey()
)

// security returns one end of a mechanism.
func security(mechanism string, server bool) *zmq.Security {
	switch {
	case mechanism == "PLAIN" && server:
		return zmq.PlainServer(zmq.AllowUsers(map[string]string{"ada": "secret"}))
	case mechanism == "PLAIN":
		return zmq.PlainClient("ada", "secret")
	case mechanism == "CURVE" && server:
		return zmq.CurveServer(serverKey, zmq.AllowKeys(clientKey.Public()))
	case mechanism == "CURVE":
		return zmq.CurveClient(clientKey, serverKey.Public())
	}
	return nil
}

// bind binds s to an endpoint of the transport.
func (b *bench) bind(s Socket) string {
	b.Helper()
	endpoint := "tcp://" + ownHost() + ":*"
	switch b.transport {
	case "ipc":
		// Not t.TempDir, whose names can be too long for a socket.
		dir, err := os.MkdirTemp("", "zmqtest")
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { os.RemoveAll(dir) })
		endpoint = "ipc://" + filepath.Join(dir, "s")
	case "inproc":
		endpoint = fmt.Sprintf("inproc://zmqtest-%d", names.Add(1))
	}
	at, err := s.Bind(endpoint)
	if err != nil {
		b.Fatal(err)
	}
	return at
}

// ownHost is a loopback address that is this process's own. A port of it can be
// given up and bound again; of 127.0.0.1's, another process may have it by then.
func ownHost() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1" // the only one there
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 64|pid>>16&63, pid>>8&255, pid&255)
}

func (b *bench) connect(s Socket, endpoint string) {
	b.Helper()
	if err := s.Connect(endpoint); err != nil {
		b.Fatal(err)
	}
}

// pair makes two sockets that are joined, the first of them bound.
func (b *bench) pair(bound, connected zmq.Type, cb, cc *zmq.Config) (x, y Socket) {
	b.Helper()
	x, y = b.open(bound, cb, true), b.open(connected, cc, false)
	b.connect(y, b.bind(x))
	return x, y
}

// msg makes a message of text.
func msg(frames ...string) zmq.Message {
	var m zmq.Message
	for _, f := range frames {
		m.Frames = append(m.Frames, []byte(f))
	}
	return m
}

func (b *bench) send(s Socket, frames ...string) {
	b.Helper()
	select {
	case s.Send() <- msg(frames...):
	case <-time.After(patience):
		b.Fatalf("sending %q timed out", frames)
	}
}

func (b *bench) recv(s Socket) [][]byte {
	b.Helper()
	select {
	case m, ok := <-s.Recv():
		if !ok {
			b.Fatal("receive channel closed")
		}
		return m.Frames
	case <-time.After(patience):
		b.Fatal("receiving timed out")
	}
	return nil
}

func (b *bench) want(s Socket, frames ...string) {
	b.Helper()
	if got := fmt.Sprintf("%q", b.recv(s)); got != fmt.Sprintf("%q", frames) {
		b.Fatalf("received %s, want %q", got, frames)
	}
}

// deliver delivers and returns what the completion got.
func (b *bench) deliver(s Socket, frames ...string) error {
	b.Helper()
	c := make(chan error, 2)
	s.Deliver(msg(frames...), func(err error) { c <- err })
	select {
	case err := <-c:
		return err
	case <-time.After(patience):
		b.Fatal("the completion was not called")
		return nil
	}
}

// attached waits until s has a peer. It must be asked for before there is one.
func (b *bench) attached(s Socket) (wait func()) {
	events := s.Monitor()
	return func() {
		b.Helper()
		timeout := time.After(patience)
		for {
			select {
			case e := <-events:
				if e.Kind == zmq.PeerAttached {
					return
				}
			case <-timeout:
				b.Fatal("no peer")
			}
		}
	}
}

// partners are the pairs of types that may talk to each other.
var partners = [][2]zmq.Type{
	{zmq.Pair, zmq.Pair}, {zmq.Pub, zmq.Sub}, {zmq.Pub, zmq.XSub}, {zmq.XPub, zmq.Sub}, {zmq.XPub, zmq.XSub},
	{zmq.Req, zmq.Rep}, {zmq.Req, zmq.Router}, {zmq.Dealer, zmq.Rep}, {zmq.Dealer, zmq.Router},
	{zmq.Dealer, zmq.Dealer}, {zmq.Router, zmq.Router}, {zmq.Push, zmq.Pull},
}

// is reports whether t is one of types.
func is(t zmq.Type, types ...zmq.Type) bool { return slices.Contains(types, t) }
