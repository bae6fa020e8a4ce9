package zmtp

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// The properties ZMTP defines (section Connection Metadata).
const (
	SocketType = "Socket-Type"
	Identity   = "Identity"
)

// Metadata is what one end of a connection says about itself in the handshake:
// properties, which have a name and a value, one after the other as they are on
// the wire. However many a peer sends, they cost no more than their octets. nil
// is the metadata of an end that says nothing.
type Metadata []byte

// Add appends a property to m. The name must be a valid one.
func (m Metadata) Add(name string, value []byte) Metadata {
	m = append(append(m, byte(len(name))), name...)
	return append(binary.BigEndian.AppendUint32(m, uint32(len(value))), value...)
}

// Get returns the value of the property name, nil if there is none. It is a
// part of m. "The case (upper or lower) of names SHALL NOT be significant."
func (m Metadata) Get(name string) []byte {
	for rest := []byte(m); len(rest) > 0; {
		var n, value []byte
		n, value, rest, _ = cutProperty(rest)
		if bytes.EqualFold(n, []byte(name)) {
			return value
		}
	}
	return nil
}

// ParseMetadata checks that b holds properties up to its end, and returns it.
func ParseMetadata(b []byte) (Metadata, error) {
	for rest := b; len(rest) > 0; {
		name, _, next, ok := cutProperty(rest)
		if !ok || !ValidName(string(name)) {
			return nil, errMetadata
		}
		rest = next
	}
	return Metadata(b), nil
}

// cutProperty cuts the first property off b. It reports false when b is too
// short.
func cutProperty(b []byte) (name, value, rest []byte, ok bool) {
	name, b, ok = cutShort(b)
	if !ok || len(b) < 4 {
		return nil, nil, nil, false
	}
	size, b := binary.BigEndian.Uint32(b), b[4:]
	if uint64(size) > uint64(len(b)) {
		return nil, nil, nil, false
	}
	return name, b[:size:size], b[size:], true
}

// cutShort cuts a string with an octet for its length off the start of b. It
// reports false when b is too short.
func cutShort(b []byte) (s, rest []byte, ok bool) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return nil, nil, false
	}
	n := 1 + int(b[0])
	return b[1:n], b[n:], true
}

// ValidName reports whether name may name a property: "The name SHALL be 1 to
// 255 characters."
func ValidName(name string) bool {
	for _, c := range []byte(name) {
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.+", c) >= 0) {
			return false
		}
	}
	return len(name) >= 1 && len(name) <= 255
}
