package zmq

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// An item is a message, or a command, on its way to one peer.
type item struct {
	frames  [][]byte
	size    int64
	done    func(error) // may be nil
	patient bool        // sent through the channel: waits for its turn
}

// finish tells the completion, if there is one.
func (it *item) finish(err error) {
	if it.done != nil {
		it.done(err)
	}
}

// finishLater tells the completion that all is well when no lock is held.
func (it *item) finishLater(c *cork) {
	if done := it.done; done != nil {
		c.later = append(c.later, func() { done(nil) })
	}
}

// A cork is the list of peers that have got something to write but were not
// told yet. Messages that come together are written together.
type cork struct {
	ordered bool // flush waits for what others are to write; read-only

	peers []*Peer
	later []func() // what is to be done when no lock is held
	item  item     // the message that is routed

	// Since the last flush.
	round    uint64 // counts the flushes
	messages int    // messages queued, each once for all its receivers
	octets   int64
}

// add notes that p has something to write. s.mu is held.
func (c *cork) add(p *Peer) {
	if p.corkedBy == c && p.corkRound == c.round {
		return
	}
	p.corkedBy, p.corkRound = c, c.round
	c.peers = append(c.peers, p)
}

// full reports whether it is time to flush: waiting for more would make the
// batch too large, or let a queue look full that is only corked.
func (c *cork) full(cfg *Config) bool {
	return c.messages >= min(batchMessages, cfg.SendQueue/2) || c.octets >= min(batchOctets, cfg.SendQueueBytes/2)
}

// flush has the peers write what they have. No lock may be held.
func (c *cork) flush() {
	c.messages, c.octets = 0, 0
	c.round++
	for i, p := range c.peers {
		if p.flush() && c.ordered {
			p.awaitQueued()
		}
		c.peers[i] = nil
	}
	c.peers = c.peers[:0]
	for i, f := range c.later {
		f()
		c.later[i] = nil
	}
	c.later = c.later[:0]
}

var corks = sync.Pool{New: func() any { return new(cork) }}

// Deliver takes m for sending, in order with every other Deliver of the same
// goroutine. done, if not nil, is called exactly once: with nil when the bytes
// were handed to the operating system (for a message with several receivers:
// to all of them; at once if there is none), or with the reason why the
// message was dropped. It must neither block nor close the socket. On Linux, where
// the receivers can take the message now and nobody else is writing to them, done has
// been called when Deliver returns; otherwise another goroutine calls it later.
//
// Deliver waits where the socket's policy is to block and a queue is full, until
// there is room or the socket closes. With SendQueue < 0 it never waits: what a
// peer cannot take yet is queued.
func (s *Socket) Deliver(m Message, done func(error)) {
	c := corks.Get().(*cork)
	s.deliver(m, done, c, false)
	c.flush()
	corks.Put(c)
}

// errWait is what route returns while the policy is to wait.
var errWait = errors.New("wait")

// deliver routes m to the queues of its receivers and leaves them in c to be
// flushed. pump says that the message came through the send channel, which
// is served until the socket is drained, and which waits for its turn.
func (s *Socket) deliver(m Message, done func(error), c *cork, pump bool) {
	it := &c.item // not a variable of its own: that would be an allocation
	*it = item{frames: m.Frames, size: m.Size(), done: done, patient: pump}
	defer func() { *it = item{} }()
	if len(it.frames) == 0 || !s.typ.Sends() {
		s.refuse(it, ErrMessage)
		return
	}
	c.messages++
	c.octets += it.size
	s.mu.Lock()
	err := s.route(it, c)
	if err == errWait {
		err = s.routeWhenRoom(it, c)
	}
	s.mu.Unlock()
	if err != nil {
		if pump && err == ErrClosed {
			s.stats.lost.Add(1)
		}
		s.refuse(it, err)
	}
}

// routeWhenRoom is route for a message that has to wait, and does not return
// errWait. s.mu is held, but not while it waits.
func (s *Socket) routeWhenRoom(it *item, c *cork) error {
	// Whoever makes room looks afterwards whether somebody waits for it. So be
	// counted as waiting first, then look for room once more.
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	if it.patient {
		s.pending.Add(1) // in nobody's queue, but accepted
		defer s.pending.Add(-1)
	}
	for {
		if err := s.route(it, c); err != errWait {
			return err
		}
		changec := s.changec
		s.mu.Unlock()
		c.flush()
		select {
		case <-changec:
		case <-s.closec:
		}
		s.mu.Lock()
	}
}

