package libzmq

import (
	"sync"
	"unsafe"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// A Socket is a libzmq socket whose two directions are Go channels. Its
// methods may be called from any goroutine, and mean what those of zmq.Socket
// mean, except that "handed over" is to libzmq.
//
// It runs one goroutine that reads the channel of Send, and while its receive
// channel is full one that waits there. Both end before Close returns.
type Socket struct {
	f        *Forwarder
	typ      Type
	cfg      Config        // with its defaults; read-only after New
	recvc    chan Message  // nil for a pattern that does not receive
	sendc    chan Message  // nil for a pattern that does not send
	flushc   chan struct{} // closed when Shutdown begins
	flushedc chan struct{} // closed when the sender has ended
	closec   chan struct{} // closed when the socket begins to close
	donec    chan struct{} // closed when the socket has ended
	wg       sync.WaitGroup
	last     bool // to end, of the shared forwarder's; set before closing donec

	// Guarded by f.mu.

	room     sync.Cond // its lock is f.mu; told when queued falls or closed is set
	queued   int       // messages accepted that are not handed over
	bytes    int64     // their size
	flushing bool      // flushc is closed
	closed   bool      // closec is closed: nothing is accepted any more
	dropped  uint64    // accepted, but not handed over
	err      error     // why the socket has ended; set before closing recvc

	// Owned by the forwarder.

	soc       *zmq4.Socket   // nil once closed
	raw       unsafe.Pointer // handle(soc)
	monitor   *zmq4.Socket   // tells when libzmq is done with the socket
	lingering bool           // closed, but libzmq may have messages to write
	polled    int            // index in f.polled, 0 when not polled
	partial   [][]byte       // the beginning of a message
	pending   []item         // what libzmq has no room for
	stalled   bool           // the receive channel is full
}

// Recv returns the channel of received messages, the same one every time, nil
// for a pattern that does not receive. It is closed when the socket ends.
func (s *Socket) Recv() <-chan Message { return s.recvc }

// Send returns the channel to send on, the same one every time, nil for a
// pattern that does not send. Select on it and Done. To close it means "no
// more to send": what was sent is flushed, and the socket ends.
func (s *Socket) Send() chan<- Message { return s.sendc }

// Done is closed when the socket has ended.
func (s *Socket) Done() <-chan struct{} { return s.donec }

// Err returns why the socket has ended, nil before that.
func (s *Socket) Err() error {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return s.err
}

// Dropped returns how many messages were accepted, but not handed to libzmq.
// What libzmq itself drops, as PUB does for a full peer, it does not tell.
func (s *Socket) Dropped() uint64 {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return s.dropped
}

// Deliver takes m for sending, in order with every other Deliver to a socket
// of the same forwarder; while the socket's queue is full, it waits. done, if
// not nil, is called exactly once: with nil when libzmq took the message, or
// with the reason why it was dropped. It is called on the forwarding thread,
// so it must neither block nor call Deliver.
func (s *Socket) Deliver(m Message, done func(error)) {
	if err := s.accept(item{s: s, m: m, done: done}, false); err != nil && done != nil {
		done(err)
	}
}

// accept puts a message on the queue when there is room. The sender may do so
// while the socket flushes, others may not.
func (s *Socket) accept(it item, sender bool) error {
	if s.sendc == nil || len(it.m.Frames) == 0 || s.typ == Router && len(it.m.Frames) == 1 {
		return zmq.ErrMessage
	}
	it.size = size(it.m)
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	for !s.closed && s.queued > 0 &&
		(s.queued >= s.cfg.SendQueue || s.bytes+it.size > s.cfg.SendQueueBytes) {
		s.room.Wait()
	}
	if s.closed || s.flushing && !sender {
		return zmq.ErrClosed
	}
	s.queued++
	s.bytes += it.size
	s.f.enqueue(it)
	return nil
}

// size is what a message costs in a queue.
func size(m Message) int64 {
	const frameCost = 32 // as package zmq counts
	n := int64(0)
	for _, frame := range m.Frames {
		n += int64(len(frame)) + frameCost
	}
	return n
}

// sender moves messages from the channel of Send to the queue.
func (s *Socket) sender() {
	defer close(s.flushedc)
	send := func(m Message) {
		if s.accept(item{s: s, m: m}, true) != nil {
			s.f.mu.Lock()
			s.dropped++
			s.f.mu.Unlock()
		}
	}
	for {
		select {
		case m, ok := <-s.sendc:
			if !ok {
				s.waitFlushed()
				s.end(maxLinger)
				return
			}
			send(m)
		case <-s.flushc:
			s.drain(send)
			s.waitFlushed()
			return
		case <-s.closec:
			s.drain(send) // which drops it, and counts
			return
		}
	}
}

// drain takes what is in the channel of Send.
func (s *Socket) drain(take func(Message)) {
	for {
		select {
		case m, ok := <-s.sendc:
			if !ok {
				return
			}
			take(m)
		default:
			return
		}
	}
}
