package rkernel

import (
	"strings"
	"unicode/utf8"
)

// A decoder makes text of what arrives in a pipe. A character that was split
// by a read is kept whole, and bytes that are not UTF-8 are shown as R shows
// them, \xff.
type decoder struct {
	rest []byte // the beginning of a character; at most 3 bytes
}

// decode returns the text in b, except for an incomplete character at its end. It
// may be b itself.
func (d *decoder) decode(b []byte) []byte {
	if len(d.rest) == 0 && utf8.Valid(b) {
		return b
	}
	b = append(d.rest, b...)
	n := len(b) - incomplete(b)
	d.rest = append([]byte(nil), b[n:]...)
	return []byte(escapeInvalid(b[:n]))
}

// flush returns what is left when nothing more will follow.
func (d *decoder) flush() []byte {
	text := []byte(escapeInvalid(d.rest))
	d.rest = nil
	return text
}

// incomplete returns how many bytes at the end of b are the beginning of a
// character.
func incomplete(b []byte) int {
	for n := 1; n <= min(len(b), utf8.UTFMax-1); n++ {
		tail := b[len(b)-n:]
		if utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return n
			}
			return 0
		}
	}
	return 0
}

func escapeInvalid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	const hex = "0123456789abcdef"
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			s.WriteString(`\x`)
			s.WriteByte(hex[b[0]>>4])
			s.WriteByte(hex[b[0]&15])
		} else {
			s.Write(b[:n])
		}
		b = b[n:]
	}
	return s.String()
}

// unixLines returns code with the line ends that R knows.
func unixLines(code string) string { return strings.ReplaceAll(code, "\r\n", "\n") }
