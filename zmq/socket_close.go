package zmq

import (
	"context"
	"fmt"
)

// Close ends the socket now: what was accepted and is not with the operating
// system yet is dropped and counted. Close may be called more than once and
// from any goroutine, but not from a completion; it returns when every
// goroutine of the socket has ended, with nil.
func (s *Socket) Close() error {
	s.mu.Lock()
	first := !s.closing
	s.closing = true
	s.mu.Unlock()
	if first {
		s.close()
	}
	<-s.donec
	return nil
}

// close does the work of Close, once.
func (s *Socket) close() {
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		close(s.drainc)
	}
	close(s.closec)
	for endpoint, l := range s.listeners {
		l.Close()
		delete(s.listeners, endpoint)
	}
	for endpoint, c := range s.connecters {
		c.cancel()
		delete(s.connecters, endpoint)
	}
	for _, conn := range s.handshakes.conns {
		conn.Close()
	}
	var peers []*Peer
	for p := range s.peers {
		peers = append(peers, p)
	}
	backlog := s.backlog
	s.backlog = nil
	s.changed()
	s.mu.Unlock()

	for _, p := range peers {
		p.fail(ErrClosed)
	}
	for i := range backlog {
		s.drop(&backlog[i], ErrClosed)
	}
	s.wg.Wait()

	s.mu.Lock()
	s.err = ErrClosed
	s.mu.Unlock()
	s.monitor.close()
	if s.recv != nil {
		close(s.recv)
	}
	close(s.donec)
}

// Shutdown takes no more messages, waits until those accepted before are
// handed to the operating system, and closes the socket. If ctx is done
// first, it closes the socket anyway and returns an error that says how many
// messages were lost.
func (s *Socket) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		close(s.drainc)
	}
	s.mu.Unlock()
	err := s.drained(ctx)
	s.Close()
	return err
}

// drained waits until nothing is pending.
func (s *Socket) drained(ctx context.Context) error {
	select {
	case <-s.pumpc:
	case <-ctx.Done():
	}
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	for {
		s.mu.Lock()
		changec := s.changec
		s.mu.Unlock()
		n := s.pending.Load() + int64(len(s.send))
		if n == 0 {
			return nil
		}
		select {
		case <-changec:
		case <-s.closec:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("zmq: shutdown: %d messages not sent: %w", n, context.Cause(ctx))
		}
	}
}

// finish is what becomes of a socket whose send channel the user has closed.
func (s *Socket) finish() { s.Shutdown(context.Background()) }
