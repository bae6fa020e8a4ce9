package zmq

import (
	"bytes"
	"errors"
	"sync"
)

// A Deliverer is what an Outbox needs of a socket; *Socket is one.
type Deliverer interface {
	Deliver(m Message, done func(error))
}

// An Item is one message on its way out through an Outbox.
type Item struct {
	To      Deliverer
	Message Message
	Done    func(error) // as in Socket.Deliver; may be nil
}

// An Outbox joins several sockets under one FIFO (Z2): if a was taken from
// its channel before b, a is handed to its socket before b is, and a's octets
// to the operating system before b's whenever a's peer can take them. If it
// cannot, and a's socket has no bound on its queue, a waits at that peer and b
// goes ahead; where a's socket blocks, everything behind a waits. (On systems other
// than Linux see the limitations of the package.)
//
// It runs one goroutine.
type Outbox struct {
	items  chan Item
	closec chan struct{} // closed by Close
	donec  chan struct{} // closed when the goroutine has ended
	once   sync.Once     // closes closec

	// Owned by run.
	cork cork
	last Deliverer // the socket of what was handed over last and may not be written yet, nil if all is
	way  []byte    // where that goes, as way has it: its message may be the user's again
}

// NewOutbox returns an outbox that holds up to size items.
func NewOutbox(size int) *Outbox {
	o := &Outbox{
		cork:   cork{ordered: true},
		items:  make(chan Item, max(size, 0)),
		closec: make(chan struct{}),
		donec:  make(chan struct{}),
	}
	go o.run()
	return o
}

// Send returns the channel to put items on, the same one every time.
func (o *Outbox) Send() chan<- Item { return o.items }

// Close hands over what was accepted, then ends. Nothing may be sent after it.
// It waits where a socket blocks, until that has room or closes. It does not close
// the sockets, nor wait for completions.
func (o *Outbox) Close() error {
	o.once.Do(func() { close(o.closec) })
	<-o.donec
	return nil
}

// Done is closed when the outbox has ended.
func (o *Outbox) Done() <-chan struct{} { return o.donec }

var errNoSocket = errors.New("zmq: outbox item without a socket")

// outboxBatch is how many items the outbox takes together at most.
const outboxBatch = 64

func (o *Outbox) run() {
	defer close(o.donec)
	for {
		select {
		case it := <-o.items:
			o.handOver(it)
			o.handOverMore()
		case <-o.closec:
			for o.handOverMore() > 0 {
			}
			return
		}
	}
}

// handOverMore hands over what else waits, has it written, and returns how
// many items it was.
func (o *Outbox) handOverMore() int {
	defer o.flush()
	for n := range outboxBatch {
		select {
		case it := <-o.items:
			o.handOver(it)
		default:
			return n
		}
	}
	return outboxBatch
}

// handOver gives one item to its socket. Items in a row that go the same way
// are written together; as soon as one goes elsewhere, those before it are
// written first.
func (o *Outbox) handOver(it Item) {
	s, ok := it.To.(*Socket)
	switch {
	case it.To == nil:
		if it.Done != nil {
			it.Done(errNoSocket)
		}
	case !ok:
		o.flush()
		it.To.Deliver(it.Message, it.Done)
	default:
		way, alone := s.way(it.Message)
		if o.last != it.To || alone || !bytes.Equal(o.way, way) {
			o.flush()
		}
		o.last, o.way = it.To, append(o.way[:0], way...)
		s.deliver(it.Message, it.Done, &o.cork, false)
		if o.cork.full(&s.cfg) {
			o.flush()
		}
	}
}

// flush has everything written that was handed over.
func (o *Outbox) flush() {
	o.cork.flush()
	o.last = nil
}

// way names where m goes. Two messages in a row that go the same way have the same
// peers for sure, so that nobody can tell which of them was written first. One that
// goes alone has a way of its own.
func (s *Socket) way(m Message) (way []byte, alone bool) {
	switch s.typ {
	case Pub, XPub:
		return nil, false // whoever gets both gets them in order
	case Router:
		if len(m.Frames) > 0 {
			return m.Frames[0], false
		}
	}
	return nil, true
}
