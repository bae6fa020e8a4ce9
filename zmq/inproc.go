package zmq

import (
	"context"
	"errors"
	"net"
	"sync"
)

// inprocs are the names that sockets of this process are bound to.
var inprocs = newInprocNames()

// An inprocNames maps names to listeners.
type inprocNames struct {
	mu      sync.Mutex
	bound   map[string]*inprocListener
	awaited map[string]*inprocName // names that somebody waits for
}

// An inprocName is a name that is not bound yet.
type inprocName struct {
	boundc  chan struct{} // closed when it is bound
	waiting int           // how many wait for that; guarded by the mu of the names
}

func newInprocNames() *inprocNames {
	return &inprocNames{bound: make(map[string]*inprocListener), awaited: make(map[string]*inprocName)}
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
	if w := n.awaited[name]; w != nil {
		close(w.boundc)
		delete(n.awaited, name)
	}
	return l, nil
}

// dial connects to name. Unlike on a network, where one can only try again, it
// waits until somebody binds it.
func (n *inprocNames) dial(ctx context.Context, name string) (net.Conn, error) {
	for {
		l, err := n.listener(ctx, name)
		if err != nil {
			return nil, err
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

// listener returns the listener of name, and waits for it.
func (n *inprocNames) listener(ctx context.Context, name string) (*inprocListener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.bound[name] == nil {
		w := n.awaited[name]
		if w == nil {
			w = &inprocName{boundc: make(chan struct{})}
			n.awaited[name] = w
		}
		w.waiting++
		n.mu.Unlock()
		select {
		case <-w.boundc:
		case <-ctx.Done():
		}
		n.mu.Lock()
		if w.waiting--; w.waiting == 0 && n.awaited[name] == w {
			delete(n.awaited, name)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return n.bound[name], nil
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
		l.names.mu.Lock()
		delete(l.names.bound, l.name)
		l.names.mu.Unlock()
		close(l.closec)
	})
	return nil
}

func (l *inprocListener) Addr() net.Addr { return inprocAddr(l.name) }

// An inprocAddr is the address of both ends of a connection in the process.
type inprocAddr string

func (a inprocAddr) Network() string { return "inproc" }
func (a inprocAddr) String() string  { return string(a) }
