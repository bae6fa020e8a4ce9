package zmq

import "slices"

// hasRoom reports whether a message of that size may be queued.
func (p *Peer) hasRoom(size int64) bool {
	p.mu.Lock()
	ok := p.room(size)
	p.mu.Unlock()
	return ok
}

// room is hasRoom with p.mu held.
func (p *Peer) room(size int64) bool {
	cfg := &p.s.cfg
	// A peer that asks a REP again has the last reply, also when it is not noted yet
	// that all of it is out.
	return p.messages == 0 || p.messages == 1 && p.s.typ == Rep ||
		p.messages < cfg.SendQueue && p.octets <= cfg.SendQueueBytes-size
}

// enqueue queues it, or does what the policy says if there is no room. dropped
// are the messages that had to make room.
func (p *Peer) enqueue(it *item, full Policy) (dropped []item, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dead:
		return nil, ErrPeerGone
	case p.room(it.size):
	case full == Block:
		return nil, errWait
	case full == DropNewest:
		return nil, ErrQueueFull
	default:
		// What is being written cannot make room. Where that is not enough, the
		// newest is queued all the same: DropOldest promises the last value.
		for p.queue.len() > 0 && !p.room(it.size) {
			oldest := p.queue.pop()
			p.messages--
			p.octets -= oldest.size
			dropped = append(dropped, oldest)
		}
	}
	p.queue.push(*it)
	p.messages++
	p.octets += it.size
	return dropped, nil
}

// control queues a frame of the engine's own. These do not count against the
// bounds: there are about as many as the user has subscriptions, or minTidy.
func (p *Peer) control(f controlFrame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.controls = append(p.controls, f)
}

// minTidy is how many changes of subscriptions may wait for a peer before those
// that undo each other are left out. A peer that is not behind hears of all.
const minTidy = 1024

// changeSubscription tells the peer of a subscription, or of its end.
func (p *Peer) changeSubscription(prefix []byte, add bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.controls = append(p.controls, p.subscriptionControl(prefix, add))
	if len(p.controls) >= max(minTidy, p.tidyAt) {
		p.tidyControls()
		p.tidyAt = 2 * len(p.controls)
	}
}

// tidyControls leaves out the changes of subscriptions that undo each other.
// p.mu is held.
func (p *Peer) tidyControls() {
	odd := make(map[string]bool) // whether all changes of a prefix together are one
	for _, f := range p.controls {
		if f.prefix != nil {
			odd[string(f.prefix)] = !odd[string(f.prefix)]
		}
	}
	p.controls = slices.DeleteFunc(p.controls, func(f controlFrame) bool {
		if f.prefix == nil {
			return false
		}
		// A subscription and its end alternate: of an odd number of changes the
		// first one says what all of them come to.
		first := odd[string(f.prefix)]
		odd[string(f.prefix)] = false
		return !first
	})
}

// abandon gives up what a dead peer did not get, once nobody writes to it any
// more. Where any peer would do, the socket gets back those messages of which no
// part was written, before it routes newer ones.
func (p *Peer) abandon() {
	var c cork
	p.s.mu.Lock()
	p.mu.Lock()
	if !p.dead || p.writing {
		p.mu.Unlock()
		p.s.mu.Unlock()
		return
	}
	begun, rest := p.out.unsent()
	begun, left := slices.Clone(begun), slices.Clone(rest)
	for p.queue.len() > 0 {
		left = append(left, p.queue.pop())
	}
	p.out.reset()
	p.messages, p.octets = 0, 0
	p.mu.Unlock()
	dropped := append(begun, p.s.takeBack(p, left, &c)...)
	p.s.mu.Unlock()
	c.flush()
	for i := range dropped {
		p.s.drop(&dropped[i], ErrPeerGone)
	}
}

// takeBack routes what p, which is dead, did not get to others, and returns what
// nobody may have. s.mu is held.
func (s *Socket) takeBack(p *Peer, left []item, c *cork) (dropped []item) {
	if p.leaving {
		p.leaving = false
		s.leaving--
	}
	if len(left) > 0 && s.reroutes(p) {
		req, _ := s.pat.(*requester)
		if req != nil {
			req.owed = false // the last request is in left
		}
		for i := range left {
			if req != nil {
				left[i].frames = left[i].frames[len(req.envelope(0)):] // routing adds it again
			}
			s.backlogLen += left[i].size
		}
		s.backlog = append(left, s.backlog...)
		s.backlogged.Store(true)
		left = nil
	}
	s.routeBacklog(c)
	s.changed()
	return left
}

// reroutes reports whether another peer may have what p, which has gone, did
// not get. s.mu is held.
func (s *Socket) reroutes(p *Peer) bool {
	if s.typ == Req {
		// Not if the user has asked something else since.
		return !s.closing && s.pat.(*requester).asked == p && len(s.backlog) == 0
	}
	return !s.closing && s.distributes()
}

// distributes reports whether each message goes to any one peer, in order.
func (s *Socket) distributes() bool { return s.typ == Push || s.typ == Dealer || s.typ == Pair }
