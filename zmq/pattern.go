package zmq

import (
	"errors"
	"slices"
)

// A pattern is what is particular to a socket type: who gets what is sent and
// what becomes of what is received. There is one for each socket.
type pattern interface {
	// attach makes p one that messages go to, or refuses it. s.mu is held.
	attach(p *Peer, c *cork) error

	// detach undoes attach. s.mu is held.
	detach(p *Peer)

	// route queues it at its receivers, all or nothing. It returns errWait
	// where the policy is to wait, errNoPeers if any peer would do and there
	// is none, and any other error if it cannot be sent. s.mu is held.
	route(it *item, c *cork) error

	// begun runs in p's reader, without s.mu, before its first message.
	begun(p *Peer)

	// receive takes a message from p. It runs in p's reader without s.mu, and
	// waits while the receive channel is full. The error is the peer's fault.
	receive(p *Peer, m Message) error

	// ended runs in p's reader, without s.mu, after its last message.
	ended(p *Peer)
}

// An admitter is a pattern that does not take every peer.
type admitter interface {
	// admits returns why there is no place for p now. Where there is one, it is
	// kept for p until release. A nil p only asks. s.mu is held.
	admits(p *Peer) error

	// release gives up the place that is kept for p, if there is one. s.mu is held.
	release(p *Peer)
}

// newPattern returns the pattern of s.
func newPattern(s *Socket) pattern {
	switch s.typ {
	case Pub, XPub:
		b := &publisher{s: s}
		if s.cfg.Subscriptions == NewSubscriptions {
			b.turn = make(chan struct{}, 1)
		}
		return b
	case Sub, XSub:
		return &subscriber{s: s}
	case Req:
		return &requester{balancer: balancer{s: s}}
	case Rep:
		return &replier{s: s, turn: make(chan struct{}, 1)}
	case Router:
		return &router{s: s, peers: make(map[string]*Peer), kept: make(map[string]*Peer)}
	default:
		return &balancer{s: s}
	}
}

// compatible are the types that may talk to each other (ZMTP 3.1, The Socket
// Type Property).
var compatible = [...][]Type{
	Pair:   {Pair},
	Pub:    {Sub, XSub},
	XPub:   {Sub, XSub},
	Sub:    {Pub, XPub},
	XSub:   {Pub, XPub},
	Req:    {Rep, Router},
	Rep:    {Req, Dealer},
	Dealer: {Rep, Dealer, Router},
	Router: {Req, Dealer, Router},
	Push:   {Pull},
	Pull:   {Push},
}

// accepts reports whether t may talk to a peer whose type has that name.
func (t Type) accepts(name string) bool {
	return slices.ContainsFunc(compatible[t], func(o Type) bool { return o.String() == name })
}

// A balancer gives each message to one peer, in turn, passing over those that
// are full. It is PAIR, PUSH, PULL and DEALER.
type balancer struct {
	s     *Socket
	peers []*Peer
	next  int
	kept  *Peer // whom the place of a PAIR's peer is kept for
}

var errSecondPeer = errors.New("a PAIR socket has one peer, and it has one already")

func (b *balancer) admits(p *Peer) error {
	switch {
	case b.s.typ != Pair:
		return nil
	case len(b.peers) > 0 || b.kept != nil && b.kept != p:
		return errSecondPeer
	case p != nil:
		b.kept = p
	}
	return nil
}

func (b *balancer) release(p *Peer) {
	if b.kept == p {
		b.kept = nil
	}
}

func (b *balancer) attach(p *Peer, _ *cork) error {
	if err := b.admits(p); err != nil {
		return err
	}
	b.peers = append(b.peers, p)
	return nil
}

func (b *balancer) detach(p *Peer) {
	i := slices.Index(b.peers, p)
	b.peers = slices.Delete(b.peers, i, i+1)
	if b.next > i {
		b.next--
	}
}

func (b *balancer) route(it *item, c *cork) error {
	_, err := b.pick(it, c)
	return err
}

// pick queues it at the next peer that has room and returns that peer.
func (b *balancer) pick(it *item, c *cork) (*Peer, error) {
	if len(b.peers) == 0 {
		return nil, errNoPeers
	}
	for range b.peers {
		if b.next >= len(b.peers) {
			b.next = 0
		}
		p := b.peers[b.next]
		b.next++
		if err := b.s.enqueue(p, it, Block, c); err == nil {
			return p, nil
		}
	}
	if b.s.cfg.Full == Block {
		return nil, errWait
	}
	if b.next >= len(b.peers) {
		b.next = 0
	}
	p := b.peers[b.next]
	return p, b.s.enqueue(p, it, b.s.cfg.Full, c)
}

func (b *balancer) receive(_ *Peer, m Message) error {
	b.s.push(m)
	return nil
}

func (b *balancer) begun(*Peer) {}
func (b *balancer) ended(*Peer) {}
