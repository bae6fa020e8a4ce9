package zmq

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// A requester is REQ: one request at a time, each to the next peer, then its
// reply.
//
// Unlike libzmq's, it may send again when the peer that owes the reply
// has gone: that reply cannot come.
type requester struct {
	balancer
	asked  *Peer  // got the last request
	owed   bool   // its reply may still come
	number uint32 // of the last request, with Correlate
}

// outOfTurn is what becomes of a request sent before the last reply: through
// the channel it waits, by Deliver it is an error.
func outOfTurn(it *item) error {
	if it.patient {
		return errWait
	}
	return ErrState
}

// ended lets the user ask somebody else. It comes after the last message of p: a
// reply that arrived before its end is still the reply.
func (r *requester) ended(p *Peer) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.asked == p {
		r.owed = false
		r.s.changed()
	}
}

func (r *requester) route(it *item, c *cork) error {
	if r.owed && !r.s.cfg.Relaxed {
		return outOfTurn(it)
	}
	// "SHALL prefix the outgoing message with an empty delimiter frame."
	// https://rfc.zeromq.org/spec/28/
	all := it.frames
	it.frames = append(r.envelope(r.number+1), all...)
	p, err := r.pick(it, c)
	if err != nil {
		it.frames = all // it may be routed again
		return err
	}
	r.asked, r.owed = p, true
	r.number++
	r.discardUnread()
	return nil
}

// discardUnread throws away the reply to an earlier request that the user of a
// relaxed REQ has not taken: it would be taken for the reply to the next one. s.mu
// is held.
func (r *requester) discardUnread() {
	for r.s.cfg.Relaxed {
		select {
		case <-r.s.recv:
			r.s.stats.discarded.Add(1)
		default:
			return
		}
	}
}

// envelope is what goes before the request of that number.
func (r *requester) envelope(number uint32) [][]byte {
	if !r.s.cfg.Correlate {
		return [][]byte{nil}
	}
	return [][]byte{binary.BigEndian.AppendUint32(nil, number), nil}
}

func (r *requester) receive(p *Peer, m Message) error {
	frames := m.Frames
	r.s.mu.Lock()
	envelope := r.envelope(r.number)
	n := len(envelope)
	if !r.owed || len(r.s.backlog) > 0 || r.asked != p || len(frames) <= n || !slices.EqualFunc(frames[:n], envelope, bytes.Equal) {
		r.s.mu.Unlock()
		// "SHALL discard silently any messages received from other peers, and
		// any that do not begin with the delimiter."
		r.s.stats.discarded.Add(1)
		return nil
	}
	m.Frames = frames[n:]
	r.owed = false
	r.s.changed()
	if r.s.cfg.Relaxed && r.s.pushNow(m) {
		// The next request finds the reply there, to discard it. There was room, since
		// the last request has made some.
		r.s.mu.Unlock()
		return nil
	}
	r.s.mu.Unlock()
	r.s.push(m)
	return nil
}

// A replier is REP: one request at a time, fair over all peers, each answered
// to where it came from.
type replier struct {
	s        *Socket
	turn     chan struct{} // holds a value while a request is with the user
	asker    *Peer         // who sent that request; nil: there is none
	envelope [][]byte      // of that request, delimiter included
}

func (r *replier) attach(*Peer, *cork) error { return nil }

func (r *replier) detach(*Peer) {}

func (r *replier) route(it *item, c *cork) error {
	if r.asker == nil || len(r.s.recv) > 0 {
		return ErrState // there is no request, or the user does not know it yet
	}
	err := ErrPeerGone
	if r.asker.attached {
		reply := *it
		reply.frames = slices.Concat(r.envelope, it.frames)
		if err = r.s.enqueue(r.asker, &reply, r.s.cfg.Full, c); err == errWait {
			return err
		}
	}
	r.asker, r.envelope = nil, nil
	<-r.turn
	return err
}

func (r *replier) receive(p *Peer, m Message) error {
	frames := m.Frames
	// The envelope is everything up to the first empty frame.
	n := slices.IndexFunc(frames, func(f []byte) bool { return len(f) == 0 })
	if n < 0 || n == len(frames)-1 {
		r.s.stats.discarded.Add(1)
		r.s.cfg.Logger.Debug("request discarded", "peer", p.address, "reason", "no empty delimiter frame before its body")
		return nil
	}
	p.waitAsked() // one request of each peer waits
	select {
	case r.turn <- struct{}{}:
		r.give(p, frames[:n+1:n+1], frames[n+1:])
		return nil
	default:
	}
	// The user has the request of another peer to answer, perhaps for long. The
	// reader goes on meanwhile: a client is silent while it waits, but for PINGs,
	// and would give up a server that does not answer these.
	asked := make(chan struct{})
	p.asked = asked
	r.s.wg.Go(func() {
		defer close(asked)
		if !r.s.awaitTurn(r.turn) {
			r.s.stats.discarded.Add(1)
			return
		}
		r.give(p, frames[:n+1:n+1], frames[n+1:])
	})
	return nil
}

// give gives a request of p, whose turn it is, to the user.
func (r *replier) give(p *Peer, envelope, request [][]byte) {
	// Without the block: the envelope, which may be a part of it, is for the
	// reply.
	m := Message{Frames: request, From: p}
	r.s.mu.Lock()
	r.asker, r.envelope = p, envelope
	pushed := r.s.pushNow(m) // the one before was taken, so that there is room
	r.s.mu.Unlock()
	if !pushed {
		r.s.push(m) // to the handler
	}
}

// waitAsked waits until the request of p that waits for its turn, if there is
// one, was given to the user, or the socket closes. It runs in p's reader.
func (p *Peer) waitAsked() {
	if p.asked == nil {
		return
	}
	p.parked.Store(true)
	defer p.unpark()
	<-p.asked
	p.asked = nil
}

func (r *replier) begun(*Peer) {}
func (r *replier) ended(*Peer) {}
