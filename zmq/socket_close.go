package zmq

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Close ends the socket now: what was accepted and is not with the operating
// system yet is dropped and counted. Close may be called more than once and
// from any goroutine, but not from a completion; it returns when every
// goroutine of the socket has ended, with nil.
func (s *Socket) Close() error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		<-s.donec
		return nil
	}
	s.closing = true
	if !s.draining {
		s.draining = true
		close(s.drainc)
	}
	close(s.closec)
	s.closeListeners()
	for endpoint, c := range s.connecters {
		c.cancel()
		if c.conn != nil {
			c.conn.Close()
		}
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
	// Whoever is still inside Deliver may be writing, and finds the connection closed.
	s.waitFor(context.Background(), nil, s.nothingPends)

	s.mu.Lock()
	s.err = ErrClosed
	s.mu.Unlock()
	s.monitor.close()
	if s.recv != nil {
		close(s.recv)
	}
	close(s.donec)
	return nil
}

// Shutdown takes no more messages, waits until those accepted before are
// handed to the operating system, and closes the socket. If ctx is done
// first, it closes the socket anyway and, if messages were lost, returns an
// error that says how many; so it does if somebody else closes the socket
// meanwhile. What is put into the send channel while Shutdown runs may be sent or
// may be counted as dropped. On a closed socket it does nothing.
func (s *Socket) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	closed := s.closing
	if !s.draining {
		s.draining = true
		close(s.drainc)
	}
	s.mu.Unlock()
	if closed {
		return s.Close()
	}
	err := s.drained(ctx)
	if err == nil {
		s.partFromPeers(ctx)
	}
	s.Close()
	lost := s.stats.lost.Load()
	if err == nil && lost == 0 {
		return nil // what is in the send channel came too late
	}
	if lost += uint64(len(s.send)); lost == 0 {
		return nil
	}
	return fmt.Errorf("zmq: shutdown: %d messages not sent: %w", lost, cmp.Or(err, ErrClosed))
}

// drained waits until nothing is pending.
func (s *Socket) drained(ctx context.Context) error {
	if err := s.pumped(ctx); err != nil {
		return err
	}
	// What is put into the send channel now comes too late.
	return s.waitFor(ctx, s.closec, s.nothingPends)
}

func (s *Socket) nothingPends() bool { return s.pending.Load() == 0 }

// pumped waits until the pump has taken what was in the send channel.
func (s *Socket) pumped(ctx context.Context) error {
	select {
	case <-s.pumpc:
		return nil
	default:
	}
	select {
	case <-s.pumpc:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// waitFor waits until cond is true, which it looks at, under s.mu, whenever
// something has changed. The end of endc, if it is not nil, ends the wait too.
func (s *Socket) waitFor(ctx context.Context, endc <-chan struct{}, cond func() bool) error {
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	for {
		s.mu.Lock()
		ok, changec := cond(), s.changec
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changec:
		case <-endc:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// partTimeout is how long a socket that shuts down waits for its peers to
// close their ends.
const partTimeout = 250 * time.Millisecond

// partFromPeers ends the sending direction of every connection and waits
// until the peers have done the same. An operating system that closes a TCP
// connection with octets unread resets it, and what the peer has not read by
// then may be lost; so the socket goes on to read, and throws away, what still
// comes.
func (s *Socket) partFromPeers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	s.mu.Lock()
	var peers []*Peer
	if !s.closing && !s.flushed { // else another Shutdown has done it
		s.flushed = true
		close(s.flushedc)
		s.closeListeners()
		for p := range s.peers {
			peers = append(peers, p)
		}
	}
	s.mu.Unlock()
	for _, p := range peers {
		if closeWrite(p.conn) != nil {
			p.fail(ErrClosed)
		}
	}
	s.waitFor(ctx, s.closec, func() bool { return len(s.peers) == 0 })
}

// closeListeners ends the listeners. s.mu is held.
func (s *Socket) closeListeners() {
	for endpoint, l := range s.listeners {
		l.Close()
		delete(s.listeners, endpoint)
	}
}
