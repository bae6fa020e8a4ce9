package kerneltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// recvQueue is the capacity of the receive channels of sockets in memory.
const recvQueue = 512

var (
	errClosed = errors.New("kerneltest: the socket is closed")
	errNoPeer = errors.New("kerneltest: no such peer")
	errInUse  = errors.New("address already in use")
)

// A Network is sockets in memory. It is a [kernel.Engine]: what a kernel binds
// here, Dial connects to. A message is handed over when it was delivered, in
// the goroutine that delivers it.
type Network struct {
	mu      sync.Mutex
	port    int                // guarded by mu; the last one that was chosen
	sockets map[string]*Socket // guarded by mu; by endpoint
}

// NewNetwork returns an empty network.
func NewNetwork() *Network {
	return &Network{port: 40_000, sockets: map[string]*Socket{}}
}

// Bind makes a ROUTER or XPUB socket.
func (n *Network) Bind(t zmq.Type, endpoint string, _ *zmq.Config) (kernel.Socket, string, error) {
	if t != zmq.Router && t != zmq.XPub {
		return nil, "", fmt.Errorf("kerneltest: no %v sockets in memory", t)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if before, ok := strings.CutSuffix(endpoint, ":0"); ok {
		n.port++
		endpoint = fmt.Sprintf("%s:%d", before, n.port)
	}
	if n.sockets[endpoint] != nil {
		return nil, "", errInUse
	}
	s := &Socket{typ: t, recv: make(chan zmq.Message, recvQueue), donec: make(chan struct{})}
	s.unbind = func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.sockets, endpoint)
	}
	n.sockets[endpoint] = s
	return s, endpoint, nil
}

// Dial connects to endpoint: a DEALER or a SUB with identity id, depending on
// the type of the socket. recv is called for each message, without its routing
// id, one at a time.
func (n *Network) Dial(endpoint, id string, recv func(frames [][]byte)) (*Conn, error) {
	n.mu.Lock()
	s := n.sockets[endpoint]
	n.mu.Unlock()
	if s == nil {
		return nil, fmt.Errorf("kerneltest: nothing is bound to %s", endpoint)
	}
	c := &Conn{socket: s, id: id, recv: recv}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, c)
	return c, nil
}

// A Socket is the kernel's end of connections in memory.
type Socket struct {
	typ    zmq.Type
	recv   chan zmq.Message
	unbind func()
	donec  chan struct{} // closed by Close

	mu     sync.Mutex
	conns  []*Conn // guarded by mu
	closed bool    // guarded by mu
}

// Recv returns the channel of received messages.
func (s *Socket) Recv() <-chan zmq.Message { return s.recv }

// Deliver gives m to its peers: on a ROUTER to the one that the first frame
// names, on an XPUB to those that subscribed to it.
func (s *Socket) Deliver(m zmq.Message, done func(error)) {
	if done == nil {
		done = func(error) {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		done(errClosed)
		return
	}
	if s.typ == zmq.XPub {
		s.publish(m.Frames, done)
		return
	}
	for _, c := range s.conns {
		if c.id == string(m.Frames[0]) {
			c.push(delivery{m.Frames[1:], done})
			return
		}
	}
	done(errNoPeer)
}

// publish gives frames to the subscribers; done is called for the last of them.
func (s *Socket) publish(frames [][]byte, done func(error)) {
	var to []*Conn
	for _, c := range s.conns {
		if c.subscribes(frames[0]) {
			to = append(to, c)
		}
	}
	left := len(to)
	if left == 0 {
		done(nil)
		return
	}
	var mu sync.Mutex
	for _, c := range to {
		c.push(delivery{frames, func(error) {
			mu.Lock()
			left--
			last := left == 0
			mu.Unlock()
			if last {
				done(nil)
			}
		}})
	}
}

// Close ends the socket.
func (s *Socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.donec)
		s.unbind()
	}
	return nil
}

// Shutdown is equivalent to Close: nothing is ever queued here.
func (s *Socket) Shutdown(context.Context) error { return s.Close() }

// A Conn is the client's end of a connection in memory.
type Conn struct {
	socket *Socket
	id     string
	recv   func(frames [][]byte)

	mu      sync.Mutex
	topics  [][]byte   // guarded by mu
	stalled bool       // guarded by mu
	waiting []delivery // guarded by mu; what came while stalled
}

// A delivery is a message on its way to a Conn.
type delivery struct {
	frames [][]byte
	done   func(error)
}

func (c *Conn) subscribes(topic []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.topics {
		if bytes.HasPrefix(topic, t) {
			return true
		}
	}
	return false
}

// Subscribe has a SUB receive the messages whose topic begins with prefix.
func (c *Conn) Subscribe(prefix string) error {
	c.mu.Lock()
	c.topics = append(c.topics, []byte(prefix))
	c.mu.Unlock()
	return c.send(append([]byte{1}, prefix...))
}

// Send sends frames to the kernel.
func (c *Conn) Send(frames [][]byte) error {
	return c.send(append([][]byte{[]byte(c.id)}, frames...)...)
}

// send gives frames to the socket as a message.
func (c *Conn) send(frames ...[]byte) error {
	select {
	case c.socket.recv <- zmq.Message{Frames: frames}:
		return nil
	case <-c.socket.donec:
		return errClosed
	}
}

func (c *Conn) push(d delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stalled {
		c.waiting = append(c.waiting, d)
		return
	}
	c.take(d)
}

// take receives a copy of d: what was sent may be used again when its completion
// was called.
func (c *Conn) take(d delivery) {
	all := bytes.Join(d.frames, nil)
	frames := make([][]byte, len(d.frames))
	for i, f := range d.frames {
		frames[i], all = all[:len(f):len(f)], all[len(f):]
	}
	c.recv(frames)
	d.done(nil)
}

// Stall has the connection accept nothing, until Resume.
func (c *Conn) Stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stalled = true
}

// Resume takes what came since Stall.
func (c *Conn) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.waiting {
		c.take(d)
	}
	c.stalled, c.waiting = false, nil
}

// Waiting returns the number of bytes that came since Stall.
func (c *Conn) Waiting() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.waiting {
		for _, f := range d.frames {
			n += len(f)
		}
	}
	return n
}

// Close ends the connection. What still waits is dropped.
func (c *Conn) Close() error {
	s := c.socket
	s.mu.Lock()
	for i, d := range s.conns {
		if c == d {
			s.conns = append(s.conns[:i:i], s.conns[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.waiting {
		d.done(errNoPeer)
	}
	c.waiting = nil
	return nil
}
