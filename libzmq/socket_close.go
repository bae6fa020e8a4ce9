package libzmq

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

const (
	// maxLinger is how long libzmq may write what it has when no context says.
	maxLinger = 30 * time.Second

	// closeGrace is how long nobody is told that a socket has ended while
	// libzmq is not done with it. That takes about a millisecond, but for ever
	// where an inproc peer does not read what the socket has sent it.
	closeGrace = time.Second
)

// Close ends the socket now: what is not handed over is dropped, and what
// libzmq has not written is lost. It returns when every goroutine of the
// socket has ended and, unless libzmq needs more than a second for it, the
// address it was bound to is free. It may be called several times, from anywhere
// but the forwarding thread.
func (s *Socket) Close() error {
	s.end(0)
	s.wait()
	return nil
}

// Shutdown hands over what was accepted and has libzmq write it, then closes
// the socket. Nothing more is accepted. When ctx is done first, Shutdown is
// Close and returns the cause. Without a deadline of ctx, libzmq gets 30 s, and
// an error says if it needed more. When somebody else closes the socket
// meanwhile, the error matches ErrClosed: libzmq does not tell whether messages
// were lost. On a closed socket Shutdown waits for the end, and returns nil.
func (s *Socket) Shutdown(ctx context.Context) error {
	s.f.mu.Lock()
	closed := s.closed
	s.setFlushing()
	s.f.mu.Unlock()
	deadline, bounded := ctx.Deadline()
	select {
	case <-s.flushedc:
		if !bounded {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, maxLinger, errUnwritten)
			defer cancel()
			deadline, bounded = ctx.Deadline()
		}
		linger := time.Until(deadline).Truncate(time.Millisecond) // which libzmq counts
		s.end(max(linger+2*time.Millisecond, 0))
	case <-ctx.Done():
	}
	select {
	case <-s.donec:
		s.wait()
		switch {
		case bounded && !time.Now().Before(deadline):
			<-ctx.Done() // linger is over: what is not written is lost
		case s.cut && !closed:
			return fmt.Errorf("libzmq: shutdown was cut short, messages may be lost: %w", s.Err())
		default:
			return nil
		}
	case <-ctx.Done():
		s.Close()
	}
	return context.Cause(ctx)
}

var errUnwritten = fmt.Errorf("libzmq: shutdown: not everything could be written in %v", maxLinger)

// wait waits for the end, also of the shared forwarder when it ends with s.
func (s *Socket) wait() {
	<-s.donec
	if s.last {
		<-s.f.donec
	}
}

// setFlushing has the sender flush. f.mu is held.
func (s *Socket) setFlushing() {
	if !s.flushing {
		s.flushing = true
		close(s.flushc)
	}
}

// setClosed ends the goroutines of the socket. f.mu is held.
func (s *Socket) setClosed() {
	s.setFlushing()
	if !s.closed {
		s.closed = true
		close(s.closec)
		s.room.Broadcast()
	}
}

// waitFlushed waits until libzmq has all that was accepted, or the socket
// closes.
func (s *Socket) waitFlushed() {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.setFlushing()
	for s.queued > 0 && !s.closed {
		s.room.Wait()
	}
}

// end begins to close the socket.
func (s *Socket) end(linger time.Duration) {
	s.f.mu.Lock()
	s.setClosed()
	s.f.mu.Unlock()
	s.f.post(func() { s.shut(linger) })
}

// The rest runs on the forwarding thread.

// shut closes the libzmq socket, which lives on until it has nothing to write
// or linger is over; its monitor tells.
func (s *Socket) shut(linger time.Duration) {
	if s.soc == nil {
		if s.lingering && linger == 0 {
			s.cut = true
			s.finish(false)
		}
		return
	}
	s.cut = linger == 0
	s.settle(s.pending, zmq.ErrClosed)
	s.pending = nil
	s.lingering = linger > 0
	_ = s.soc.SetLinger(linger)
	if s.adopted {
		_ = s.soc.Monitor("", 0)
	}
	s.soc.Close()
	s.soc, s.raw = nil, nil
	if s.adopted || s.monitor == nil { // nobody tells
		s.gone()
		return
	}
	s.grace = time.AfterFunc(linger+closeGrace, func() {
		s.f.post(func() { s.finish(false) })
	})
}

// fail closes a socket of which libzmq wants to know no more, because its
// context is terminated.
func (s *Socket) fail(err error) {
	s.reason = fmt.Errorf("libzmq: socket ended: %w", err)
	s.shut(0)
}

// gone forgets the socket, which libzmq is done with.
func (s *Socket) gone() {
	if s.grace != nil {
		s.grace.Stop()
	}
	if s.monitor != nil {
		s.monitor.Close()
		s.monitor = nil
	}
	s.f.sockets = slices.DeleteFunc(s.f.sockets, func(o *Socket) bool { return o == s })
	s.finish(true)
}

// finish is the end for the users of the socket. It is gone unless libzmq
// still has messages to write.
func (s *Socket) finish(gone bool) {
	f := s.f
	f.mu.Lock()
	finished := s.err != nil
	s.setClosed()
	f.mu.Unlock()
	if finished {
		return
	}
	s.lingering = false
	s.wg.Wait()
	f.mu.Lock()
	s.err = cmp.Or(s.reason, error(zmq.ErrClosed))
	if s.events != nil {
		close(s.events)
	}
	f.mu.Unlock()
	if s.recvc != nil {
		close(s.recvc)
	}
	f.zap.forget(s.domain)
	s.last = s.shared && f.release() && gone
	close(s.donec)
}
