package zmq

import (
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
// goes ahead; where a's socket blocks, everything behind a waits.
//
// It runs one goroutine.
type Outbox struct {
	items  chan Item
	closec chan struct{} // closed by Close
	donec  chan struct{} // closed when the goroutine has ended
	once   sync.Once     // closes closec
}

// NewOutbox returns an outbox that holds up to size items.
func NewOutbox(size int) *Outbox {
	o := &Outbox{
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
// It does not close the sockets, nor wait for completions.
func (o *Outbox) Close() error {
	o.once.Do(func() { close(o.closec) })
	<-o.donec
	return nil
}

// Done is closed when the outbox has ended.
func (o *Outbox) Done() <-chan struct{} { return o.donec }

var errNoSocket = errors.New("zmq: outbox item without a socket")

func (o *Outbox) run() {
	defer close(o.donec)
	for {
		select {
		case it := <-o.items:
			it.deliver()
		case <-o.closec:
			for {
				select {
				case it := <-o.items:
					it.deliver()
				default:
					return
				}
			}
		}
	}
}

func (it Item) deliver() {
	if it.To == nil {
		if it.Done != nil {
			it.Done(errNoSocket)
		}
		return
	}
	it.To.Deliver(it.Message, it.Done)
}
