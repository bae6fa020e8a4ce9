package zmtp

import (
	"encoding/binary"
	"math/bits"
)

// The sizes of Poly1305.
const (
	polyKey   = 32
	polyBlock = 16
)

// A poly is a Poly1305 sum in progress
// (https://www.rfc-editor.org/rfc/rfc8439#section-2.5). Blocks must be whole
// until the last. The assembly knows its layout.
type poly struct {
	h0, h1, h2 uint64 // the sum; h2 is a few bits
	r0, r1     uint64 // the key
	s          uint64 // five quarters of r1
	pad        [2]uint64
}

// newPoly begins a sum with a key that is used for it only.
func newPoly(key *[polyKey]byte) poly {
	p := poly{
		r0: binary.LittleEndian.Uint64(key[0:]) & 0x0ffffffc0fffffff,
		r1: binary.LittleEndian.Uint64(key[8:]) & 0x0ffffffc0ffffffc,
		pad: [2]uint64{
			binary.LittleEndian.Uint64(key[16:]), binary.LittleEndian.Uint64(key[24:]),
		},
	}
	p.s = p.r1 + p.r1>>2
	return p
}

// write adds whole blocks.
func (p *poly) write(b []byte) {
	if hasPolyBlocks && len(b) > 0 {
		polyBlocks(p, &b[0], len(b)/polyBlock)
		return
	}
	for ; len(b) > 0; b = b[polyBlock:] {
		p.add(binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), 1)
	}
}

// add adds a block of 128 bits and what is above them, and multiplies with the
// key, as the assembly does.
func (p *poly) add(low, high, above uint64) {
	h0, c := bits.Add64(p.h0, low, 0)
	h1, c := bits.Add64(p.h1, high, c)
	h2 := p.h2 + above + c

	bHigh, bLow := bits.Mul64(h0, p.r0)
	high, low = bits.Mul64(h1, p.s)
	bLow, c = bits.Add64(bLow, low, 0)
	bHigh, _ = bits.Add64(bHigh, high, c)

	dHigh, dLow := bits.Mul64(h0, p.r1)
	high, low = bits.Mul64(h1, p.r0)
	dLow, c = bits.Add64(dLow, low, 0)
	dHigh, _ = bits.Add64(dHigh, high, c)
	dLow, c = bits.Add64(dLow, h2*p.s, 0)
	dHigh += c

	dLow, c = bits.Add64(dLow, bHigh, 0)
	h2, _ = bits.Add64(h2*p.r0, dHigh, c)
	p.h0, c = bits.Add64(bLow, h2&^3+h2>>2, 0)
	p.h1, c = bits.Add64(dLow, 0, c)
	p.h2 = h2&3 + c
}

// sum adds what is left, which need not be whole blocks, and returns the tag.
func (p *poly) sum(b []byte) (tag [polyBlock]byte) {
	whole := len(b) / polyBlock * polyBlock
	p.write(b[:whole])
	if rest := b[whole:]; len(rest) > 0 {
		var last [polyBlock]byte
		last[copy(last[:], rest)] = 1
		p.add(binary.LittleEndian.Uint64(last[:]), binary.LittleEndian.Uint64(last[8:]), 0)
	}
	// The sum is less than twice the prime 2^130-5: subtract that unless it
	// is negative then, in constant time.
	g0, borrow := bits.Sub64(p.h0, 0xfffffffffffffffb, 0)
	g1, borrow := bits.Sub64(p.h1, 0xffffffffffffffff, borrow)
	_, borrow = bits.Sub64(p.h2, 3, borrow)
	keep := -borrow
	h0, h1 := p.h0&keep|g0&^keep, p.h1&keep|g1&^keep
	h0, c := bits.Add64(h0, p.pad[0], 0)
	h1, _ = bits.Add64(h1, p.pad[1], c)
	binary.LittleEndian.PutUint64(tag[:], h0)
	binary.LittleEndian.PutUint64(tag[8:], h1)
	return tag
}
