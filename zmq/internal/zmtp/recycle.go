package zmtp

import (
	"math/bits"
	"sync"
)

// minRecycled is the size of body from which on recycling is worth it.
const minRecycled = 16 << 10

// recycled holds memory that nobody uses any more, by the logarithm of its
// size. The garbage collector empties it.
var recycled [bits.UintSize + 1]sync.Pool

// A buffer is what a pool holds: a pointer, which it can hold without an
// allocation.
type buffer struct{ octets []byte }

// headers holds the buffers that are empty.
var headers = sync.Pool{New: func() any { return new(buffer) }}

// Recycle takes memory that nobody uses any more, for the bodies of frames to
// come.
func Recycle(body []byte) {
	if cap(body) < minRecycled {
		return
	}
	b := headers.Get().(*buffer)
	b.octets = body[:cap(body)]
	recycled[bits.Len(uint(cap(body)))].Put(b)
}

// makeBody returns memory with a capacity of size octets. It may be recycled:
// what is in it must be overwritten before anybody sees it.
func makeBody(size int) []byte {
	if size >= minRecycled {
		if b, ok := recycled[bits.Len(uint(size))].Get().(*buffer); ok {
			body := b.octets
			b.octets = nil
			headers.Put(b)
			if len(body) >= size {
				return body[:0:size]
			}
		}
	}
	return make([]byte, 0, size)
}
