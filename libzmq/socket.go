package libzmq

import (
	"sync"
	"time"
	"unsafe"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// A Socket is a libzmq socket whose two directions are Go channels. Its
// methods may be called from any goroutine, and mean what those of zmq.Socket
// mean, except that "handed over" is to libzmq.
//
// It runs one goroutine that serves its send channel, and while its receive
// channel is full another one that waits for room. Both have ended when Close
// returns.
type Socket struct {
	f        *Forwarder
	typ      Type          // read-only after NewSocket
	cfg      Config        // read-only after NewSocket, defaults filled in
	recvc    chan Message  // nil if the type only sends
	sendc    chan Message  // nil if the type only receives
	flushc   chan struct{} // closed when the socket takes no more messages
	flushedc chan struct{} // closed when the sender has ended
	closec   chan struct{} // closed when the socket begins to close
	donec    chan struct{} // closed when the socket has ended
	wg       sync.WaitGroup
	domain   string // ZAP domain, empty without an authenticator
	shared   bool   // made by the function NewSocket
	adopted  bool   // its context belongs to somebody else
	last     bool   // the shared forwarder ends with it; set before closing donec
	cut      bool   // it had no time to write what it had; set before closing donec

	// Guarded by f.mu.

	room     sync.Cond // its lock is f.mu; told when queued falls, or of closed
	queued   int       // messages accepted that are not handed over
	bytes    int64     // their size
	flushing bool      // flushc is closed
	closed   bool      // closec is closed
	err      error     // why the socket has ended; set before closing recvc
	stats    Stats
	events   chan Event // nil until asked for

	// Owned by the forwarder.

	soc       *zmq4.Socket   // nil once closed
	raw       unsafe.Pointer // handle(soc)
	monitor   *zmq4.Socket   // tells when libzmq is done with the socket; nil if adopted
	watching  bool           // the monitor tells other events too
	reason    error          // why libzmq has ended it, nil if it was closed
	grace     *time.Timer    // ends the wait for that; nil before soc is closed
	lingering bool           // soc is closed and has time to write what it has, until the end
	polled    int            // index of soc in f.polled, 0 when not polled
	watched   int            // index of monitor in f.polled, likewise
	pending   []item         // what libzmq has no room for
	stalled   bool           // the receive channel is full
}

// unknown is who every peer is: libzmq does not tell.
var unknown = new(zmq.Peer)

// Type returns the type of the socket.
func (s *Socket) Type() Type { return s.typ }

// Recv returns the channel of received messages, the same one every time. The
// socket closes it once, after the last message, with Err set before. It is
// nil for types that only send.
func (s *Socket) Recv() <-chan Message { return s.recvc }

// Send returns the channel to send on, the same one every time. It is nil for
// types that only receive. Select on Done as well. Closing the channel means
// that there is no more to send: the socket flushes, then closes itself.
func (s *Socket) Send() chan<- Message { return s.sendc }

// Done is closed when the socket has ended.
func (s *Socket) Done() <-chan struct{} { return s.donec }

// Err returns why the socket has ended, nil before that.
func (s *Socket) Err() error {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return s.err
}

// Stats returns what the socket has counted so far; Sent is what libzmq took.
// What libzmq drops by itself, as PUB does for a full peer, it does not tell.
func (s *Socket) Stats() Stats {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	st, late := s.stats, len(s.sendc)
	if s.err == nil {
		st.Pending = int64(s.queued + late)
	} else {
		st.Dropped += uint64(late) // put into the channel after the end
	}
	return st
}

// Deliver takes m for sending, in order with every other Deliver to a socket
// of the same forwarder; while the socket's queue is full, it waits. done, if
// not nil, is called exactly once: with nil when libzmq took the message, or
// with the reason why it was dropped. It is called on the forwarding thread,
// so it must neither block nor call Deliver.
func (s *Socket) Deliver(m Message, done func(error)) {
	s.f.mu.Lock()
	err := s.accept(m, done, false)
	s.f.mu.Unlock()
	if err != nil && done != nil {
		done(err)
	}
}

// accept puts a message on the queue when there is room. The sender may do so
// while the socket flushes, others may not. f.mu is held.
func (s *Socket) accept(m Message, done func(error), sender bool) error {
	size := m.Size()
	for !s.closed && s.queued > 0 &&
		(s.queued >= s.cfg.SendQueue || s.bytes+size > s.cfg.SendQueueBytes) {
		s.room.Wait()
	}
	var err error
	switch {
	case s.sendc == nil || len(m.Frames) == 0 || s.typ == Router && len(m.Frames) == 1:
		err = zmq.ErrMessage
	case s.closed || s.flushing && !sender:
		err = zmq.ErrClosed
	default:
		s.discardUnread()
		s.queued++
		s.bytes += size
		s.f.enqueue(item{s: s, m: m, size: size, done: done})
		return nil
	}
	s.stats.Dropped++
	s.emit(Event{Kind: zmq.MessageDropped, Err: err})
	return err
}

// relaxed reports whether the socket is a REQ that may ask again at any time.
func (s *Socket) relaxed() bool { return s.typ == Req && s.cfg.Relaxed }

// discardUnread throws away the reply to an earlier request that the user of a
// relaxed REQ has not taken: it would be taken for the reply to the next one. f.mu
// is held.
func (s *Socket) discardUnread() {
	for s.relaxed() {
		select {
		case <-s.recvc:
			s.stats.Discarded++
		default:
			return
		}
	}
}

// sender serves the send channel.
func (s *Socket) sender() {
	defer close(s.flushedc)
	flushc := s.flushc
	for flushc != nil || len(s.sendc) > 0 {
		select {
		case m, ok := <-s.sendc:
			if !s.sendAll(m, ok) {
				s.waitFlushed()
				s.end(maxLinger)
				return
			}
		case <-flushc:
			flushc = nil
		case <-s.closec:
			return
		}
	}
	s.waitFlushed()
}

// sendAll puts m, and what waits in the channel behind it, on the queue. It
// reports false when the channel is closed.
func (s *Socket) sendAll(m Message, open bool) bool {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	for n := len(s.sendc); open; n-- {
		_ = s.accept(m, nil, true) // counted
		if n == 0 {
			return true
		}
		m, open = <-s.sendc // never waits: nobody else receives
	}
	return false
}
