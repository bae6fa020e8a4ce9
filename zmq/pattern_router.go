package zmq

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// A router is ROUTER: what it receives begins with the routing id of the
// sender, what it sends goes to the peer its first frame names.
type router struct {
	s     *Socket
	peers map[string]*Peer // by routing id
	kept  map[string]*Peer // whom a routing id is kept for; empty with Handover
}

var errTakenOver = errors.New("a new peer took over the routing id")

func (r *router) admits(p *Peer) error {
	if p == nil || len(p.id) == 0 || r.s.cfg.Handover {
		return nil
	}
	for _, of := range []map[string]*Peer{r.peers, r.kept} {
		if old := of[string(p.id)]; old != nil && old != p {
			return fmt.Errorf("routing id %q is in use by %s", p.id, old.address)
		}
	}
	r.kept[string(p.id)] = p
	return nil
}

func (r *router) release(p *Peer) {
	if r.kept[string(p.id)] == p {
		delete(r.kept, string(p.id))
	}
}

func (r *router) attach(p *Peer, c *cork) error {
	if len(p.id) == 0 {
		p.id = r.makeID()
	}
	if err := r.admits(p); err != nil {
		return err
	}
	if old := r.peers[string(p.id)]; old != nil {
		old.attached = false
		c.later = append(c.later, func() { old.fail(errTakenOver) })
	}
	r.peers[string(p.id)] = p
	p.prefix = p.id
	return nil
}

// makeID returns a routing id for a peer that has none: as libzmq's, a zero
// octet and a number.
func (r *router) makeID() []byte {
	for {
		r.s.nextID++
		id := binary.BigEndian.AppendUint32([]byte{0}, r.s.nextID)
		if r.peers[string(id)] == nil {
			return id
		}
	}
}

// randomID returns where the numbering of routing ids begins, so that an id
// of a socket that is gone is not soon one of its successor.
func randomID() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint32(b[:])
}

func (r *router) detach(p *Peer) {
	if r.peers[string(p.id)] == p {
		delete(r.peers, string(p.id))
	}
}

func (r *router) route(it *item, c *cork) error {
	if len(it.frames) < 2 {
		return ErrMessage
	}
	p := r.peers[string(it.frames[0])]
	if p == nil {
		return ErrNoPeer
	}
	all := it.frames
	it.frames = all[1:]
	err := r.s.enqueue(p, it, r.s.cfg.Full, c)
	if err != nil {
		it.frames = all // it may be routed again
	}
	return err
}

func (r *router) receive(_ *Peer, m Message) error {
	r.s.push(m)
	return nil
}

func (r *router) begun(p *Peer) { r.notify(p) }
func (r *router) ended(p *Peer) { r.notify(p) }

// notify tells the user that p has come, or gone.
func (r *router) notify(p *Peer) {
	if r.s.cfg.NotifyPeers {
		r.s.push(Message{Frames: [][]byte{p.RoutingID()}, From: p})
	}
}
