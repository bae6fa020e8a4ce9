package zmtp

import (
	"encoding/binary"
	"strings"
)

// The properties ZMTP defines (section Connection Metadata).
const (
	SocketType = "Socket-Type"
	Identity   = "Identity"
)

// A Property is one entry of a connection's metadata.
type Property struct {
	Name  string
	Value []byte
}

// Metadata is what a peer says about itself in the handshake.
type Metadata []Property

// Get returns the value of the property name, nil if there is none. "The case
// (upper or lower) of names SHALL NOT be significant."
func (m Metadata) Get(name string) []byte {
	for _, p := range m {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return nil
}

// Append appends the wire form of m to b.
func (m Metadata) Append(b []byte) []byte {
	for _, p := range m {
		b = append(append(b, byte(len(p.Name))), p.Name...)
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(p.Value))), p.Value...)
	}
	return b
}

// ParseMetadata reads properties up to the end of b. The values are parts of
// b.
func ParseMetadata(b []byte) (Metadata, error) {
	var m Metadata
	for len(b) > 0 {
		// "The name SHALL be 1 to 255 characters. Zero-sized names are not
		// valid."
		n := 1 + int(b[0])
		if n == 1 || len(b) < n+4 {
			return nil, errMetadata
		}
		name := b[1:n]
		size := binary.BigEndian.Uint32(b[n:])
		b = b[n+4:]
		if !ValidName(string(name)) || uint64(size) > uint64(len(b)) {
			return nil, errMetadata
		}
		m = append(m, Property{string(name), b[:size:size]})
		b = b[size:]
	}
	return m, nil
}

// ValidName reports whether name may name a property.
func ValidName(name string) bool {
	for _, c := range []byte(name) {
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.+", c) >= 0) {
			return false
		}
	}
	return len(name) >= 1 && len(name) <= 255
}
