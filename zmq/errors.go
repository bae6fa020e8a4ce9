package zmq

import (
	"errors"
	"fmt"
	"net"
)

// The reasons for which a message is not sent. Deliver gives them to its
// completion, Err returns ErrClosed.
var (
	// ErrClosed says that the socket is closed. It matches net.ErrClosed.
	ErrClosed error = closedError{}

	// ErrQueueFull says that the queue of the peer was full and the policy is
	// to drop.
	ErrQueueFull = errors.New("zmq: queue of the peer is full")

	// ErrNoPeer says that a ROUTER has no peer of that routing id.
	ErrNoPeer = errors.New("zmq: no peer has this routing id")

	// ErrPeerGone says that the peer went away before the message was handed
	// over.
	ErrPeerGone = errors.New("zmq: peer went away before the message was sent")

	// ErrState says that REQ has not got its reply yet, or that REP has no
	// request to reply to.
	ErrState = errors.New("zmq: out of turn: REQ and REP alternate between request and reply")

	// ErrMessage says that the pattern cannot carry the message: it has no
	// frames, or a ROUTER's has nothing after the routing id.
	ErrMessage = errors.New("zmq: message cannot be sent on this type of socket")
)

// closedError is the type of ErrClosed.
type closedError struct{}

func (closedError) Error() string        { return "zmq: socket is closed" }
func (closedError) Is(target error) bool { return target == net.ErrClosed }

// A ProtocolError is a fault of a peer: what it sent is not what ZMTP or the
// socket allows.
type ProtocolError struct {
	Endpoint string // of the connection, as the remote address
	Reason   string
	err      error
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("zmq: peer %s: %s", e.Endpoint, e.Reason)
}

// Unwrap returns the cause, which may be nil.
func (e *ProtocolError) Unwrap() error { return e.err }

// An EndpointError is an endpoint that makes no sense or cannot be used.
type EndpointError struct {
	Op       string // "bind", "connect", "unbind" or "disconnect"
	Endpoint string
	Err      error
}

func (e *EndpointError) Error() string {
	return fmt.Sprintf("zmq: %s %s: %v", e.Op, e.Endpoint, e.Err)
}

// Unwrap returns the cause.
func (e *EndpointError) Unwrap() error { return e.Err }
