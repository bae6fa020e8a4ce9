package zmq

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

// An Outbox joins several sockets under one FIFO (Z2).
type Outbox struct{}

// NewOutbox returns an outbox that holds up to size items.
func NewOutbox(size int) *Outbox { panic("not yet") }

// Send returns the channel to put items on, the same one every time.
func (o *Outbox) Send() chan<- Item { panic("not yet") }

// Close hands over what was accepted, then ends. Nothing may be sent after it.
func (o *Outbox) Close() error { panic("not yet") }

// Done is closed when the outbox has ended.
func (o *Outbox) Done() <-chan struct{} { panic("not yet") }
