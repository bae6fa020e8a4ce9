package zmtp

import (
	"bytes"
	"fmt"
)

// GreetingSize is the length of a greeting on the wire.
const GreetingSize = 64

// The offsets of a greeting's fields.
const (
	offsetMajor     = 10
	offsetMinor     = 11
	offsetMechanism = 12
	offsetAsServer  = 32
)

// A Greeting is the first thing each peer sends.
type Greeting struct {
	Major, Minor byte
	Mechanism    string
	AsServer     bool
}

// Append appends the 64 octets of g to b. The mechanism's name must not be
// longer than the 20 octets the greeting has for it.
func (g Greeting) Append(b []byte) []byte {
	if len(g.Mechanism) > offsetAsServer-offsetMechanism {
		panic("BUG: mechanism name too long: " + g.Mechanism)
	}
	var raw [GreetingSize]byte
	raw[0], raw[9] = 0xff, 0x7f
	raw[offsetMajor], raw[offsetMinor] = g.Major, g.Minor
	copy(raw[offsetMechanism:], g.Mechanism)
	if g.AsServer {
		raw[offsetAsServer] = 1
	}
	return append(b, raw[:]...)
}

// ParseGreeting reads a greeting from b, which holds what has arrived so far.
// It reports false while b is too short to tell, and an error as soon as the
// bytes cannot become the greeting of a peer that speaks ZMTP 3: a web
// browser is refused after its first byte, a ZMTP 2 peer after its eleventh.
func ParseGreeting(b []byte) (Greeting, bool, error) {
	switch {
	case len(b) > 0 && b[0] != 0xff:
		// "signature = %xFF padding %x7F". A ZMTP 1.0 peer starts with the
		// length of its identity, anything else is not ZMTP.
		return Greeting{}, false, fmt.Errorf("peer does not speak ZMTP: it begins with %q", b[:min(len(b), 8)])
	case len(b) >= 10 && b[9]&1 == 0:
		return Greeting{}, false, fmt.Errorf("peer speaks ZMTP 1.0, which is not supported")
	case len(b) > offsetMajor && b[offsetMajor] < 3:
		return Greeting{}, false, fmt.Errorf("peer speaks ZMTP 2.0, which is not supported")
	case len(b) < GreetingSize:
		return Greeting{}, false, nil
	}
	name, rest, _ := bytes.Cut(b[offsetMechanism:offsetAsServer], []byte{0})
	if len(name) == 0 || len(bytes.Trim(rest, "\x00")) > 0 || !validMechanism(name) {
		return Greeting{}, false, fmt.Errorf("malformed mechanism %q in greeting", b[offsetMechanism:offsetAsServer])
	}
	return Greeting{
		Major:     b[offsetMajor],
		Minor:     b[offsetMinor],
		Mechanism: string(name),
		AsServer:  b[offsetAsServer] == 1,
	}, true, nil
}

// validMechanism reports whether name consists of the grammar's
// mechanism-char only.
func validMechanism(name []byte) bool {
	for _, c := range name {
		if !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || bytes.IndexByte([]byte("-_.+"), c) >= 0) {
			return false
		}
	}
	return true
}
