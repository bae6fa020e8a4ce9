package zmtp

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// unhex reads hex with spaces in it.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The greeting of the worked example of the specification.
const greetingVector = `ff 0000000000000000 7f 03 01
	4e554c4c 00000000 00000000 00000000 00000000
	00 00000000000000 000000000000000000000000 000000000000000000000000`

// The DEALER's READY of the worked example.
const readyVector = `04 29 05 5245414459
	0b 536f636b65742d54797065 00000006 4445414c4552
	08 4964656e74697479 00000000`

// What libzmq 4.3.5 sends: its greeting has a length in the padding, which
// means nothing.
const libzmqGreeting = `ff 0000000000000001 7f 03 01
	4e554c4c 00000000 00000000 00000000 00000000
	00 00000000000000 000000000000000000000000 000000000000000000000000`

func TestGreetingVectors(t *testing.T) {
	want := Greeting{Major: 3, Minor: 1, Mechanism: "NULL"}
	if got := want.Append(nil); !bytes.Equal(got, unhex(t, greetingVector)) {
		t.Errorf("Append = %x", got)
	}
	for _, vector := range []string{greetingVector, libzmqGreeting} {
		b := unhex(t, vector)
		if got, ok, err := ParseGreeting(b); !ok || err != nil || got != want {
			t.Errorf("ParseGreeting(%x) = %v, %v, %v", b, got, ok, err)
		}
		for n := range b {
			if _, ok, err := ParseGreeting(b[:n]); ok || err != nil {
				t.Errorf("ParseGreeting of the first %d octets = %v, %v", n, ok, err)
			}
		}
	}
	for _, server := range []Greeting{{3, 0, "A-Z_0.9+", true}, {3, 1, "TWENTY-OCTETS-LONG.1", true}} {
		if got, ok, err := ParseGreeting(server.Append(nil)); !ok || err != nil || got != server {
			t.Errorf("round trip of %v = %v, %v, %v", server, got, ok, err)
		}
	}
}

// TestNameCharacters: what the specification's grammars have as mechanism-char and
// name-char, and how long a name may be.
func TestNameCharacters(t *testing.T) {
	const both = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+"
	for c := range 256 {
		name := string([]byte{byte(c)})
		greeting := Greeting{3, 1, "N" + name, false}.Append(nil)
		if _, ok, err := ParseGreeting(greeting); (ok && err == nil) != (c == 0 || strings.Contains(both, name)) {
			t.Errorf("a mechanism with %q: %v, %v", name, ok, err)
		}
		if got := ValidName(name); got != (strings.Contains(both, name) || strings.Contains(strings.ToLower(both), name)) {
			t.Errorf("ValidName(%q) = %v", name, got)
		}
	}
	for n, want := range map[int]bool{0: false, 1: true, 255: true, 256: false} {
		if got := ValidName(strings.Repeat("x", n)); got != want {
			t.Errorf("ValidName of %d octets = %v", n, got)
		}
	}
}

func TestGreetingInvalid(t *testing.T) {
	change := func(at int, to ...byte) []byte {
		b := unhex(t, greetingVector)
		copy(b[at:], to)
		return b
	}
	for name, tc := range map[string]struct {
		b    []byte
		need int // the octet at which it must be refused at the latest
	}{
		"first octet":             {change(0, 'G'), 1},
		"ZMTP 1.0":                {change(9, 0x7e), 10},
		"ZMTP 2.0":                {change(10, 1), 11},
		"no mechanism":            {change(12, 0), 64},
		"no mechanism at all":     {change(12, 0, 0, 0, 0), 64},
		"lower case":              {change(12, 'n'), 64},
		"octets after the name":   {change(18, 'X'), 64},
		"mechanism in the middle": {change(12, 'N', 0, 'L', 'L'), 64},
	} {
		if _, _, err := ParseGreeting(tc.b[:tc.need]); err == nil {
			t.Errorf("%s: accepted after %d octets", name, tc.need)
		}
	}
}

