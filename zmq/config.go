package zmq

import (
	"log/slog"
	"time"
)

// A Config holds the settings of a socket. The zero value is the default of
// every field; a negative value switches the limit off where that makes sense.
type Config struct {
	// RoutingID is what a ROUTER peer calls this socket.
	RoutingID []byte

	// SendQueue and SendQueueBytes bound what waits for one peer.
	SendQueue      int
	SendQueueBytes int64

	// RecvQueue is the capacity of the receive channel.
	RecvQueue int

	// MaxMessageSize bounds a received message, in bytes, frames together.
	MaxMessageSize int64

	// HandshakeTimeout bounds the time from connection to READY.
	HandshakeTimeout time.Duration

	// StallTimeout cuts off a peer that accepts no byte for so long while
	// messages wait for it. Zero or negative: never.
	StallTimeout time.Duration

	// Handover lets a new peer take over the routing id of an old one.
	Handover bool

	// Logger gets what a peer did wrong; nil discards.
	Logger *slog.Logger
}
