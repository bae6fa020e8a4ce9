package zmq

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// A Type is the messaging pattern of a Socket: how it distributes what it
// sends and where what it receives comes from.
type Type int

// The socket types, with the names ZMTP gives them in Socket-Type.
const (
	Pair Type = iota + 1
	Pub
	Sub
	Req
	Rep
	Dealer
	Router
	Pull
	Push
	XPub
	XSub
)

// typeNames are the values of the Socket-Type property.
var typeNames = [...]string{
	Pair: "PAIR", Pub: "PUB", Sub: "SUB", Req: "REQ", Rep: "REP", Dealer: "DEALER",
	Router: "ROUTER", Pull: "PULL", Push: "PUSH", XPub: "XPUB", XSub: "XSUB",
}

// String returns the name of t in ZMTP.
func (t Type) String() string {
	if !t.valid() {
		return fmt.Sprintf("Type(%d)", int(t))
	}
	return typeNames[t]
}

func (t Type) valid() bool { return t >= Pair && t <= XSub }

// Sends reports whether a socket of type t has a send channel.
func (t Type) Sends() bool { return t != Sub && t != Pull }

// Receives reports whether a socket of type t has a receive channel.
func (t Type) Receives() bool { return t != Pub && t != Push }

// A Socket is a 0MQ socket whose two directions are Go channels.
//
// All methods may be called concurrently. A socket runs one goroutine that
// serves its send channel, one for each bound and each connected endpoint, and
// those of its peers, which [Peer] names; all of them have ended when Close
// returns.
//
// Whoever sends also writes: Deliver routes the message under the socket's
// lock, queues it at the peer, and, if nobody else is writing to that peer,
// hands the queue to the operating system without waiting. Only what the
// operating system does not take at once is left to the peer's writer.
type Socket struct {
	typ Type    // read-only after NewSocket
	cfg Config  // read-only after NewSocket, defaults filled in
	pat pattern // guarded by mu, but for receive

	recv chan Message // closed at the end of Close, nil if nothing is received through it
	send chan Message // never closed by the socket, nil if the type only receives

	// The life of a socket: open, draining (Shutdown was called), flushed
	// (everything is with the operating system), closing, done.
	drainc   chan struct{} // closed when the socket takes no more messages
	flushedc chan struct{} // closed when it has written all it had and only waits for its peers
	closec   chan struct{} // closed when it begins to close
	donec    chan struct{} // closed when every goroutine has ended
	pumpc    chan struct{} // closed when the pump has ended
	wg       sync.WaitGroup

	stats   counters
	pending atomic.Int64 // messages accepted but neither handed over nor dropped
	waiting atomic.Int32 // goroutines that wait for changec
	monitor monitor

	// backlogged says that backlog is not empty; changed under mu.
	backlogged atomic.Bool

	mu         sync.Mutex
	draining   bool // no more messages are taken, as when closing; set before closing drainc
	flushed    bool // set before closing flushedc
	closing    bool // set before closing closec
	err        error
	peers      map[*Peer]struct{} // with a connection, attached or not any more
	listeners  map[string]net.Listener
	connecters map[string]*connecter
	handshakes halfOpen
	changec    chan struct{} // closed and replaced when there may be room for a message
	backlog    []item        // messages that wait for a peer, or for room at one
	backlogLen int64         // octets in backlog
	leaving    int           // peers whose messages are to be taken back, before newer ones are routed
	nextID     uint32        // of the next routing id a ROUTER makes
}

// NewSocket makes a socket of type t. A nil cfg means the defaults; cfg is
// copied.
func NewSocket(t Type, cfg *Config) (*Socket, error) {
	resolved, err := cfg.Resolve(t)
	if err != nil {
		return nil, err
	}
	s := &Socket{
		typ:        t,
		cfg:        resolved,
		drainc:     make(chan struct{}),
		flushedc:   make(chan struct{}),
		closec:     make(chan struct{}),
		donec:      make(chan struct{}),
		pumpc:      make(chan struct{}),
		changec:    make(chan struct{}),
		peers:      make(map[*Peer]struct{}),
		listeners:  make(map[string]net.Listener),
		connecters: make(map[string]*connecter),
		nextID:     randomID(),
	}
	s.pat = newPattern(s)
	if t.Receives() && s.cfg.Handler == nil {
		s.recv = make(chan Message, s.cfg.RecvQueue)
	}
	if t.Sends() {
		s.send = make(chan Message, s.cfg.SendBuffer)
		s.wg.Go(s.pump)
	} else {
		close(s.pumpc)
	}
	return s, nil
}

