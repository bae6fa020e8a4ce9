package zmq

import "slices"

// How an assembler spends memory.
const (
	sharedMessages = 64   // frames in one piece of memory
	sharedBody     = 1024 // a message with a longer body shares nothing
)

// An assembler puts frames together to messages. What it gives out belongs to
// the receiver.
//
// The slices of frames of short messages that arrive together are cut from
// one piece of memory. A long body is never part of that, or a message that
// somebody keeps would keep its neighbours' bodies too.
type assembler struct {
	frames [][]byte // of the message in progress; the capacity behind is for the next ones
	cost   int64    // of the message in progress
	long   bool     // one of its bodies is long
}

// add adds a frame to the message in progress. more says that more messages
// are likely to follow at once.
func (a *assembler) add(body []byte, more bool) {
	if len(a.frames) == 0 && cap(a.frames) == 0 {
		n := 2
		if more {
			n = sharedMessages
		}
		a.frames = make([][]byte, 0, n)
	}
	if len(a.frames) == cap(a.frames) {
		old := a.frames
		a.frames = append(a.frames, body)
		clear(old) // or the messages that share this memory would keep these bodies
	} else {
		a.frames = append(a.frames, body)
	}
	a.long = a.long || len(body) > sharedBody
}

// take returns the message and begins the next one.
func (a *assembler) take() [][]byte {
	m := a.frames
	a.cost = 0
	if a.long {
		a.long = false
		m = slices.Clone(m)
		clear(a.frames)
		a.frames = a.frames[:0]
		return m
	}
	n := len(m)
	a.frames = m[n:]
	return m[:n:n]
}
