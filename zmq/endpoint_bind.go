package zmq

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bind listens on endpoint and returns the endpoint it got, with the port
// filled in where the port was a wildcard. A socket may bind and connect as
// many endpoints as it likes.
//
// Endpoints are tcp://ADDRESS:PORT, where ADDRESS is an address, a name, the
// name of an interface or * for every IPv4 address, and PORT may be * or 0
// for one that is free; and ipc://PATH, where PATH may be * for one of the
// socket's choice, or, on Linux, @NAME for a name that is no file; and
// inproc://NAME for sockets of the same process. A file that a dead process
// left at PATH is replaced.
//
// Bind takes as long as it takes to look up a name. An error is an
// *EndpointError with the reason, which is ErrClosed if the socket is closed.
func (s *Socket) Bind(endpoint string) (string, error) {
	e, err := parseEndpoint("bind", endpoint)
	if err != nil {
		return "", err
	}
	l, err := e.listen()
	if err != nil {
		return "", &EndpointError{"bind", endpoint, err}
	}
	bound := endpointOf(l.Addr())
	s.mu.Lock()
	switch {
	case s.draining:
		err = ErrClosed
	case s.listeners[bound] != nil:
		err = errors.New("bound already") // and the file of its path was removed
	default:
		s.listeners[bound] = l
		s.monitor.emit(Event{Kind: Listening, Endpoint: bound}) // before whoever comes
		s.wg.Go(func() { s.accept(l, bound) })
	}
	s.mu.Unlock()
	if err != nil {
		l.Close()
		return "", &EndpointError{"bind", endpoint, err}
	}
	return bound, nil
}

// Unbind stops listening on an endpoint, as Bind returned it. Peers that came
// through it stay.
func (s *Socket) Unbind(endpoint string) error {
	s.mu.Lock()
	l := s.listeners[endpoint]
	delete(s.listeners, endpoint)
	s.mu.Unlock()
	if l == nil {
		return &EndpointError{"unbind", endpoint, errors.New("not bound")}
	}
	return l.Close()
}

// listen opens the listener of e.
func (e endpoint) listen() (net.Listener, error) {
	if e.network == "inproc" {
		return inprocs.listen(e.address)
	}
	if e.network != "unix" {
		l, err := net.Listen(e.network, e.address)
		return l, bare(err)
	}
	if e.address == "*" {
		dir, err := os.MkdirTemp("", "zmq-")
		if err != nil {
			return nil, err
		}
		l, err := net.Listen("unix", filepath.Join(dir, "socket"))
		if err != nil {
			os.Remove(dir)
			return nil, bare(err)
		}
		return &tempListener{l, dir}, nil
	}
	if !strings.HasPrefix(e.address, "@") {
		binding.Lock()
		defer binding.Unlock()
		if err := removeStale(e.address); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("unix", e.address)
	return l, bare(err)
}

// binding is held while a path is bound: a socket that is not listened on yet
// looks as if a dead process had left it.
var binding sync.Mutex

// A tempListener removes its directory when it is closed.
type tempListener struct {
	net.Listener
	dir string
}

func (l *tempListener) Close() error {
	err := l.Listener.Close()
	os.Remove(l.dir)
	return err
}

// removeStale removes the socket file that a process left behind. A socket
// that somebody listens on, and a file that is no socket, stay.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil // Listen will tell what is wrong
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s exists and is not a socket", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		conn.Close()
		return errors.New("address already in use: a process listens on it")
	}
	if errors.Is(err, syscall.ECONNREFUSED) { // nobody listens
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil // whose it was has removed it meanwhile
	}
	return bare(err)
}

// bare strips err of what an EndpointError says anyway.
func bare(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		err = sys.Err
	}
	return err
}

