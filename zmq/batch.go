package zmq

import (
	"net"
	"slices"
	"sync"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// How writes are put together.
const (
	batchOctets   = 64 << 10 // what one batch takes, but for its last message
	batchMessages = 512
	copyLimit     = 4 << 10 // longer bodies are written from where they are

	// Of a long batch a little is written first: the peer wakes while the rest is
	// copied, and Linux paces less (docs/performance.md).
	longBatch  = 512 << 10
	leadOctets = 8 << 10
)

// A batch is what is written to a peer together: frames of the engine's own,
// then messages. They become segments, each a run of headers and short bodies
// that were copied together, or a long body where it is.
type batch struct {
	controls []controlFrame
	items    []item

	// Made by encode.
	encoded  bool
	scratch  []byte        // headers and short bodies
	copied   int           // octets of scratch that are in segments
	sealed   []*sealBuffer // what sealed long bodies are in
	segments net.Buffers
	octets   int64   // in segments
	ends     []int64 // where each item ends, in octets of the batch
	lead     int64   // where the first write ends, 0 if it takes all there is

	// How far it is written.
	rest    net.Buffers // the part of segments that is not yet written
	written int64       // octets of the batch
	first   int         // items before this one are handed over
}

// addFrame appends a frame, sealed by seals if that is not nil.
func (b *batch) addFrame(seals zmtp.Mechanism, flags byte, body []byte) (err error) {
	switch {
	case seals != nil && len(body) <= copyLimit:
		b.scratch, err = seals.Seal(b.scratch, flags, body)
	case seals != nil:
		s := takeSealBuffer(len(body))
		b.sealed = append(b.sealed, s)
		s.octets, err = seals.Seal(s.octets, flags, body)
		b.addLong(s.octets)
	case len(body) <= copyLimit:
		b.scratch = zmtp.AppendFrame(b.scratch, flags, body)
	default:
		b.scratch = zmtp.AppendHeader(b.scratch, flags, len(body))
		b.addLong(body)
	}
	return err
}

// addLong appends a segment of its own, in two if the first write ends in it.
func (b *batch) addLong(body []byte) {
	b.cut()
	if b.lead == 0 && b.octets+int64(len(body)) >= longBatch {
		if n := leadOctets - b.octets; n > 0 {
			b.addSegment(body[:n])
			body = body[n:]
		}
		b.lead = b.octets
	}
	b.addSegment(body)
}

// cut makes a segment of what was copied since the last one.
func (b *batch) cut() {
	if n := len(b.scratch); n > b.copied {
		b.addSegment(b.scratch[b.copied:n:n])
		b.copied = n
	}
}

func (b *batch) addSegment(octets []byte) {
	b.segments = append(b.segments, octets)
	b.octets += int64(len(octets))
}

// end returns where the batch ends now.
func (b *batch) end() int64 { return b.octets + int64(len(b.scratch)-b.copied) }

// next returns what the next write is to take.
func (b *batch) next() net.Buffers {
	left := b.lead - b.written
	for i := 0; left > 0; i++ {
		if left -= int64(len(b.rest[i])); left <= 0 {
			return b.rest[:i+1]
		}
	}
	return b.rest
}

// consume notes that n octets of the batch are written.
func (b *batch) consume(n int64) {
	b.written += n
	for n > 0 {
		head := b.rest[0]
		if int64(len(head)) > n {
			b.rest[0] = head[n:]
			return
		}
		n -= int64(len(head))
		b.rest = b.rest[1:]
	}
}

// unsent returns the messages that are not handed over: the one of which a part
// is written, if there is such a one, and the others.
func (b *batch) unsent() (begun, rest []item) {
	rest = b.items[b.first:]
	if len(rest) == 0 || b.first >= len(b.ends) {
		return nil, rest
	}
	start := int64(0)
	if b.first > 0 {
		start = b.ends[b.first-1]
	}
	if b.written > start {
		return rest[:1], rest[1:]
	}
	return nil, rest
}

// reset empties the batch and keeps its memory, unless that is a lot.
func (b *batch) reset() {
	clear(b.controls)
	clear(b.items)
	clear(b.segments)
	for _, s := range b.sealed {
		sealBuffers.Put(s)
	}
	clear(b.sealed)
	scratch := b.scratch[:0]
	if cap(scratch) > 4*batchOctets {
		scratch = nil
	}
	*b = batch{
		controls: b.controls[:0],
		items:    b.items[:0],
		scratch:  scratch,
		sealed:   b.sealed[:0],
		segments: b.segments[:0],
		ends:     b.ends[:0],
	}
}

// A sealBuffer is memory for the sealed form of a long body. They are shared
// by all peers: one that is idle holds none.
type sealBuffer struct {
	octets []byte
}

var sealBuffers = sync.Pool{New: func() any { return new(sealBuffer) }}

// takeSealBuffer returns an empty buffer for a body of size octets.
func takeSealBuffer(size int) *sealBuffer {
	b := sealBuffers.Get().(*sealBuffer)
	b.octets = slices.Grow(b.octets[:0], zmtp.MaxHeader+zmtp.SealOverhead+size)
	return b
}
