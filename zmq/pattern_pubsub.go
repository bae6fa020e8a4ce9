package zmq

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// maxSubscriptions bounds what the subscriptions of one peer cost, in octets,
// each counted with subscriptionCost more: about a million short ones.
const (
	maxSubscriptions = 96 << 20
	subscriptionCost = 64
)

var errSubscriptions = errors.New("too many subscriptions")

// A publisher is PUB and XPUB: every message goes to all peers that hold a
// prefix of its first frame.
type publisher struct {
	s     *Socket
	subs  topics[*Peer]
	asked topics[*Peer] // what the peers have asked for; empty without ManualSubscriptions
	round uint64        // numbers the messages, so that a peer gets each once
	to    []*Peer       // the receivers of the message that is routed

	// turn holds a value while a peer changes a subscription and the user is told.
	// With NewSubscriptions the user must hear of the end of the last one for a
	// prefix before the next first one, whose peers may differ. Otherwise nil.
	turn chan struct{}
}

func (b *publisher) attach(p *Peer, c *cork) error {
	if w := b.s.cfg.Welcome; len(w) > 0 {
		return b.s.enqueue(p, &item{frames: w, size: framesSize(w)}, Block, c)
	}
	return nil
}

// detach leaves the subscriptions to ended, which tells the user of them; a
// peer that is not attached gets nothing.
func (b *publisher) detach(*Peer) {}

func (b *publisher) route(it *item, c *cork) error {
	b.round++
	b.to = b.to[:0]
	b.subs.match(it.frames[0], func(p *Peer) {
		if p.round == b.round {
			return
		}
		p.round = b.round
		if p.attached {
			b.to = append(b.to, p)
		}
	})
	defer clear(b.to)
	return b.s.routeToAll(b.to, it, c)
}

// routeToAll queues it at each of peers. If there are none, it is done at once.
// s.mu is held.
func (s *Socket) routeToAll(peers []*Peer, it *item, c *cork) error {
	if s.cfg.Full == Block {
		for _, p := range peers {
			if !p.hasRoom(it.size) {
				return errWait
			}
		}
	}
	if len(peers) == 0 {
		it.finishLater(c)
		return nil
	}
	one := it
	if len(peers) > 1 {
		shared := *it
		shared.done = fanOut(len(peers), it.done)
		one = &shared
	}
	for _, p := range peers {
		if err := s.enqueue(p, one, s.cfg.Full, c); err != nil {
			refused := *one
			c.later = append(c.later, func() { s.refuse(&refused, err) })
		}
	}
	return nil
}

func (b *publisher) receive(p *Peer, m Message) error {
	if f := m.Frames[0]; len(m.Frames) == 1 && len(f) > 0 && f[0] <= 1 {
		// ZMTP 3.0's form of a subscription, which later peers may use too.
		return b.subscription(p, f[1:], f[0] == 1)
	}
	if b.s.typ == Pub {
		b.s.stats.discarded.Add(1)
		return nil
	}
	b.s.push(m)
	return nil
}

// subscription takes a subscription message of p.
func (b *publisher) subscription(p *Peer, prefix []byte, add bool) error {
	if b.turn != nil {
		if !p.takeTurn(b.turn) {
			return nil
		}
		defer func() { <-b.turn }()
	}
	b.s.mu.Lock()
	held, edge, err := b.change(b.askedBy(), p, prefix, add)
	b.s.mu.Unlock()
	if err != nil {
		return err
	}
	// To tell of the end of what p never had would end, behind a proxy, what
	// another peer has.
	if held && (edge || b.s.cfg.Subscriptions != NewSubscriptions) {
		b.tell(p, prefix, add)
	}
	return nil
}

// askedBy is where the subscriptions belong that peers ask for.
func (b *publisher) askedBy() *topics[*Peer] {
	if b.s.cfg.Subscriptions == ManualSubscriptions {
		return &b.asked
	}
	return &b.subs
}

// change adds a subscription of p to subs, or takes it back. held says that p has
// or had it, edge that p is the first or was the last to have it. s.mu is held.
func (b *publisher) change(subs *topics[*Peer], p *Peer, prefix []byte, add bool) (held, edge bool, err error) {
	cost := int64(len(prefix)) + subscriptionCost
	if add {
		if p.subscriptions+cost > maxSubscriptions {
			return false, false, errSubscriptions
		}
		p.subscriptions += cost
		return true, subs.add(prefix, p), nil
	}
	held, edge = subs.remove(prefix, p)
	if held {
		p.subscriptions -= cost
	}
	return held, edge, nil
}

// SubscribePeer makes an XPUB with ManualSubscriptions send to p the messages
// whose first frame begins with prefix, until UnsubscribePeer takes it back as
// often. The peer that asked for a subscription is in Message.From. The error is
// ErrPeerGone when p has gone.
func (s *Socket) SubscribePeer(p *Peer, prefix []byte) error {
	return s.changePeer("subscribe", p, prefix, true)
}

// UnsubscribePeer takes back one SubscribePeer.
func (s *Socket) UnsubscribePeer(p *Peer, prefix []byte) error {
	return s.changePeer("unsubscribe", p, prefix, false)
}