func TestReadyVector(t *testing.T) {
	d := NewDecoder()
	d.Fill(copy(d.Space(), unhex(t, readyVector)))
	f, ok, err := d.Next(100)
	if !ok || err != nil || f.Flags != Command {
		t.Fatalf("Next = %v, %v, %v", f, ok, err)
	}
	name, data, err := ParseCommand(f.Body)
	if name != "READY" || err != nil {
		t.Fatalf("ParseCommand = %q, %v", name, err)
	}
	m, err := ParseMetadata(data)
	want := Metadata(nil).Add(SocketType, []byte("DEALER")).Add(Identity, nil)
	if err != nil || !bytes.Equal(m, want) {
		t.Fatalf("ParseMetadata = %q, %v", m, err)
	}
	if got := AppendFrame(nil, Command, append([]byte(readyName), want...)); !bytes.Equal(got, unhex(t, readyVector)) {
		t.Errorf("encoded: %x", got)
	}
	if got := m.Get("sOCKET-tYPE"); string(got) != "DEALER" {
		t.Errorf("Get without regard to case = %q", got)
	}
	if m.Get("Resource") != nil {
		t.Error("Get of what is not there is not nil")
	}
	// Every truncation fails but those that end between properties.
	for n := range data {
		if _, err := ParseMetadata(data[:n]); (err == nil) != (n == 0 || n == 22) {
			t.Errorf("ParseMetadata of the first %d octets: %v", n, err)
		}
	}
}

// frames decodes b, given to the decoder in pieces of step octets.
func frames(b []byte, step int, limit uint64) ([]Frame, error) {
	d := NewDecoder()
	var all []Frame
	for {
		f, ok, err := d.Next(limit)
		if err != nil {
			return all, err
		}
		if ok {
			all = append(all, f)
			continue
		}
		if len(b) == 0 {
			return all, nil
		}
		n := copy(d.Space(), b[:min(step, len(b))])
		d.Fill(n)
		b = b[n:]
	}
}

func TestDecoderRoundTrip(t *testing.T) {
	var wire []byte
	var want []Frame
	for i, size := range []int{0, 1, 255, 256, 257, minBuffer/2 - 1, minBuffer, maxBuffer - MaxHeader, maxBuffer, firstStep, firstStep + 1, 5 * firstStep, 3, 0} {
		body := bytes.Repeat([]byte{byte(i)}, size)
		flags := []byte{0, More, Command}[i%3]
		want = append(want, Frame{flags, body})
		wire = AppendFrame(wire, flags, body)
	}
	for _, step := range []int{1, 2, 7, 1000, 64 << 10, len(wire)} {
		got, err := frames(wire, step, 1<<30)
		if err != nil || len(got) != len(want) {
			t.Fatalf("step %d: %d frames, %v", step, len(got), err)
		}
		for i := range got {
			if got[i].Flags != want[i].Flags || !bytes.Equal(got[i].Body, want[i].Body) {
				t.Errorf("step %d: frame %d is wrong", step, i)
			}
		}
	}
}

// The owner of one body can append to it without touching its neighbour.
func TestDecoderBodiesAreApart(t *testing.T) {
	wire := AppendFrame(AppendFrame(nil, 0, []byte("first")), 0, []byte("second"))
	got, err := frames(wire, len(wire), 100)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(got[0].Body, "and more"...)
	if string(got[1].Body) != "second" {
		t.Errorf("second body is %q", got[1].Body)
	}
}

func TestDecoderTruncated(t *testing.T) {
	wire := AppendFrame(nil, More, bytes.Repeat([]byte("x"), 300))
	for n := range wire {
		if got, err := frames(wire[:n], n+1, 1000); len(got) > 0 || err != nil {
			t.Errorf("first %d octets: %d frames, %v", n, len(got), err)
		}
	}
}

