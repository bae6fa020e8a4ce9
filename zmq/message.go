package zmq

import "github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"

// A Message is one 0MQ message: its frames. On a ROUTER the first frame is
// the routing id of the peer, as in libzmq.
//
// A socket keeps the frames of a message it was given until the message was
// handed over: do not change them after sending. The frames of a received
// message belong to the receiver; small ones that arrived together share a
// piece of memory of a few kilobytes.
type Message struct {
	// Frames are the parts of the message, at least one.
	Frames [][]byte

	// From is who sent a received message. It is not looked at when sending.
	From *Peer

	block *zmtp.Block // what short frames are a part of, nil if there is none
}

// NewFrame returns an empty frame with room for size octets, which is fast to
// send if it is long. Its memory may have been recycled.
func NewFrame(size int) []byte { return zmtp.MakeBody(size) }

// Recycle gives back the memory of a received message, or of one that was made of
// [NewFrame] and sent, for messages to come. Nobody has to call it; it saves work
// where messages come fast, or are large, and are soon done with. After it nobody
// may look at the frames again. So a message that was sent, or sent on, is recycled
// when the completion of Deliver is called. A second call does nothing.
func (m Message) Recycle() {
	// The slice of frames is not used again, so that it tells for ever whether
	// this is a second call.
	if n := len(m.Frames); m.block != nil && n > 0 && m.Frames[n-1] != nil {
		m.block.Release()
	}
	for i, f := range m.Frames {
		m.Frames[i] = nil
		zmtp.Recycle(f)
	}
}

// Size returns what m costs in a queue that is bounded in octets: its own octets
// and 32 for each frame.
func (m Message) Size() int64 { return framesSize(m.Frames) }

func framesSize(frames [][]byte) int64 {
	var n int64
	for _, f := range frames {
		n += int64(len(f)) + frameCost
	}
	return n
}

// frameCost is what a frame costs besides its octets: a header on the wire, a
// slice header in memory. Counting it bounds a message of endless empty
// frames.
const frameCost = 32
