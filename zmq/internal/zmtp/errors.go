package zmtp

import (
	"errors"
	"fmt"
)

// Faults of the peer, as bare phrases: the caller says whose they are.
var (
	errReservedFlags = errors.New("reserved flag bits set in a frame header")
	errCommandMore   = errors.New("command frame with the MORE flag")
	errSizeBit63     = errors.New("frame size of 2^63 octets or more")
	errCommand       = errors.New("malformed command")
	errMetadata      = errors.New("malformed metadata")
	errPing          = errors.New("malformed PING")
)

// A TooLargeError is a frame that is larger than the receiver allows.
type TooLargeError struct {
	Size, Limit uint64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("frame of %d octets where at most %d are allowed", e.Size, e.Limit)
}

// A PeerError is the ERROR command: the peer refused the connection and said
// why.
type PeerError struct {
	Reason string
}

func (e *PeerError) Error() string { return "refused by peer: " + explain(e.Reason) }
