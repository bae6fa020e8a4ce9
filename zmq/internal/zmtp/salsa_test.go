package zmtp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"golang.org/x/crypto/salsa20/salsa" //lint:ignore SA1019 what ours is compared with
)

// reference is xor by x/crypto.
func reference(src []byte, key *[32]byte, nonce *[8]byte, block uint64) []byte {
	var counter [16]byte
	copy(counter[:], nonce[:])
	binary.LittleEndian.PutUint64(counter[8:], block)
	dst := make([]byte, len(src))
	if len(src) > 0 {
		salsa.XORKeyStream(dst, src, &counter, key)
	}
	return dst
}

// TestSalsaIsSalsa20 compares with x/crypto at every length around a group, at
// counters around the overflow of their lower half, in place and not.
func TestSalsaIsSalsa20(t *testing.T) {
	var key [32]byte
	var nonce [8]byte
	seeded("salsa")(key[:])
	seeded("nonce")(nonce[:])
	k := newSalsaKey(&key)
	lengths := []int{5 * salsaGroup, 5*salsaGroup + 1, pieceSize, pieceSize + salsaGroup - 1}
	for n := range 2*salsaGroup + 3 {
		lengths = append(lengths, n)
	}
	for _, block := range []uint64{0, 6, math.MaxUint32 - 12, math.MaxUint32 - 6, math.MaxUint32, 1 << 32, 1<<40 + 5, math.MaxUint64 - 300} {
		for _, n := range lengths {
			src := sample(n)
			want := reference(src, &key, &nonce, block)
			dst := make([]byte, n)
			k.xor(dst, src, &nonce, block)
			if !bytes.Equal(dst, want) || !bytes.Equal(src, sample(n)) {
				t.Fatalf("xor of %d octets from block %d on differs", n, block)
			}
			k.xor(src, src, &nonce, block)
			if !bytes.Equal(src, want) {
				t.Fatalf("xor of %d octets in place from block %d on differs", n, block)
			}
		}
	}
	for n := range salsaGroup + 1 {
		var stream [salsaGroup]byte
		k.head(&stream, &nonce, n)
		if !bytes.Equal(stream[:n], reference(make([]byte, n), &key, &nonce, 0)) {
			t.Fatalf("head of %d octets differs", n)
		}
	}
}

func FuzzSalsa(f *testing.F) {
	f.Add(sample(1000), sample(40), uint64(0))
	f.Add(sample(salsaGroup), sample(40), uint64(math.MaxUint32-5))
	f.Fuzz(func(t *testing.T, src, secret []byte, block uint64) {
		var key [32]byte
		var nonce [8]byte
		copy(nonce[:], secret[copy(key[:], secret):])
		k := newSalsaKey(&key)
		dst := make([]byte, len(src))
		k.xor(dst, src, &nonce, block)
		if !bytes.Equal(dst, reference(src, &key, &nonce, block)) {
			t.Errorf("xor of %d octets differs", len(src))
		}
	})
}

func BenchmarkSalsa(b *testing.B) {
	var key [32]byte
	var nonce [8]byte
	k := newSalsaKey(&key)
	for _, size := range []int{salsaGroup, pieceSize} {
		buf := make([]byte, size)
		b.Run(fmt.Sprintf("ours/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				k.xor(buf, buf, &nonce, 0)
			}
		})
		b.Run(fmt.Sprintf("x/crypto/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			var counter [16]byte
			for b.Loop() {
				salsa.XORKeyStream(buf, buf, &counter, &key)
			}
		})
	}
}
