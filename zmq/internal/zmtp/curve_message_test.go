package zmtp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"

	"golang.org/x/crypto/nacl/secretbox"
)

// messageSizes are those at which the cipher goes another way, and some more.
var messageSizes = []int{
	0, 1, 30, 31, 32, 94, 95, 96, 100, 222, 223, 224, 255, 256, 257, 1000, 16<<10 - 1, 16 << 10,
	16<<10 + headSize - polyKey - 1, 16<<10 + headSize - polyKey, 64 << 10,
	minBeside + headSize - polyKey - 2, minBeside + headSize - polyKey - 1, minBeside + headSize - polyKey, 1<<20 + 7,
}

// sample returns n octets that are always the same.
func sample(n int) []byte {
	b := make([]byte, n)
	seeded("message")(b)
	return b
}

// unframe cuts the single frame off wire.
func unframe(t testing.TB, wire []byte) []byte {
	t.Helper()
	flags, size, n, err := parseHeader(wire)
	if err != nil || flags != 0 || size != uint64(len(wire)-n) {
		t.Fatalf("sealed frame has flags %d, size %d of %d, error %v", flags, size, len(wire)-n, err)
	}
	return wire[n:]
}

// TestCurveMessageIsNaCls compares with the reference implementation, whenever
// the part of a message that is left to a Beside is done.
func TestCurveMessageIsNaCls(t *testing.T) {
	for name, beside := range map[string]Beside{
		"alone":   nil,
		"beside":  inGoroutine,
		"at once": func(f func()) func() { f(); return func() {} },
		"at last": func(f func()) func() { return f },
	} {
		t.Run(name, func(t *testing.T) { testCurveMessageIsNaCls(t, beside) })
	}
}

// inGoroutine is a Beside.
func inGoroutine(f func()) (wait func()) {
	var running sync.WaitGroup
	running.Go(f)
	return running.Wait
}

func testCurveMessageIsNaCls(t *testing.T, beside Beside) {
	t.Parallel()
	var shared [32]byte
	seeded("shared")(shared[:])
	key := newMessageKey(&shared, clientMessagePrefix)
	for i, size := range messageSizes {
		body := sample(size)
		nonce := uint64(i) << (3 * i)
		out := make([]byte, SealOverhead+size)
		key.seal(out, nonce, 1, body, beside)
		payload := append([]byte{1}, body...)
		want := binary.BigEndian.AppendUint64([]byte("\x07MESSAGE"), nonce)
		want = secretbox.Seal(want, payload, shortNonceOf(clientMessagePrefix, nonce), &shared)
		if !bytes.Equal(out, want) {
			t.Fatalf("seal of %d octets differs from NaCl's", size)
		}
		if !key.open(want, beside) || !bytes.Equal(want[messagePayload:], payload) {
			t.Fatalf("open of NaCl's box of %d octets gives something else", size)
		}
		out[len(out)-1] ^= 1
		if key.open(out, beside) {
			t.Fatalf("an altered box of %d octets opens", size)
		}
	}
}

func TestCurveMessageRoundTrip(t *testing.T) {
	client, server := connected(t)
	for _, size := range messageSizes {
		for _, flags := range []byte{0, More, Command} {
			for _, ends := range [][2]Mechanism{{client, server}, {server, client}} {
				body := sample(size)
				wire, err := ends[0].Seal([]byte("before"), flags, body)
				if err != nil || string(wire[:6]) != "before" {
					t.Fatalf("Seal of %d octets: %q..., %v", size, wire[:6], err)
				}
				if !bytes.Equal(body, sample(size)) {
					t.Fatalf("Seal changed the %d octets it was given", size)
				}
				f, err := ends[1].Open(unframe(t, wire[6:]))
				if err != nil || f.Flags != flags || !bytes.Equal(f.Body, body) {
					t.Fatalf("Open of %d octets, flags %d: flags %d, error %v", size, flags, f.Flags, err)
				}
			}
		}
	}
}

func TestCurveMessageTruncatedAndAltered(t *testing.T) {
	client, server := connected(t)
	wire, err := client.Seal(nil, 0, sample(300))
	if err != nil {
		t.Fatal(err)
	}
	body := unframe(t, wire)
	for size := range body {
		if _, err := server.Open(bytes.Clone(body[:size])); err == nil {
			t.Fatalf("message cut to %d octets opens", size)
		}
	}
	for at := range body {
		altered := bytes.Clone(body)
		altered[at] ^= 0x10
		if _, err := server.Open(altered); err == nil {
			t.Fatalf("message with octet %d altered opens", at)
		}
	}
	if _, err := server.Open(append(bytes.Clone(body), 0)); !errors.Is(err, errMessageBox) {
		t.Errorf("longer message: %v, want %v", err, errMessageBox)
	}
	if _, err := server.Open(body); err != nil {
		t.Errorf("after all that, the message itself: %v", err)
	}
}