// Type returns the type of the socket.
func (s *Socket) Type() Type { return s.typ }

// Recv returns the channel of received messages, the same one every time. The
// socket closes it once, after the last message, with Err set before. It is
// nil for types that only send, PUB and PUSH, and with Config.Handler.
func (s *Socket) Recv() <-chan Message { return s.recv }

// Send returns the channel to send on, the same one every time. It is nil for
// types that only receive, SUB and PULL.
//
// A send blocks while the socket pushes back, and for ever once the socket is
// closed and the channel's buffer is full: select on Done as well. What is sent
// after the end is counted as dropped. A REQ leaves in the channel what is sent
// before the reply to the last request has come. Closing the channel means that
// there is no more to send: the socket flushes, then closes itself. With several
// senders, call Shutdown instead.
func (s *Socket) Send() chan<- Message { return s.send }

// Done is closed when the socket has ended.
func (s *Socket) Done() <-chan struct{} { return s.donec }

// Err returns why the socket has ended, nil before that.
func (s *Socket) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Subscribe makes a SUB or XSUB socket receive the messages whose first frame
// begins with prefix. It may be called at any time; the subscription is sent
// to every peer of now and later. To subscribe twice takes two Unsubscribes
// to undo. A SUB discards what it has not subscribed to; an XSUB leaves that to
// its publishers and receives all that they send.
func (s *Socket) Subscribe(prefix []byte) error {
	return s.changeSubscription("subscribe", prefix, true)
}

// Unsubscribe takes back one Subscribe for prefix.
func (s *Socket) Unsubscribe(prefix []byte) error {
	return s.changeSubscription("unsubscribe", prefix, false)
}

func (s *Socket) changeSubscription(op string, prefix []byte, add bool) error {
	sub, ok := s.pat.(*subscriber)
	if !ok {
		return fmt.Errorf("zmq: %s: a %v socket has no subscriptions, SUB and XSUB do", op, s.typ)
	}
	var c cork
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return ErrClosed
	}
	err := sub.change(prefix, add, &c)
	s.mu.Unlock()
	c.flush()
	return err
}

// attach makes p a peer that messages are routed to. It fails if the pattern
// refuses p, or the socket closes.
func (s *Socket) attach(p *Peer) error {
	var c cork
	s.mu.Lock()
	err := s.takeIn(p, &c)
	s.release(p)
	s.mu.Unlock()
	c.flush()
	return err
}

// takeIn is attach with s.mu held.
func (s *Socket) takeIn(p *Peer, c *cork) error {
	if s.closing || s.flushed {
		return ErrClosed
	}
	if from := p.connecter; from != nil && s.connecters[from.e.text] != from {
		return errDisconnected
	}
	if err := s.pat.attach(p, c); err != nil {
		return err
	}
	s.peers[p] = struct{}{}
	p.attached = true
	s.routeBacklog(c)
	s.changed()
	return nil
}

// detach ends the routing of messages to p. It may be called more than once. s.mu
// is held.
func (s *Socket) detach(p *Peer) {
	if !p.attached {
		return
	}
	p.attached = false
	s.pat.detach(p)
	if s.distributes() {
		p.leaving = true
		s.leaving++
	}
	s.changed()
}

// forget says that the connection of p has ended.
func (s *Socket) forget(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p)
	s.changed()
}

// changed wakes those who wait for room. s.mu is held.
func (s *Socket) changed() {
	if s.waiting.Load() > 0 {
		close(s.changec)
		s.changec = make(chan struct{})
	}
}

// settled says that n messages were handed over or dropped: there may be room
// for others.
func (s *Socket) settled(n int) {
	s.pending.Add(-int64(n))
	if s.waiting.Load() == 0 && !s.backlogged.Load() {
		return
	}
	var c cork
	s.mu.Lock()
	s.routeBacklog(&c)
	s.changed()
	s.mu.Unlock()
	c.flush()
}
