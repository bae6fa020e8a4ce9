package libzmq

import (
	"fmt"
	"slices"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// What is in this file runs on the forwarding thread.

// poll adds the socket to what the forwarder polls. It reports whether a
// message waits whose time libzmq will not tell.
func (s *Socket) poll() (retry bool) {
	f := s.f
	s.polled = len(f.polled)
	if s.soc == nil {
		f.polled = append(f.polled, pollFor(handle(s.monitor), true, false))
		return false
	}
	blocked := len(s.pending) > 0
	// POLLOUT of ROUTER and XPUB does not mean that this message has room.
	exact := s.typ != Router && s.typ != XPub && s.typ != Pub
	f.polled = append(f.polled, pollFor(s.raw, !s.stalled, blocked && exact))
	return blocked && !exact
}

// receive moves a batch of messages to the receive channel. When the channel
// is full, a goroutine waits for room, and the socket is not read meanwhile.
func (s *Socket) receive() {
	if s.soc == nil {
		s.gone(zmq.ErrClosed)
		return
	}
	messages, partial, err := s.f.in.receive(s.raw, s.partial)
	s.partial = partial
	if err != nil {
		defer s.fail(err)
	}
	for i, m := range messages {
		if size(m) > s.cfg.MaxMessageSize { // libzmq looked at its frames only
			s.cfg.Logger.Warn("libzmq: message dropped: too large", "frames", len(m.Frames), "size", size(m))
			continue
		}
		select {
		case s.recvc <- m:
		default:
			s.stall(slices.Clone(messages[i:]))
			return
		}
	}
}

// stall waits for room in the receive channel.
func (s *Socket) stall(messages []Message) {
	s.stalled = true
	s.wg.Go(func() {
		for _, m := range messages {
			select {
			case s.recvc <- m:
			case <-s.closec:
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
	if reason != nil {
		s.dropped += uint64(len(items))
	}
	s.room.Broadcast()
	s.f.mu.Unlock()
	for _, it := range items {
		if it.done != nil {
			it.done(reason)
		}
	}
}
