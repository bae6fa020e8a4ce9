package zmq

import (
	"net"
	"sync"
	"sync/atomic"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// A Peer is one connection of a socket, from its handshake to its end. Its
// methods may be called at any time, also when the peer has gone.
//
// A peer runs two goroutines: the reader, which is the goroutine that accepted
// or made the connection, and the writer. Whichever of them encrypts or decrypts a
// long frame runs one more until that is done, and so does a request that waits for
// its turn at a REP.
type Peer struct {
	s       *Socket
	conn    net.Conn
	wire    wire
	address string // of the other end
	bound   bool   // it came to us

	connecter *connecter // that made the connection, nil if it came to us; set before the peer is attached

	// Read-only after the handshake.
	major, minor byte // of ZMTP, as the peer announced it
	meta         zmtp.Metadata
	mech         zmtp.Mechanism
	seals        bool   // mech seals every frame
	user         string // what the authenticator calls the peer

	id []byte // routing id; set before the peer is attached

	// Owned by the reader.
	dec    *zmtp.Decoder
	in     assembler
	prefix []byte        // the frame that a ROUTER puts before each message, else nil
	asked  chan struct{} // closed when the request that waits for its turn at a REP has got it; nil if none does

	// Guarded by s.mu.
	round         uint64 // of the last message a publisher gave it
	subscriptions int64  // what its subscriptions cost a publisher
	attached      bool   // messages are routed to it
	leaving       bool   // they are not any more, and those that it did not get are not taken back yet
	corkedBy      *cork  // the cork that holds it, since its corkRound
	corkRound     uint64

	live liveness

	donec  chan struct{} // closed when the reader has ended
	wakec  chan struct{} // cap 1: hands the right to write to the writer
	parked atomic.Bool   // the reader waits for the user

	mu       sync.Mutex
	queue    queue          // messages that nobody has begun to write
	controls []controlFrame // what goes out before them
	tidyAt   int            // they are tidied when there are so many, if it is more than minTidy
	pong     []byte         // the answer to the last PING, nil if it is out
	messages int            // queued or being written
	octets   int64          // of these
	writing  bool           // somebody owns out
	dead     bool           // nothing more is written
	cause    error          // why it is dead

	// For whoever waits until what is queued is written.
	loaded   uint64     // of the items that were ever queued, those that have left the queue for out
	written  uint64     // and those that are handed over
	blocked  bool       // the operating system does not take all of out now
	progress *sync.Cond // of these, writing and dead; nil until somebody waits

	out batch // owned by whoever set writing
}

// A controlFrame is a frame of the engine's own.
type controlFrame struct {
	flags  byte
	body   []byte
	sent   func() // called when it was handed over, may be nil
	prefix []byte // of a change of a subscription, a part of body; else nil
}

// RoutingID returns what a ROUTER calls the peer: its own choice, or what the
// ROUTER made up. On other sockets it is what the peer said, or empty.
func (p *Peer) RoutingID() []byte { return append([]byte(nil), p.id...) }

// Address returns the address of the other end, written as an endpoint. A peer
// that came over ipc has none: there it says whose client the peer is.
func (p *Peer) Address() string { return p.address }

// Type returns the type of the peer's socket, as it said.
func (p *Peer) Type() string { return string(p.meta.Get(zmtp.SocketType)) }

// Property returns what the peer said about itself under a name, nil if it
// said nothing. Names are compared without regard to case.
func (p *Peer) Property(name string) []byte {
	return append([]byte(nil), p.meta.Get(name)...)
}

// serve runs an attached peer until it ends, and returns why. The caller's
// goroutine is its reader.
func (p *Peer) serve() error {
	s := p.s
	var writer sync.WaitGroup
	writer.Go(p.writer)
	p.startLiveness()
	s.pat.begun(p)
	err := p.read()
	p.waitAsked()
	p.fail(err)
	p.stopLiveness()
	close(p.donec)
	writer.Wait()
	s.forget(p)
	p.abandon()
	s.pat.ended(p)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cause
}

// fail ends the peer for the reason err; the first reason counts. It does not
// wait.
func (p *Peer) fail(err error) {
	p.kill(err)
	p.conn.Close() // ends a read or write that waits
}

// kill says that nothing more is written to the peer, for the reason err, nor
// routed to it.
func (p *Peer) kill(err error) {
	p.s.mu.Lock()
	p.mu.Lock()
	if !p.dead {
		p.dead, p.cause = true, err
		p.progressed()
	}
	p.mu.Unlock()
	p.s.detach(p)
	p.s.mu.Unlock()
	p.abandon()
}

// writeFailed is what becomes of a peer to which a write has failed. It has
// gone, as a rule, but what it sent before may not be read yet: the reader goes
// on until it finds the end.
func (p *Peer) writeFailed(err error) {
	if err == errStalled {
		p.fail(err) // it is there, and there may be no end to find
		return
	}
	p.kill(err)
	closeWrite(p.conn) // a peer that is there after all learns that it is the end
}

// closeWrite ends the direction of conn that is written to, or both if it has
// no directions. An error says that it has ended already.
func closeWrite(conn net.Conn) error {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return conn.Close()
}

// read takes what the peer sends until the connection ends, and returns why.
func (p *Peer) read() error {
	for {
		for {
			f, ok, err := p.dec.Next(p.frameLimit())
			if err == nil && ok {
				err = p.frame(f)
			}
			if err != nil {
				return p.fault(err)
			}
			if !ok {
				break
			}
		}
		n, err := p.wire.read(p.dec.Space())
		p.dec.Fill(n)
		p.heard(n)
		if err != nil && n == 0 {
			return err
		}
	}
}

// fault makes err a *ProtocolError.
func (p *Peer) fault(err error) error {
	return &ProtocolError{p.address, err.Error(), err}
}

// frameLimit is how large the next frame may be.
func (p *Peer) frameLimit() uint64 {
	limit := uint64(max(p.s.cfg.MaxMessageSize-p.in.cost, 0))
	if p.seals {
		limit += uint64(zmtp.SealOverhead)
	}
	// A command may come at any time, however large the message in progress.
	return min(max(limit, minCommand), zmtp.MaxBody)
}

// minCommand is the size of command that is always allowed.
const minCommand = 256

// frame handles one frame from the wire.
func (p *Peer) frame(f zmtp.Frame) (err error) {
	if p.seals {
		if f, err = p.mech.Open(f.Body); err != nil {
			return err
		}
	}
	if f.Flags&zmtp.Command != 0 {
		return p.command(f.Body)
	}
	if cost := p.in.cost + int64(len(f.Body)); cost > p.s.cfg.MaxMessageSize {
		return &zmtp.TooLargeError{Size: uint64(cost), Limit: uint64(p.s.cfg.MaxMessageSize)}
	}
	more := p.dec.Buffered() > 0
	if p.prefix != nil && p.in.cost == 0 {
		// A copy, the user's to change.
		p.in.add(append(p.dec.Alloc(len(p.prefix))[:0], p.prefix...), more)
	}
	p.in.add(f.Body, more)
	p.in.cost += int64(len(f.Body)) + frameCost
	if f.Flags&zmtp.More != 0 {
		return nil
	}
	p.s.stats.received.Add(1)
	return p.s.pat.receive(p, Message{Frames: p.in.take(), From: p, block: p.dec.Hold()})
}

// command handles a command of the traffic phase. "Commands are used by the
// ZMTP implementation and not generally visible to the application"; those we
// do not know are none of our business.
func (p *Peer) command(body []byte) error {
	name, data, err := zmtp.ParseCommand(body)
	if err != nil {
		return err
	}
	switch name {
	case zmtp.CmdPing:
		return p.pinged(data)
	case zmtp.CmdSubscribe, zmtp.CmdCancel:
		if b, ok := p.s.pat.(*publisher); ok {
			return b.subscription(p, data, name == zmtp.CmdSubscribe)
		}
	}
	return nil
}

// push gives m to the user. It waits while the receive channel is full, until the
// socket has flushed or closes: then nobody need read any more.
func (s *Socket) push(m Message) {
	if h := s.cfg.Handler; h != nil {
		m.From.parked.Store(true)
		h(s, m)
		m.From.unpark()
		return
	}
	if s.recv == nil {
		// A PULL has nothing to say to a PUSH.
		s.stats.discarded.Add(1)
		return
	}
	if s.pushNow(m) {
		return
	}
	m.From.parked.Store(true)
	defer m.From.unpark()
	select {
	case s.recv <- m:
	case <-s.flushedc:
		s.stats.discarded.Add(1)
	case <-s.closec:
		s.stats.discarded.Add(1)
	}
}

// pushNow gives m to the user if that needs no waiting and no handler. s.mu may be
// held.
func (s *Socket) pushNow(m Message) bool {
	select {
	case s.recv <- m:
		return true
	default:
		return false
	}
}

// takeTurn puts a value into turn, whose capacity is 1, and waits while there is
// one of another peer. It reports false if the socket closes first.
func (p *Peer) takeTurn(turn chan struct{}) bool {
	select {
	case turn <- struct{}{}:
		return true
	default:
	}
	p.parked.Store(true)
	defer p.unpark()
	return p.s.awaitTurn(turn)
}

// awaitTurn is takeTurn where it waits, for any goroutine.
func (s *Socket) awaitTurn(turn chan struct{}) bool {
	select {
	case turn <- struct{}{}:
		return true
	case <-s.flushedc:
	case <-s.closec:
	}
	return false
}
