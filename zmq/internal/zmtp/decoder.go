package zmtp

// How a Decoder spends memory.
const (
	minBuffer = 8 << 10   // what a connection starts with
	maxBuffer = 128 << 10 // what a busy connection grows to
	maxSlab   = blockSize // small bodies that arrive together share memory up to this
	maxShared = 1 << 10   // no larger body shares memory
	minSip    = 32 << 10  // after such a body the next one is expected to be as large

	// A body that has not arrived yet gets memory in steps: this much at
	// first, which is 1 MiB and what a mechanism adds to it, then growth times
	// what has arrived. A header that lies about its size costs this much and
	// no more.
	firstStep = 1<<20 + 1<<10
	growth    = 4
)

// A Decoder cuts frames out of a stream of bytes. Read into Space, tell with
// Fill how much it was, and take frames with Next until there is none.
//
// The bodies it returns are the caller's to keep. Large ones are read in
// place; small ones are copied out of the block they came in, several into one
// piece of memory where they arrived together.
type Decoder struct {
	buf  []byte // the block; buf[r:w] is not yet cut
	r, w int
	sip  bool   // read little of the next frame, so that its body is read in place
	slab []byte // free memory for small bodies

	block *Block // what slab is a part of, nil if it is of its own
	given int32  // messages that hold block
	held  *Block // the one that something was cut from since the last Hold

	// A large frame in progress: body is nil while there is none.
	body  []byte
	size  uint64 // what body will be
	flags byte
}

// NewDecoder returns a decoder that begins with a small buffer.
func NewDecoder() *Decoder { return &Decoder{buf: make([]byte, minBuffer)} }

// Space returns where to put the next bytes. It is never empty.
func (d *Decoder) Space() []byte {
	if d.body != nil {
		d.growBody()
		return d.body[len(d.body):cap(d.body)]
	}
	// What is left is less than a small frame: moving it is cheap, and the
	// next read gets the whole block.
	if d.r > 0 {
		d.w = copy(d.buf, d.buf[d.r:d.w])
		d.r = 0
	}
	if d.sip && d.w < minBuffer {
		return d.buf[d.w:minBuffer]
	}
	return d.buf[d.w:]
}

// growBody makes room for more of a large body, by what has arrived so far.
func (d *Decoder) growBody() {
	if len(d.body) < cap(d.body) {
		return
	}
	small := d.body
	d.body = append(MakeBody(int(min(d.size, growth*uint64(len(small))))), small...)
	Recycle(small)
}

// Fill says that n bytes were put into what Space returned.
func (d *Decoder) Fill(n int) {
	if d.body != nil {
		d.body = d.body[:len(d.body)+n]
		return
	}
	d.w += n
	if d.w == len(d.buf) && len(d.buf) < maxBuffer {
		// The peer sends more than one block holds: read more at once.
		next := make([]byte, min(2*len(d.buf), maxBuffer))
		copy(next, d.buf[:d.w])
		d.buf = next
	}
}

// Buffered returns how many bytes wait to be cut.
func (d *Decoder) Buffered() int { return d.w - d.r }

// Next returns the next frame, or false when more bytes are needed. A frame
// with a body of more than limit octets is a *TooLargeError, known before any
// memory is spent on it. After an error the decoder must not be used.
func (d *Decoder) Next(limit uint64) (Frame, bool, error) {
	if d.body != nil {
		if uint64(len(d.body)) < d.size {
			return Frame{}, false, nil
		}
		f := Frame{d.flags, d.body}
		d.body = nil
		d.sip = d.size >= minSip
		return f, true, nil
	}
	flags, size, n, err := parseHeader(d.buf[d.r:d.w])
	if err != nil || n == 0 {
		return Frame{}, false, err
	}
	if size > limit {
		return Frame{}, false, &TooLargeError{size, limit}
	}
	start := d.r + n
	if have := uint64(d.w - start); have < size {
		if size > minBuffer/2 {
			d.flags, d.size = flags, size
			d.body = append(MakeBody(int(min(size, max(firstStep, growth*have)))), d.buf[start:d.w]...)
			d.r, d.w = 0, 0
		}
		return Frame{}, false, nil
	}
	d.r = start + int(size)
	d.sip = false
	body := d.Alloc(int(size))
	copy(body, d.buf[start:])
	return Frame{flags, body}, true, nil
}

// Alloc returns memory of size octets, cut from what the bodies of frames are
// cut from.
func (d *Decoder) Alloc(size int) []byte {
	if size > maxShared {
		return MakeBody(size)[:size]
	}
	if size > len(d.slab) {
		d.newSlab(size)
	}
	if d.block != nil {
		d.held = d.block
	}
	body := d.slab[:size:size]
	d.slab = d.slab[size:]
	return body
}

// newSlab makes memory for a body of size octets and for those that wait behind
// it. A frame that came alone gets exactly its own, so that keeping it keeps no
// more.
func (d *Decoder) newSlab(size int) {
	if d.block != nil {
		if d.held != nil {
			d.given++ // the message in progress
		}
		d.block.close(d.given)
		d.block, d.given = nil, 0
	}
	want := min(size+d.Buffered(), maxSlab)
	if want > maxSlab/2 && d.held == nil { // a message holds one block
		d.block = openBlock()
		d.slab = d.block.octets[:]
		return
	}
	d.slab = make([]byte, max(size, want))
}

// Hold returns the block that bodies were cut from since the last Hold, nil if
// there is none. Whoever is done with them releases it.
func (d *Decoder) Hold() *Block {
	b := d.held
	d.held = nil
	if b != nil && b == d.block {
		d.given++
	}
	return b
}