// TestCurveMessageSequence: nothing can be repeated, reordered, left out or
// sent back.
func TestCurveMessageSequence(t *testing.T) {
	client, server := connected(t)
	var messages [4][]byte
	for i := range messages {
		wire, err := client.Seal(nil, 0, []byte{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		messages[i] = unframe(t, wire)
	}
	for _, step := range []struct {
		what    string
		message int
		want    error
	}{
		{"the second first", 1, errMessageNonce},
		{"the first", 0, nil},
		{"the first again", 0, errMessageNonce},
		{"the third without the second", 2, errMessageNonce},
		{"the second", 1, nil},
		{"the third", 2, nil},
		{"the second again", 1, errMessageNonce},
		{"the fourth", 3, nil},
	} {
		f, err := server.Open(bytes.Clone(messages[step.message]))
		if !errors.Is(err, step.want) || err == nil && f.Body[0] != byte(step.message) {
			t.Errorf("%s: %v, want %v", step.what, err, step.want)
		}
	}
	wire, err := server.Seal(nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Open(unframe(t, wire)); err == nil {
		t.Error("server takes its own message")
	}
}

func TestCurveMessageOfAnotherConnection(t *testing.T) {
	client, _ := connected(t)
	server := newCurveServer(local("ROUTER"), serverKey, admitAll, systemRandom)
	if _, err := shake(newCurveClient(local("DEALER"), clientKey, serverKey.PublicKey(), systemRandom), server, nil); err != nil {
		t.Fatal(err)
	}
	wire, err := client.Seal(nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Open(unframe(t, wire)); !errors.Is(err, errMessageBox) {
		t.Errorf("message of another connection: %v, want %v", err, errMessageBox)
	}
}

func TestCurveMessageFlags(t *testing.T) {
	client, connectedServer := connected(t)
	for flags := range 256 {
		server := *connectedServer
		out := make([]byte, SealOverhead)
		client.sealKey.seal(out, client.sent+1, byte(flags), nil, nil)
		_, err := server.Open(out)
		if want := flags > payloadCommand; want != errors.Is(err, errMessageFlags) {
			t.Errorf("payload flags %#x: %v", flags, err)
		}
	}
}

func TestCurveNoncesRunOut(t *testing.T) {
	client, server := connected(t)
	client.sent, server.received = math.MaxUint64-1, math.MaxUint64-1
	wire, err := client.Seal(nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	body := unframe(t, wire)
	if _, err := server.Open(bytes.Clone(body)); err != nil {
		t.Errorf("message with the last nonce: %v", err)
	}
	for range 2 {
		if wire, err := client.Seal([]byte("x"), 0, nil); !errors.Is(err, errNoncesUsed) || string(wire) != "x" {
			t.Errorf("message after the last nonce: %q, %v", wire, err)
		}
	}
	binary.BigEndian.PutUint64(body[messageNonce:], 0)
	if _, err := server.Open(body); !errors.Is(err, errMessageNonce) {
		t.Errorf("message with nonce zero: %v", err)
	}
}

// TestCurveMessageInPlace: a message costs no memory but that of its wire
// form, which the caller gives. A long one ends up at the start of it, where
// all of it can be recycled.
func TestCurveMessageInPlace(t *testing.T) {
	for _, size := range []int{0, 100, 1000, 100_000} {
		client, server := connected(t)
		body := sample(size)
		wire := make([]byte, 0, MaxHeader+SealOverhead+size)
		if n := testing.AllocsPerRun(100, func() {
			wire, _ = client.Seal(wire[:0], 0, body)
			sealed := unframe(t, wire)
			f, err := server.Open(sealed)
			switch {
			case err != nil:
				t.Fatal(err)
			case size >= minRecycled && (&f.Body[0] != &sealed[0] || cap(f.Body) != cap(sealed)):
				t.Fatal("a long body is not at the start of its memory")
			case size > 0 && size < minRecycled && &f.Body[size-1] != &wire[len(wire)-1]:
				t.Fatal("a short body is not where it was")
			}
		}); n != 0 {
			t.Errorf("a message of %d octets costs %v allocations", size, n)
		}
	}
}

func BenchmarkCurve(b *testing.B) {
	for _, size := range []int{10, 100, 1 << 10, 64 << 10, 1 << 20, 10 << 20} {
		client, server := connected(b)
		body := sample(size)
		wire := make([]byte, 0, MaxHeader+SealOverhead+size)
		b.Run(fmt.Sprintf("seal/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				wire, _ = client.Seal(wire[:0], 0, body)
			}
		})
		server.received = client.sent - 1
		sealed := unframe(b, wire)
		scratch := make([]byte, len(sealed))
		b.Run(fmt.Sprintf("open/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				copy(scratch, sealed)
				server.received = client.sent - 1
				if _, err := server.Open(scratch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCurveHandshake(b *testing.B) {
	for b.Loop() {
		connected(b)
	}
}
