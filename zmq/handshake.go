package zmq

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// handshakeLimit bounds a command of the handshake, and so what a connection
// costs before anything is known of it.
const handshakeLimit = 64 << 10

// handshake greets the other end of conn and negotiates with it. It returns a
// peer that is not attached yet. It takes at most HandshakeTimeout.
func (s *Socket) handshake(conn net.Conn, bound bool) (*Peer, error) {
	if d := s.cfg.HandshakeTimeout; d > 0 {
		conn.SetDeadline(time.Now().Add(d))
	}
	p := &Peer{
		s:       s,
		conn:    conn,
		address: address(conn),
		bound:   bound,
		dec:     zmtp.NewDecoder(),
		donec:   make(chan struct{}),
		wakec:   make(chan struct{}, 1),
	}
	p.wire = newWire(p)
	err := p.greet()
	if err == nil {
		err = p.negotiate()
	}
	if err != nil {
		s.mu.Lock()
		s.release(p)
		s.mu.Unlock()
		return nil, p.handshakeError(err)
	}
	conn.SetDeadline(time.Time{})
	return p, nil
}

// address returns what to call the other end of conn.
func address(conn net.Conn) string {
	if a := conn.RemoteAddr(); a != nil && a.String() != "" && a.String() != "@" {
		return endpointOf(a)
	}
	if a := conn.LocalAddr(); a != nil {
		return "client of " + endpointOf(a)
	}
	return "unknown"
}

// handshakeError makes err a *ProtocolError unless the connection failed.
func (p *Peer) handshakeError(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &ProtocolError{p.address, "handshake not complete in time", err}
	case errors.Is(err, io.EOF):
		return &ProtocolError{p.address, "connection closed during the handshake", io.ErrUnexpectedEOF}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return fmt.Errorf("handshake with %s: %w", p.address, err)
	}
	return p.fault(err)
}

// greet exchanges greetings.
func (p *Peer) greet() error {
	// "When a peer does not need backwards interoperability, it SHOULD send
	// its full greeting immediately upon establishing a new peer connection."
	mine := zmtp.Greeting{Major: 3, Minor: 1, Mechanism: p.s.cfg.Security.Mechanism(), AsServer: p.s.cfg.Security.Server()}
	if _, err := p.conn.Write(mine.Append(nil)); err != nil {
		return err
	}
	var raw [zmtp.GreetingSize]byte
	for n := 0; ; {
		// No octet more than the greeting: what follows is the decoder's.
		m, err := p.conn.Read(raw[n:])
		n += m
		theirs, ok, bad := zmtp.ParseGreeting(raw[:n])
		switch {
		case bad != nil:
			return bad
		case ok:
			return p.agree(mine, theirs)
		case err != nil:
			return err
		}
	}
}

// agree makes the mechanism of the connection, if the greetings go together.
func (p *Peer) agree(mine, theirs zmtp.Greeting) error {
	// "If the mechanism that the peer received does not exactly match the
	// mechanism it sent, it MUST close the connection."
	if theirs.Mechanism != mine.Mechanism {
		return fmt.Errorf("security mechanism %s where this socket uses %s", theirs.Mechanism, mine.Mechanism)
	}
	p.major, p.minor = theirs.Major, theirs.Minor
	var err error
	p.mech, err = p.newMechanism(theirs)
	return err
}

// negotiate runs the handshake of the mechanism.
func (p *Peer) negotiate() error {
	answer, err := p.mech.Start()
	for {
		if answer != nil {
			if _, werr := p.conn.Write(zmtp.AppendFrame(nil, zmtp.Command, answer)); err == nil {
				err = werr
			}
		}
		if err != nil {
			return err
		}
		if meta, ok := p.mech.Peer(); ok {
			p.meta = meta
			p.seals = p.mech.Seals()
			return nil
		}
		var f zmtp.Frame
		if f, err = p.handshakeFrame(); err != nil {
			return err
		}
		if f.Flags&zmtp.Command == 0 {
			return errors.New("message before the end of the handshake")
		}
		// A copy: what the peer says of itself is kept, and what came with it in one
		// piece of memory may be messages, which are recycled.
		answer, err = p.mech.Receive(bytes.Clone(f.Body))
	}
}

// handshakeFrame reads one frame.
func (p *Peer) handshakeFrame() (zmtp.Frame, error) {
	for {
		f, ok, err := p.dec.Next(handshakeLimit)
		if ok || err != nil {
			return f, err
		}
		n, err := p.conn.Read(p.dec.Space())
		p.dec.Fill(n)
		if err != nil && n == 0 {
			return f, err
		}
	}
}

// checkMetadata refuses a peer whose socket does not go with this one.
func (p *Peer) checkMetadata(m zmtp.Metadata) error {
	s := p.s
	name := string(m.Get(zmtp.SocketType))
	if !s.typ.accepts(name) {
		return fmt.Errorf("a %.16q socket cannot talk to a %v socket", name, s.typ)
	}
	// "For all other socket types, the Identity property shall be ignored."
	if id := m.Get(zmtp.Identity); s.typ == Router && (len(id) > 255 || len(id) > 0 && id[0] == 0) {
		return fmt.Errorf("invalid routing id %.300q", id)
	}
	p.id = m.Get(zmtp.Identity)
	return s.takePlace(p)
}

// takePlace refuses a peer that there is no place for now, and keeps the place of
// one that there is, until attach or release. To attach would fail all the same, but
// by then the peer would take itself for one, and what it sent would be lost. It may
// come again, so that it is told nothing: after an ERROR libzmq does not.
func (s *Socket) takePlace(p *Peer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.closing || s.flushed {
		err = ErrClosed
	} else if a, ok := s.pat.(admitter); ok {
		err = a.admits(p)
	}
	if err != nil {
		return &zmtp.Refusal{Temporary: true, Err: err}
	}
	return nil
}

// release gives up the place that is kept for p, if there is one. s.mu is held.
func (s *Socket) release(p *Peer) {
	if a, ok := s.pat.(admitter); ok {
		a.release(p)
	}
}

// metadata is what this socket says about itself.
func (s *Socket) metadata() zmtp.Metadata {
	m := zmtp.Metadata(nil).Add(zmtp.SocketType, []byte(s.typ.String()))
	switch s.typ {
	case Req, Dealer, Router:
		m = m.Add(zmtp.Identity, s.cfg.RoutingID)
	}
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Properties)) {
		m = m.Add(name, []byte(s.cfg.Properties[name]))
	}
	return m
}
