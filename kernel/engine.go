package kernel

import (
	"context"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// An Engine makes the sockets of a kernel. The default is package zmq; another
// one can be an implementation on libzmq, or sockets in memory as in package
// kerneltest.
type Engine interface {
	// Bind makes a socket of type t and binds it to endpoint. It returns the
	// endpoint as bound, with the port where a port was left to choose.
	Bind(t zmq.Type, endpoint string, cfg *zmq.Config) (Socket, string, error)
}

// A Socket is what a kernel needs of a socket; *zmq.Socket is one. When it calls
// the completion of a message, its frames are the kernel's again.
type Socket interface {
	zmq.Deliverer

	// Recv returns the channel of received messages. An XPUB socket receives
	// every subscription, also one that another peer has made before.
	Recv() <-chan zmq.Message

	// Close ends the socket now, Shutdown when what was accepted is sent or ctx
	// is done.
	Close() error
	Shutdown(ctx context.Context) error
}

// zmqEngine makes sockets of package zmq.
type zmqEngine struct{}

func (zmqEngine) Bind(t zmq.Type, endpoint string, cfg *zmq.Config) (Socket, string, error) {
	s, err := zmq.NewSocket(t, cfg)
	if err != nil {
		return nil, "", err
	}
	bound, err := s.Bind(endpoint)
	if err != nil {
		s.Close()
		return nil, "", err
	}
	return s, bound, nil
}