// route queues it where it belongs. s.mu is held.
func (s *Socket) route(it *item, c *cork) error {
	if s.closing || s.draining && !it.patient {
		return ErrClosed
	}
	if len(s.backlog) > 0 || s.leaving > 0 {
		if s.typ == Req && !s.cfg.Relaxed {
			return outOfTurn(it)
		}
		return s.addToBacklog(it, c)
	}
	err := s.pat.route(it, c)
	if err == errNoPeers {
		return s.addToBacklog(it, c)
	}
	return err
}

// errNoPeers is what route returns for a message that any peer may have while
// there is none.
var errNoPeers = errors.New("no peers")

// addToBacklog has it wait for the first peer to come. s.mu is held.
func (s *Socket) addToBacklog(it *item, c *cork) error {
	var dropped []item
	for len(s.backlog) > 0 && (len(s.backlog) >= s.cfg.SendQueue || s.backlogLen > s.cfg.SendQueueBytes-it.size) {
		switch s.cfg.Full {
		case Block:
			return errWait
		case DropNewest:
			return ErrQueueFull
		}
		dropped = append(dropped, s.backlog[0])
		s.backlogLen -= s.backlog[0].size
		s.backlog[0] = item{}
		s.backlog = s.backlog[1:]
	}
	s.dropLater(dropped, c)
	s.backlog = append(s.backlog, *it)
	s.backlogged.Store(true)
	s.backlogLen += it.size
	s.pending.Add(1)
	if r, ok := s.pat.(*requester); ok {
		r.discardUnread()
	}
	return nil
}

// routeBacklog gives what waited for a peer to those that are there now, as
// much as they have room for. s.mu is held.
func (s *Socket) routeBacklog(c *cork) {
	if s.leaving > 0 {
		return // older messages are still to come
	}
	for len(s.backlog) > 0 {
		it := s.backlog[0]
		if err := s.pat.route(&it, c); err != nil {
			return
		}
		s.pending.Add(-1) // route has counted it again
		s.backlog[0] = item{}
		s.backlog = s.backlog[1:]
		s.backlogLen -= it.size
	}
	s.backlog = nil
	s.backlogged.Store(false)
}

// enqueue queues it at p if p has room, or does what the policy full says.
// s.mu is held.
func (s *Socket) enqueue(p *Peer, it *item, full Policy, c *cork) error {
	s.pending.Add(1) // first: once it is queued, somebody may write it
	dropped, err := p.enqueue(it, full)
	s.dropLater(dropped, c)
	if err != nil {
		s.pending.Add(-1)
		return err
	}
	c.add(p)
	return nil
}

// dropLater has the messages that had to make room dropped when no lock is
// held.
func (s *Socket) dropLater(dropped []item, c *cork) {
	if len(dropped) == 0 {
		return
	}
	c.later = append(c.later, func() {
		for i := range dropped {
			s.drop(&dropped[i], ErrQueueFull)
		}
	})
}

// refuse tells that a message was not accepted.
func (s *Socket) refuse(it *item, err error) {
	s.stats.dropped.Add(1)
	s.monitor.emit(Event{Kind: MessageDropped, Err: err})
	it.finish(err)
}

// drop tells that a message that was accepted is not sent.
func (s *Socket) drop(it *item, err error) {
	select {
	case <-s.closec:
		s.stats.lost.Add(1)
	default:
	}
	s.refuse(it, err)
	s.settled(1)
}

// fanOut returns a completion to be called n times, which then calls done
// with the first error of all.
func fanOut(n int, done func(error)) func(error) {
	if done == nil {
		return nil
	}
	var left atomic.Int32
	var first atomic.Pointer[error]
	left.Store(int32(n))
	return func(err error) {
		if err != nil {
			first.CompareAndSwap(nil, &err)
		}
		if left.Add(-1) > 0 {
			return
		}
		if p := first.Load(); p != nil {
			done(*p)
			return
		}
		done(nil)
	}
}

// pump serves the send channel: it takes what is there, queues it, and lets
// the peers write it together.
func (s *Socket) pump() {
	defer close(s.pumpc)
	var c cork
	drainc := s.drainc
	for {
		select {
		case m, ok := <-s.send:
			if !ok {
				// The user has no more to send. Close waits for this goroutine,
				// so that somebody else has to call it.
				go s.Shutdown(context.Background())
				return
			}
			s.deliver(m, nil, &c, true)
		case <-drainc:
			if len(s.send) == 0 {
				return
			}
			drainc = nil
		case <-s.closec:
			return
		}
		s.pumpMore(&c)
		c.flush()
		if drainc == nil && len(s.send) == 0 {
			return
		}
	}
}

// pumpMore takes what else waits in the send channel, as much as is to be
// written together.
func (s *Socket) pumpMore(c *cork) {
	for !c.full(&s.cfg) {
		select {
		case m, ok := <-s.send:
			if !ok {
				return // pump sees it too
			}
			s.deliver(m, nil, c, true)
		default:
			return
		}
	}
}