func TestDecoderInvalid(t *testing.T) {
	for name, tc := range map[string]struct {
		wire  string
		limit uint64
		large bool
	}{
		"reserved bit 3":     {wire: "0800"},
		"reserved bit 7":     {wire: "8000"},
		"command with MORE":  {wire: "0500"},
		"size 2^63":          {wire: "02 8000000000000000", limit: 1 << 62},
		"size 2^64-1":        {wire: "02 ffffffffffffffff", limit: 1 << 62},
		"short, too large":   {wire: "00 05", limit: 4, large: true},
		"long, too large":    {wire: "02 0000000000000005", limit: 4, large: true},
		"size 2^50":          {wire: "02 0004000000000000", limit: 1 << 28, large: true},
		"size 2^63-1":        {wire: "02 7fffffffffffffff", limit: 1 << 28, large: true},
		"command, too large": {wire: "06 0000000080000000", limit: 1 << 16, large: true},
	} {
		_, err := frames(unhex(t, tc.wire), 100, tc.limit)
		if _, large := errors.AsType[*TooLargeError](err); err == nil || large != tc.large {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A header that announces much costs little.
func TestDecoderMemoryFollowsOctets(t *testing.T) {
	d := NewDecoder()
	d.Fill(copy(d.Space(), binary.BigEndian.AppendUint64([]byte{2}, 1<<30)))
	if _, ok, err := d.Next(1 << 40); ok || err != nil {
		t.Fatal(ok, err)
	}
	for received := 0; received < 8<<20; {
		n := len(d.Space())
		if c := cap(d.body); c > max(firstStep, growth*received) {
			t.Fatalf("%d octets of memory after %d octets", c, received)
		}
		received += n
		d.Fill(n)
	}
}

func TestCommandInvalid(t *testing.T) {
	for _, wire := range []string{"", "00", "01", "05 52454144"} {
		if name, _, err := ParseCommand(unhex(t, wire)); err == nil {
			t.Errorf("ParseCommand(%s) = %q", wire, name)
		}
	}
	for _, wire := range []string{"", "00", "0000" + strings.Repeat("00", 17)} {
		if _, _, err := ParsePing(unhex(t, wire)); err == nil {
			t.Errorf("ParsePing(%s) is accepted", wire)
		}
	}
	for _, wire := range []string{"", "01", "03 6e6f"} {
		if _, ok := errors.AsType[*PeerError](parseError(unhex(t, wire))); ok {
			t.Errorf("parseError(%s) is accepted", wire)
		}
	}
	for _, wire := range []string{"00 00000000", "01 58", "01 58 000000", "01 58 00000001", "01 58 ffffffff", "01 20 00000000", "ff 58 00000000"} {
		if m, err := ParseMetadata(unhex(t, wire)); err == nil {
			t.Errorf("ParseMetadata(%s) = %q", wire, m)
		}
	}
}

func TestPingRoundTrip(t *testing.T) {
	for _, context := range []string{"", "context", strings.Repeat("c", MaxPingContext)} {
		name, data, err := ParseCommand(AppendPing(nil, 0x1234, []byte(context)))
		if name != CmdPing || err != nil {
			t.Fatal(name, err)
		}
		if ttl, got, err := ParsePing(data); ttl != 0x1234 || string(got) != context || err != nil {
			t.Errorf("ParsePing = %d, %q, %v; the context is %q", ttl, got, err, context)
		}
	}
}

// TestErrorReasons: the reason of an ERROR has an octet for its length.
func TestErrorReasons(t *testing.T) {
	for size, want := range map[int]int{0: 0, 255: 255, 256: 255, 1000: 255} {
		body := appendError(nil, strings.Repeat("x", size))
		err, ok := errors.AsType[*PeerError](parseError(body[len(errorName):]))
		if !ok || err.Reason != strings.Repeat("x", want) || len(body) != len(errorName)+1+want {
			t.Errorf("a reason of %d octets arrives as %v", size, err)
		}
	}
}

func TestUnexpectedCommands(t *testing.T) {
	for _, tt := range []struct{ body, due, want string }{
		{"\x04PING", readyName, "command PING in place of READY"},
		{"\x09SUBSCRIBE", readyName, "command SUBSCRIBE in place of READY"},
		{"\x04AZAZ\x00\x01", helloName, "command AZAZ in place of HELLO"},
		{"\x0aSUBSCRIBER", readyName, "unknown command in place of READY"},
		{"\x04ping", readyName, "unknown command in place of READY"},
		{"\x04AZ\x00@", readyName, "unknown command in place of READY"},
		{helloName, readyName, "command HELLO in place of READY"},
		{helloName, welcomeName, errTwoClients.Error()},
		{initiateName, welcomeName, "command INITIATE in place of WELCOME"},
	} {
		p := progress{due: tt.due}
		if _, err := p.take([]byte(tt.body)); err == nil || err.Error() != tt.want {
			t.Errorf("%q where %q is due: %v, want %s", tt.body, tt.due, err, tt.want)
		}
	}
}

// FuzzDecoder checks that any octets, in any pieces, give the same frames, and
// that what was decoded encodes to the same frames again.
func FuzzDecoder(f *testing.F) {
	f.Add(unhex(f, readyVector), uint16(1))
	f.Add(AppendFrame(AppendFrame(nil, More, []byte("a")), 0, bytes.Repeat([]byte("b"), 300)), uint16(3))
	f.Add(binary.BigEndian.AppendUint64([]byte{2}, 1<<50), uint16(100))
	f.Add([]byte{0xff, 0, 0}, uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, step uint16) {
		const limit = 1 << 20
		whole, werr := frames(b, len(b)+1, limit)
		parts, perr := frames(b, int(step)+1, limit)
		if (werr == nil) != (perr == nil) || len(whole) != len(parts) {
			t.Fatalf("whole: %d frames, %v; in parts: %d frames, %v", len(whole), werr, len(parts), perr)
		}
		var again []byte
		for i := range whole {
			if whole[i].Flags != parts[i].Flags || !bytes.Equal(whole[i].Body, parts[i].Body) {
				t.Fatalf("frame %d depends on the pieces", i)
			}
			again = AppendFrame(again, whole[i].Flags, whole[i].Body)
		}
		back, err := frames(again, len(again)+1, limit)
		if err != nil || len(back) != len(whole) {
			t.Fatalf("encoded again: %d frames, %v", len(back), err)
		}
	})
}

// FuzzCommands checks that no body of a command does harm.
func FuzzCommands(f *testing.F) {
	f.Add(unhex(f, readyVector)[2:])
	f.Add(AppendPing(nil, 1, []byte("x")))
	f.Add(appendError(nil, "no"))
	f.Fuzz(func(t *testing.T, b []byte) {
		name, data, err := ParseCommand(b)
		if err != nil {
			return
		}
		if back := AppendCommand(nil, name, data); !bytes.Equal(back, b) {
			t.Fatalf("%x encoded again is %x", b, back)
		}
		ParsePing(data)
		parseError(data)
		if m, err := ParseMetadata(data); err == nil {
			var again Metadata
			for rest := []byte(m); len(rest) > 0; {
				var name, value []byte
				name, value, rest, _ = cutProperty(rest)
				again = again.Add(string(name), value)
			}
			if !bytes.Equal(again, data) {
				t.Fatalf("metadata %x encoded again is %x", data, again)
			}
		}
		m := NewNull(Local{Server: true, Check: func(Metadata) error { return nil }})
		m.Start()
		m.Receive(b)
	})
}

// FuzzGreeting checks that a greeting is accepted whole or not at all.
func FuzzGreeting(f *testing.F) {
	f.Add(unhex(f, greetingVector))
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, ok, err := ParseGreeting(b)
		if ok && (err != nil || len(b) < GreetingSize || g.Major < 3) {
			t.Fatalf("ParseGreeting(%x) = %v, %v, %v", b, g, ok, err)
		}
		for n := range min(len(b), GreetingSize) {
			if _, early, perr := ParseGreeting(b[:n]); early || perr != nil && err == nil {
				t.Fatalf("the first %d octets: %v, %v; all: %v", n, early, perr, err)
			}
		}
	})
}
