package libzmq

import "sync"

// shared is the forwarder of the sockets that NewSocket makes. It runs while
// there are such sockets.
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
