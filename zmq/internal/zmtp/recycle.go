package zmtp

import (
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	// minRecycled is the size of body from which on recycling is worth it.
	minRecycled = 16 << 10

	// Long bodies begin in the middle of a page. Operating systems copy them with
	// one instruction (rep movsb), which is 16 times slower on many processors if
	// the memory it writes to lies 1 to 31 octets behind the memory it reads
	// from, pages apart or not. The system's memory for a stream begins with a
	// page, and a body with what follows its header: one that began with a page
	// too would be slow to write.
	pageSize = 4 << 10
	inPage   = pageSize / 2

	// MaxBody is the largest body that there can be memory for. On processors of 32
	// bits a header can announce more.
	MaxBody = math.MaxInt - pageSize
)

// recycled holds memory that nobody uses any more, by the logarithm of its
// size. The garbage collector empties it.
var recycled [bits.UintSize + 1]sync.Pool

// A buffer is what a pool holds: a pointer, which it can hold without an
// allocation.
type buffer struct{ octets []byte }

// emptyBuffers holds the buffers that hold no memory.
var emptyBuffers = sync.Pool{New: func() any { return new(buffer) }}

// Recycle takes memory that nobody uses any more, for the bodies of frames to
// come.
func Recycle(body []byte) {
	if cap(body) < minRecycled {
		return
	}
	b := emptyBuffers.Get().(*buffer)
	b.octets = body[:cap(body)]
	recycled[bits.Len(uint(cap(body)))].Put(b)
}

// MakeBody returns memory with a capacity of size octets, at most MaxBody. It may be
// recycled: what is in it must be overwritten before anybody sees it.
func MakeBody(size int) []byte {
	if size >= minRecycled {
		if b, ok := recycled[bits.Len(uint(size))].Get().(*buffer); ok {
			body := b.octets
			b.octets = nil
			emptyBuffers.Put(b)
			if len(body) >= size {
				return body[:0:size]
			}
		}
	}
	if size < minRecycled {
		return make([]byte, 0, size)
	}
	b := make([]byte, size+pageSize)
	start := (inPage - uintptr(unsafe.Pointer(unsafe.SliceData(b)))) % pageSize
	return b[start : start : start+uintptr(size)]
}

// blockSize makes a Block as large as a size class of Go's allocator.
const blockSize = 8<<10 - 8

// A Block is memory that the bodies of short messages that arrived together
// were cut from. When all of them are done with, it is used again; if one of
// them never is, the garbage collector takes it.
type Block struct {
	// users counts the messages that hold the block, and blockOpen while it is
	// cut from.
	users  atomic.Int32
	octets [blockSize]byte
}

const blockOpen = 1 << 30

var blocks = sync.Pool{New: func() any { return new(Block) }}

// openBlock returns a block that nobody uses, to be cut from.
func openBlock() *Block {
	b := blocks.Get().(*Block)
	b.users.Store(blockOpen)
	return b
}

// close says that nothing more is cut from b, and how many messages hold it.
func (b *Block) close(held int32) { b.leave(blockOpen - held) }

// Release says that a message that holds b is done with.
func (b *Block) Release() { b.leave(1) }

func (b *Block) leave(n int32) {
	if b.users.Add(-n) == 0 {
		blocks.Put(b)
	}
}
