package zmtp

import (
	"crypto/subtle"
	"encoding/binary"
	"math"

	"golang.org/x/crypto/salsa20/salsa" //lint:ignore SA1019 the cipher of NaCl's boxes
)

// The sizes of Salsa20's blocks, and of the groups of them that the assembly
// computes at once. Half a group costs it as much as a whole one.
const (
	salsaBlock  = 64
	groupBlocks = 6
	salsaGroup  = groupBlocks * salsaBlock
)

// A salsaKey is a key of Salsa20. x/crypto computes it with vectors of 128
// bits; the assembly here with those of 256 bits, and, in boxGroups, Poly1305
// at the same time.
type salsaKey struct {
	key   [32]byte
	state [16]uint32 // of a block, by its diagonals; nonce and counter are zero
}

// Where the parts of a nonce and a counter are in a state.
const (
	stateNonceLow    = 14 // x6
	stateNonceHigh   = 11 // x7
	stateCounterLow  = 8  // x8
	stateCounterHigh = 5  // x9
)

func newSalsaKey(key *[32]byte) salsaKey {
	word := func(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
	k, sigma := key[:], salsa.Sigma[:]
	return salsaKey{*key, [16]uint32{
		word(sigma, 0), word(sigma, 1), word(sigma, 2), word(sigma, 3),
		word(k, 3), 0, word(k, 7), word(k, 2),
		0, word(k, 6), word(k, 1), 0,
		word(k, 5), word(k, 0), 0, word(k, 4),
	}}
}

// at returns the state of a block, by its diagonals.
func (k *salsaKey) at(nonce *[8]byte, block uint64) [16]uint32 {
	state := k.state
	state[stateNonceLow] = binary.LittleEndian.Uint32(nonce[:4])
	state[stateNonceHigh] = binary.LittleEndian.Uint32(nonce[4:])
	state[stateCounterLow] = uint32(block)
	state[stateCounterHigh] = uint32(block >> 32)
	return state
}

// xor xors the key stream of nonce from a block on into dst, which is as long
// as src and either the same or does not overlap it.
func (k *salsaKey) xor(dst, src []byte, nonce *[8]byte, block uint64) {
	groups := len(src) / salsaGroup
	if !hasSalsaGroups || uint64(uint32(block))+uint64(groups+1)*groupBlocks > math.MaxUint32 {
		k.xorSlowly(dst, src, nonce, block)
		return
	}
	state := k.at(nonce, block)
	if groups > 0 {
		salsaGroups(&dst[0], &src[0], groups, &state)
		dst, src = dst[groups*salsaGroup:], src[groups*salsaGroup:]
		block += uint64(groups) * groupBlocks
	}
	if len(src) <= 4*salsaBlock {
		k.xorSlowly(dst, src, nonce, block) // which is quicker for so little
		return
	}
	state[stateCounterLow] = uint32(block)
	var stream [salsaGroup]byte
	salsaGroups(&stream[0], &stream[0], 1, &state)
	subtle.XORBytes(dst, src, stream[:])
}

// xorSlowly is xor by x/crypto.
func (k *salsaKey) xorSlowly(dst, src []byte, nonce *[8]byte, block uint64) {
	if len(src) == 0 {
		return
	}
	var counter [16]byte
	copy(counter[:], nonce[:])
	binary.LittleEndian.PutUint64(counter[8:], block)
	salsa.XORKeyStream(dst[:len(src)], src, &counter, &k.key)
}

// head returns the first octets of the key stream of nonce, n or more of them,
// of which stream is all zero. n is at most a group.
func (k *salsaKey) head(stream *[salsaGroup]byte, nonce *[8]byte, n int) {
	size := (n + salsaBlock - 1) / salsaBlock * salsaBlock
	switch {
	case size <= 2*salsaBlock:
		// Two blocks cost less than what is computed at once.
	case hasSalsaGroups:
		size = salsaGroup
	case size == 3*salsaBlock:
		size = 4 * salsaBlock // at once
	}
	k.xor(stream[:size], stream[:size], nonce, 0)
}
