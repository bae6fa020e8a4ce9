package zmq

import "context"

// A Type is the messaging pattern of a Socket: how it distributes what it
// sends and where what it receives comes from.
type Type int

// The socket types, with the names ZMTP gives them in Socket-Type.
const (
	Pair Type = iota + 1
	Pub
	Sub
	Req
	Rep
	Dealer
	Router
	Pull
	Push
	XPub
	XSub
)

// A Socket is a 0MQ socket whose two directions are Go channels.
type Socket struct{}

// NewSocket makes a socket of type t. A nil cfg means the defaults; cfg is
// copied.
func NewSocket(t Type, cfg *Config) (*Socket, error) { panic("not yet") }

// Bind listens on endpoint and returns the endpoint it got, with the port
// filled in where the port was a wildcard.
func (s *Socket) Bind(endpoint string) (string, error) { panic("not yet") }

// Connect starts to connect to endpoint and returns at once; it never gives
// up. An error means that the endpoint makes no sense.
func (s *Socket) Connect(endpoint string) error { panic("not yet") }

// Recv returns the channel of received messages, the same one every time.
func (s *Socket) Recv() <-chan Message { panic("not yet") }

// Send returns the channel to send on, the same one every time.
func (s *Socket) Send() chan<- Message { panic("not yet") }

// Deliver takes m for sending, in order with every other Deliver of the same
// goroutine. done, if not nil, is called exactly once: with nil when the
// bytes were handed to the operating system (for a message with several
// receivers: for the last of them), or with the reason why the message was
// dropped. done must not block. An Outbox is built on Deliver.
func (s *Socket) Deliver(m Message, done func(error)) { panic("not yet") }

// Subscribe and Unsubscribe change what a SUB socket receives.
func (s *Socket) Subscribe(prefix []byte) error   { panic("not yet") }
func (s *Socket) Unsubscribe(prefix []byte) error { panic("not yet") }

// Done is closed when the socket has ended.
func (s *Socket) Done() <-chan struct{} { panic("not yet") }

// Err returns why the socket has ended, nil before that.
func (s *Socket) Err() error { panic("not yet") }

// Close ends the socket now. Shutdown flushes what was accepted first.
func (s *Socket) Close() error                       { panic("not yet") }
func (s *Socket) Shutdown(ctx context.Context) error { panic("not yet") }
