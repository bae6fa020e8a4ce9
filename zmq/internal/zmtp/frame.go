package zmtp

import "encoding/binary"

// The flags of a frame (section Framing). All other bits are reserved and
// must be zero.
const (
	More    = 0x01 // more frames of the same message follow
	long    = 0x02 // the size takes eight octets
	Command = 0x04 // the frame is a command
)

// MaxHeader is the length of the longest frame header.
const MaxHeader = 9

// A Frame is one frame as it came from the wire.
type Frame struct {
	Flags byte // More and Command only
	Body  []byte
}

// AppendHeader appends the header of a frame with a body of size octets.
func AppendHeader(b []byte, flags byte, size int) []byte {
	if size <= 255 {
		return append(b, flags, byte(size))
	}
	return binary.BigEndian.AppendUint64(append(b, flags|long), uint64(size))
}

// AppendFrame appends a whole frame.
func AppendFrame(b []byte, flags byte, body []byte) []byte {
	return append(AppendHeader(b, flags, len(body)), body...)
}

// parseHeader reads a frame header from the start of b. n is its length, 0
// while b is too short.
func parseHeader(b []byte) (flags byte, size uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, 0, nil
	}
	flags = b[0]
	switch {
	case flags&^(More|long|Command) != 0:
		return 0, 0, 0, errReservedFlags
	case flags&(Command|More) == Command|More:
		// "This bit SHALL be zero on command frames."
		return 0, 0, 0, errCommandMore
	}
	if flags&long == 0 {
		if len(b) < 2 {
			return 0, 0, 0, nil
		}
		return flags, uint64(b[1]), 2, nil
	}
	if len(b) < MaxHeader {
		return 0, 0, 0, nil
	}
	size = binary.BigEndian.Uint64(b[1:])
	if size>>63 != 0 {
		return 0, 0, 0, errSizeBit63
	}
	return flags &^ long, size, MaxHeader, nil
}