func (s *Socket) changePeer(op string, p *Peer, prefix []byte, add bool) error {
	if s.cfg.Subscriptions != ManualSubscriptions { // which NewSocket refuses for others
		return fmt.Errorf("zmq: %s a peer: only an XPUB with ManualSubscriptions can", op)
	}
	if p == nil || p.s != s {
		return fmt.Errorf("zmq: %s a peer: it is not one of this socket", op)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !p.attached {
		return ErrPeerGone
	}
	b := s.pat.(*publisher)
	_, _, err := b.change(&b.subs, p, prefix, add)
	return err
}

// tell gives an XPUB's user a subscription message.
func (b *publisher) tell(p *Peer, prefix []byte, add bool) {
	if b.s.typ == XPub {
		b.s.push(Message{Frames: [][]byte{subscriptionFrame(prefix, add)}, From: p})
	}
}

// subscriptionFrame is the form a subscription has as a message.
func subscriptionFrame(prefix []byte, add bool) []byte {
	f := make([]byte, 1, 1+len(prefix))
	if add {
		f[0] = 1
	}
	return append(f, prefix...)
}

func (b *publisher) begun(*Peer) {}

func (b *publisher) ended(p *Peer) {
	if b.turn != nil && p.takeTurn(b.turn) {
		defer func() { <-b.turn }()
	}
	var gone [][]byte
	b.s.mu.Lock()
	asked := b.askedBy()
	asked.removeAll(p, func(prefix []byte, last bool) {
		if last || b.s.cfg.Subscriptions != NewSubscriptions {
			gone = append(gone, bytes.Clone(prefix))
		}
	})
	if asked != &b.subs {
		b.subs.removeAll(p, func([]byte, bool) {})
	}
	b.s.mu.Unlock()
	for _, prefix := range gone {
		b.tell(p, prefix, false)
	}
}

// A subscriber is SUB and XSUB: it tells every peer what it wants and gets
// that from all of them.
type subscriber struct {
	s     *Socket
	subs  topics[struct{}]
	peers []*Peer
}

func (b *subscriber) attach(p *Peer, c *cork) error {
	b.peers = append(b.peers, p)
	b.subs.all(func(prefix []byte) { p.control(p.subscriptionControl(prefix, true)) })
	c.add(p)
	return nil
}

func (b *subscriber) detach(p *Peer) {
	i := slices.Index(b.peers, p)
	b.peers = slices.Delete(b.peers, i, i+1)
}

// change adds or takes back a subscription. s.mu is held.
func (b *subscriber) change(prefix []byte, add bool, c *cork) error {
	var tell bool
	if add {
		if most := maxSubscriptions - subscriptionCost; len(prefix) > most {
			return fmt.Errorf("zmq: subscribe: a prefix of %d octets: a publisher takes %d", len(prefix), most)
		}
		tell = b.subs.add(prefix, struct{}{})
	} else {
		var found bool
		if found, tell = b.subs.remove(prefix, struct{}{}); !found {
			return fmt.Errorf("zmq: unsubscribe %.300q: there is no such subscription", prefix)
		}
	}
	if tell {
		for _, p := range b.peers {
			p.changeSubscription(prefix, add)
			c.add(p)
		}
	}
	return nil
}

// subscriptionControl is a subscription, or the end of one, as p understands it.
func (p *Peer) subscriptionControl(prefix []byte, add bool) controlFrame {
	var f controlFrame
	switch {
	case !p.speaks31():
		// "SUBSCRIBE" is new in ZMTP 3.1; before, it was a message.
		f.body = subscriptionFrame(prefix, add)
	case add:
		f = controlFrame{flags: zmtp.Command, body: zmtp.AppendCommand(nil, zmtp.CmdSubscribe, prefix)}
	default:
		f = controlFrame{flags: zmtp.Command, body: zmtp.AppendCommand(nil, zmtp.CmdCancel, prefix)}
	}
	f.prefix = f.body[len(f.body)-len(prefix):]
	return f
}

// route is XSUB's: a subscription message is as Subscribe or Unsubscribe,
// everything else goes to all peers.
func (b *subscriber) route(it *item, c *cork) error {
	if f := it.frames[0]; len(it.frames) == 1 && len(f) > 0 && f[0] <= 1 {
		if err := b.change(f[1:], f[0] == 1, c); err != nil {
			return err
		}
		it.finishLater(c)
		return nil
	}
	return b.s.routeToAll(b.peers, it, c)
}

func (b *subscriber) receive(_ *Peer, m Message) error {
	if b.s.typ == Sub && !b.wants(m.Frames[0]) {
		// On its way when it was unsubscribed, or a peer that does not filter.
		b.s.stats.discarded.Add(1)
		m.Recycle()
		return nil
	}
	b.s.push(m)
	return nil
}

// wants reports whether there is a subscription for topic. XSUB does not ask: it
// takes what its publishers send, as libzmq's does.
func (b *subscriber) wants(topic []byte) bool {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	return b.subs.has(topic)
}

func (b *subscriber) begun(*Peer) {}
func (b *subscriber) ended(*Peer) {}