// The pauses after a failed accept, as in net/http.
const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// accept runs a listener until it is closed.
func (s *Socket) accept(l net.Listener, bound string) {
	defer s.monitor.emit(Event{Kind: EndpointClosed, Endpoint: bound})
	pause := acceptPauseMin
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// Too many open files, most likely.
			s.cfg.Logger.Warn("accept failed", "endpoint", bound, "error", err)
			s.monitor.emit(Event{Kind: AcceptFailed, Endpoint: bound, Err: err})
			if !s.sleep(context.Background(), pause) {
				return
			}
			pause = min(2*pause, acceptPauseMax)
			continue
		}
		pause = acceptPauseMin
		s.serveAccepted(conn)
	}
}

// serveAccepted runs an accepted connection in a goroutine of its own.
func (s *Socket) serveAccepted(conn net.Conn) {
	s.mu.Lock()
	if s.closing || s.flushed {
		s.mu.Unlock()
		conn.Close()
		return
	}
	evicted := s.handshakes.add(conn, s.cfg.MaxHandshakes)
	s.wg.Go(func() {
		from := address(conn)
		s.monitor.emit(Event{Kind: Accepted, Endpoint: from})
		p, err := s.handshake(conn, true)
		s.mu.Lock()
		s.handshakes.remove(conn)
		s.mu.Unlock()
		s.servePeer(conn, from, p, err)
	})
	s.mu.Unlock()
	if evicted != nil {
		evicted.Close()
	}
}

// servePeer runs a connection after its handshake and reports whether it was
// a peer. The monitor tells of it under the name endpoint.
func (s *Socket) servePeer(conn net.Conn, endpoint string, p *Peer, err error) bool {
	if err == nil {
		if err = s.attach(p); err != nil && err != ErrClosed && err != errDisconnected {
			err = p.fault(err)
		}
	}
	if err != nil {
		conn.Close()
		s.mu.Lock()
		closing := s.closing || s.flushed
		s.mu.Unlock()
		if !closing {
			s.cfg.Logger.Info("handshake failed", "peer", address(conn), "error", err)
			s.monitor.emit(Event{Kind: HandshakeFailed, Endpoint: endpoint, Err: err})
		}
		return false
	}
	s.monitor.emit(Event{Kind: PeerAttached, Endpoint: endpoint, Peer: p})
	err = p.serve()
	if _, ok := errors.AsType[*ProtocolError](err); ok || errors.Is(err, errStalled) {
		s.cfg.Logger.Warn("peer disconnected", "peer", p.address, "error", err)
	}
	s.monitor.emit(Event{Kind: PeerDetached, Endpoint: endpoint, Peer: p, Err: err})
	return true
}

// halfOpen are the accepted connections that are not peers yet.
type halfOpen struct {
	conns []halfConn
}

type halfConn struct {
	net.Conn
	asked bool // the authenticator is asked about it
}

// add adds conn. If there are more than limit then, it takes one out and returns
// it, to be closed: any of those that wait for their peer. A peer in good faith,
// whose handshake is short, is seldom hit; a silent one is, sooner or later. To
// take the oldest would let a fast stream of new connections end every handshake.
// Those that the authenticator is asked about are spared: they would come again
// and be asked about again. If that is all the others, conn itself is taken.
func (h *halfOpen) add(conn net.Conn, limit int) (evicted net.Conn) {
	h.conns = append(h.conns, halfConn{conn, false})
	if len(h.conns) <= limit {
		return nil
	}
	var waiting []int // the indices of those
	for i, c := range h.conns {
		if !c.asked {
			waiting = append(waiting, i)
		}
	}
	i := waiting[rand.IntN(len(waiting))]
	evicted = h.conns[i].Conn
	h.conns = slices.Delete(h.conns, i, i+1)
	return evicted
}

// ask notes that the authenticator is asked about conn, or has answered.
func (h *halfOpen) ask(conn net.Conn, asked bool) {
	if i := h.index(conn); i >= 0 {
		h.conns[i].asked = asked
	}
}

func (h *halfOpen) remove(conn net.Conn) {
	if i := h.index(conn); i >= 0 {
		h.conns = slices.Delete(h.conns, i, i+1)
	}
}

func (h *halfOpen) index(conn net.Conn) int {
	return slices.IndexFunc(h.conns, func(c halfConn) bool { return c.Conn == conn })
}
