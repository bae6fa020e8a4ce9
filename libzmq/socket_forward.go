package libzmq

import (
	"fmt"
	"slices"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// What is in this file runs on the forwarding thread.

// poll adds the socket to what the forwarder polls. It reports whether a
// message waits for room and libzmq will not tell when there is some.
func (s *Socket) poll() (retry bool) {
	f := s.f
	s.polled, s.watched = 0, 0
	blocked := len(s.pending) > 0
	// POLLOUT of these says that some peer has room, which may not be this
	// message's.
	inexact := s.typ == Router || s.typ == XPub || s.typ == Pub
	if s.soc != nil {
		s.polled = len(f.polled)
		f.polled = append(f.polled, pollFor(s.raw, !s.stalled, blocked && !inexact))
	}
	if s.soc == nil || s.watching {
		s.watched = len(f.polled)
		f.polled = append(f.polled, pollFor(handle(s.monitor), true, false))
	}
	return blocked && inexact
}

// receive moves a batch of messages to the receive channel. When that is
// full, a goroutine waits for room, and the socket is not read meanwhile.
func (s *Socket) receive() (any bool) {
	f := s.f
	messages, err := f.in.receive(s.raw)
	if err != nil {
		defer s.fail(err)
	}
	f.mu.Lock()
	s.stats.Received += uint64(len(messages))
	messages = slices.DeleteFunc(messages, func(m Message) bool {
		big := m.Size() > s.cfg.MaxMessageSize // libzmq has looked at its frames only
		late := s.relaxed() && s.queued > 0    // a reply, and the next request is on its way
		if big {
			s.cfg.Logger.Warn("libzmq: message discarded: too large", "size", m.Size())
		}
		if big || late {
			s.stats.Discarded++
		}
		return big || late
	})
	if s.relaxed() {
		defer f.mu.Unlock() // the next request must find the reply in the channel
	} else {
		f.mu.Unlock()
	}
	for i, m := range messages {
		select {
		case s.recvc <- m:
		default:
			s.stall(slices.Clone(messages[i:]))
			return true
		}
	}
	return len(messages) > 0
}

// stall waits for room in the receive channel.
func (s *Socket) stall(messages []Message) {
	s.stalled = true
	s.wg.Go(func() {
		for i, m := range messages {
			select {
			case s.recvc <- m:
			case <-s.closec:
				s.f.mu.Lock()
				s.stats.Discarded += uint64(len(messages) - i)
				s.f.mu.Unlock()
				return
			}
		}
		s.f.post(func() { s.stalled = false })
	})
}

// handOver gives run to libzmq, after what is pending.
func (s *Socket) handOver(run []item) {
	switch {
	case s.soc == nil:
		s.settle(run, zmq.ErrClosed)
	case len(s.pending) > 0:
		s.pending = append(s.pending, run...)
	default:
		s.pending = append(s.pending, s.push(run)...)
	}
}

// retry gives libzmq what is pending.
func (s *Socket) retry() {
	if len(s.pending) > 0 {
		rest := s.push(s.pending)
		s.pending = slices.Delete(s.pending, 0, len(s.pending)-len(rest))
	}
}

// push gives run to libzmq and returns what it has no room for.
func (s *Socket) push(run []item) []item {
	for len(run) > 0 {
		n, err := s.f.out.send(s.raw, run)
		s.settle(run[:n], nil)
		run = run[n:]
		switch err {
		case nil:
			continue
		case eagain:
			if s.cfg.Full == zmq.Block {
				return run
			}
			err = zmq.ErrQueueFull
		case zmq4.EHOSTUNREACH:
			err = zmq.ErrNoPeer
		case zmq4.EFSM:
			err = zmq.ErrState
		default:
			err = fmt.Errorf("libzmq: send: %w", err)
		}
		s.settle(run[:1], err)
		run = run[1:]
	}
	return nil
}

// settle ends items that libzmq took, or that are dropped for a reason.
func (s *Socket) settle(items []item, reason error) {
	if len(items) == 0 {
		return
	}
	s.f.mu.Lock()
	for _, it := range items {
		s.bytes -= it.size
	}
	s.queued -= len(items)
	if reason == nil {
		s.stats.Sent += uint64(len(items))
	} else {
		s.stats.Dropped += uint64(len(items))
		s.emit(Event{Kind: zmq.MessageDropped, Err: reason})
	}
	s.room.Broadcast()
	s.f.mu.Unlock()
	for _, it := range items {
		if it.done != nil {
			it.done(reason)
		}
	}
}
