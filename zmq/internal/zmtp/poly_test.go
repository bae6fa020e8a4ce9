package zmtp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"golang.org/x/crypto/poly1305" //lint:ignore SA1019 what ours is compared with
)

// sumOf is the tag of b, with whole blocks written one, two and so on at a time.
func sumOf(b []byte, key *[polyKey]byte, step int) [polyBlock]byte {
	p := newPoly(key)
	for n := step * polyBlock; step > 0 && len(b) >= n; n += polyBlock {
		p.write(b[:n])
		b = b[n:]
	}
	return p.sum(b)
}

// TestPolyVectors: those of RFC 8439, section 2.5.2 and appendix A.3, which try
// the carries and the reduction.
func TestPolyVectors(t *testing.T) {
	for _, test := range []struct{ key, text, tag string }{
		{"85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
			hex.EncodeToString([]byte("Cryptographic Forum Research Group")), "a8061dc1305136c6c22b8baf0c0127a9"},
		{"0000000000000000000000000000000000000000000000000000000000000000",
			hex.EncodeToString(make([]byte, 64)), "00000000000000000000000000000000"},
		{"0200000000000000000000000000000000000000000000000000000000000000",
			"ffffffffffffffffffffffffffffffff", "03000000000000000000000000000000"},
		{"02000000000000000000000000000000ffffffffffffffffffffffffffffffff",
			"02000000000000000000000000000000", "03000000000000000000000000000000"},
		{"0100000000000000000000000000000000000000000000000000000000000000",
			"fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000", "05000000000000000000000000000000"},
		{"0100000000000000000000000000000000000000000000000000000000000000",
			"fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101", "00000000000000000000000000000000"},
		{"0200000000000000000000000000000000000000000000000000000000000000",
			"fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff"},
		{"0100000000000000040000000000000000000000000000000000000000000000",
			"e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000000000000000000000",
			"14000000000000005500000000000000"},
		{"0100000000000000040000000000000000000000000000000000000000000000",
			"e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000", "13000000000000000000000000000000"},
	} {
		key, _ := hex.DecodeString(test.key)
		text, _ := hex.DecodeString(test.text)
		for step := range 4 {
			got := sumOf(text, (*[polyKey]byte)(key), step)
			if hex.EncodeToString(got[:]) != test.tag {
				t.Errorf("step %d: tag of %s under %s = %x, want %s", step, test.text, test.key, got, test.tag)
			}
		}
	}
}

// TestPolyIsPoly1305 compares with x/crypto, the assembly and what stands in
// for it.
func TestPolyIsPoly1305(t *testing.T) {
	for n := range 300 {
		for _, fill := range []string{"random", "ones", "zeros"} {
			b, key := sample(n), sample(polyKey)
			if fill != "random" {
				clear(b)
			}
			if fill == "ones" {
				b = bytes.Repeat([]byte{0xff}, n)
				key = bytes.Repeat([]byte{0xff}, polyKey)
			}
			checkPoly(t, b, (*[polyKey]byte)(key))
		}
	}
}

func checkPoly(t *testing.T, b []byte, key *[polyKey]byte) {
	t.Helper()
	var want [polyBlock]byte
	poly1305.Sum(&want, b, key)
	for step := range 3 {
		if got := sumOf(b, key, step); got != want {
			t.Fatalf("tag of %d octets = %x, want %x", len(b), got, want)
		}
	}
	// Block by block, without the assembly.
	p := newPoly(key)
	whole := b[:len(b)/polyBlock*polyBlock]
	for i := range len(whole) / polyBlock {
		p.add(word64(whole[i*polyBlock:]), word64(whole[i*polyBlock+8:]), 1)
	}
	if got := p.sum(b[len(whole):]); got != want {
		t.Fatalf("tag of %d octets without assembly = %x, want %x", len(b), got, want)
	}
}

func word64(b []byte) (w uint64) {
	for i := range 8 {
		w |= uint64(b[i]) << (8 * i)
	}
	return w
}

func FuzzPoly(f *testing.F) {
	f.Add(sample(100), sample(polyKey))
	f.Add(bytes.Repeat([]byte{0xff}, 100), bytes.Repeat([]byte{0xff}, polyKey))
	f.Fuzz(func(t *testing.T, b, secret []byte) {
		var key [polyKey]byte
		copy(key[:], secret)
		checkPoly(t, b, &key)
	})
}

// TestBoxGroups compares what the assembly does at once with what it does in
// turns.
func TestBoxGroups(t *testing.T) {
	if !hasSalsaGroups {
		return // there is none
	}
	var key [32]byte
	var nonce [8]byte
	seeded("salsa")(key[:])
	seeded("nonce")(nonce[:])
	k := newSalsaKey(&key)
	macKey := (*[polyKey]byte)(sample(polyKey))
	for groups := 1; groups < 6; groups++ {
		src, msg := sample(groups*salsaGroup), bytes.Repeat([]byte{0xfe}, groups*salsaGroup)
		got, want := make([]byte, len(src)), make([]byte, len(src))
		k.xor(want, src, &nonce, 7)
		gotMAC, wantMAC := newPoly(macKey), newPoly(macKey)
		wantMAC.write(msg)
		state := k.at(&nonce, 7)
		boxGroups(&got[0], &src[0], groups, &state, &gotMAC, &msg[0])
		if !bytes.Equal(got, want) {
			t.Errorf("%d groups: output differs", groups)
		}
		if gotMAC != wantMAC {
			t.Errorf("%d groups: sum %+v, want %+v", groups, gotMAC, wantMAC)
		}
		// In place, the sum is that of what was there.
		gotMAC, wantMAC = newPoly(macKey), newPoly(macKey)
		wantMAC.write(src)
		boxGroups(&src[0], &src[0], groups, &state, &gotMAC, &src[0])
		if !bytes.Equal(src, want) || gotMAC != wantMAC {
			t.Errorf("%d groups in place: output or sum differs", groups)
		}
	}
}

func BenchmarkPoly(b *testing.B) {
	key := (*[polyKey]byte)(sample(polyKey))
	for _, size := range []int{64, pieceSize} {
		text := sample(size)
		b.Run(fmt.Sprintf("ours/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				p := newPoly(key)
				p.sum(text)
			}
		})
		b.Run(fmt.Sprintf("x/crypto/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			var tag [polyBlock]byte
			for b.Loop() {
				poly1305.Sum(&tag, text, key)
			}
		})
	}
}
