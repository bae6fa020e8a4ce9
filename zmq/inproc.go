package zmq

import (
	"context"
	"errors"
	"net"
	"sync"
)

// inprocs are the names that sockets of this process are bound to.
var inprocs = inprocNames{bound: make(map[string]*inprocListener), changec: make(chan struct{})}

// An inprocNames maps names to listeners.
type inprocNames struct {
	mu      sync.Mutex
	bound   map[string]*inprocListener
	changec chan struct{} // closed and replaced when a name is bound
}

var errInprocInUse = errors.New("address already in use")

// listen binds name.
func (n *inprocNames) listen(name string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bound[name] != nil {
		return nil, errInprocInUse
	}
	l := &inprocListener{names: n, name: name, conns: make(chan net.Conn), closec: make(chan struct{})}
	n.bound[name] = l
	close(n.changec)
	n.changec = make(chan struct{})
	return l, nil
}

// dial connects to name. Other than with a network, where one can only try
// again, it waits until somebody binds it.
func (n *inprocNames) dial(ctx context.Context, name string) (net.Conn, error) {
	for {
		n.mu.Lock()
		l, changec := n.bound[name], n.changec
		n.mu.Unlock()
		if l == nil {
			select {
			case <-changec:
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		ours, theirs := memPipe(inprocAddr(name))
		select {
		case l.conns <- theirs:
			return ours, nil
		case <-l.closec:
			ours.Close()
		case <-ctx.Done():
			ours.Close()
			return nil, ctx.Err()
		}
	}
}

// An inprocListener is a net.Listener for a name.
type inprocListener struct {
	names  *inprocNames
	name   string
	conns  chan net.Conn
	once   sync.Once     // closes closec
	closec chan struct{} // closed by Close
}

func (l *inprocListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closec:
		return nil, net.ErrClosed
	}
}

func (l *inprocListener) Close() error {
	l.once.Do(func() {
		close(l.closec)
		l.names.mu.Lock()
		defer l.names.mu.Unlock()
		delete(l.names.bound, l.name)
	})
	return nil
}

func (l *inprocListener) Addr() net.Addr { return inprocAddr(l.name) }

// An inprocAddr is the address of both ends of a connection in the process.
type inprocAddr string

func (a inprocAddr) Network() string { return "inproc" }
func (a inprocAddr) String() string  { return string(a) }
