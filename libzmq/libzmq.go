package libzmq

import (
	"sync"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// The types of package zmq, so that a program changes its engine by changing
// one import.
type (
	Type      = zmq.Type
	Message   = zmq.Message
	Config    = zmq.Config
	Stats     = zmq.Stats
	Event     = zmq.Event
	Item      = zmq.Item
	Outbox    = zmq.Outbox
	Deliverer = zmq.Deliverer
)

// The socket types.
const (
	Pair   = zmq.Pair
	Pub    = zmq.Pub
	Sub    = zmq.Sub
	Req    = zmq.Req
	Rep    = zmq.Rep
	Dealer = zmq.Dealer
	Router = zmq.Router
	Pull   = zmq.Pull
	Push   = zmq.Push
	XPub   = zmq.XPub
	XSub   = zmq.XSub
)

// NewOutbox is zmq.NewOutbox.
func NewOutbox(size int) *Outbox { return zmq.NewOutbox(size) }

// shared is the forwarder of the sockets that NewSocket makes. It runs while
// there is one.
var shared struct {
	mu   sync.Mutex
	f    *Forwarder // guarded by mu
	refs int        // guarded by mu
}

// NewSocket makes a socket of type t on a forwarder that all such sockets of
// the process share, so that one FIFO orders what they send. A nil cfg means
// the defaults; cfg is copied.
func NewSocket(t Type, cfg *Config) (*Socket, error) {
	shared.mu.Lock()
	if shared.f == nil {
		f, err := New()
		if err != nil {
			shared.mu.Unlock()
			return nil, err
		}
		shared.f = f
	}
	f := shared.f
	shared.refs++
	shared.mu.Unlock()
	s, err := f.newSocket(t, cfg, func(s *Socket) error {
		s.shared = true
		return s.open()
	})
	if err != nil && f.release() {
		<-f.Done()
	}
	return s, err
}

// release ends the shared forwarder with its last socket, and reports whether
// this was it.
func (f *Forwarder) release() bool {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.refs--; shared.refs > 0 {
		return false
	}
	shared.f = nil
	f.stop()
	return true
}
