// Package jsontext writes the text of JSON strings, faster than encoding/json.
package jsontext

import (
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// AppendEscaped appends text as it is within a JSON string: as encoding/json
// writes it without its escapes for HTML, so that bytes that are not UTF-8 become
// U+FFFD.
func AppendEscaped(b []byte, text string) []byte {
	for {
		n := PlainRun(text)
		n += wideRun(text[n:])
		b = append(b, text[:n]...)
		if text = text[n:]; len(text) == 0 {
			return b
		}
		switch c := text[0]; {
		case isPlain(c):
		case c < utf8.RuneSelf:
			b = appendEscape(b, c)
			text = text[1:]
		default:
			r, n := utf8.DecodeRuneInString(text)
			b = strconv.AppendInt(append(b, `\u`...), int64(r), 16)
			text = text[n:]
		}
	}
}

// isPlain says that c is ASCII and needs no escape in JSON.
func isPlain(c byte) bool {
	return c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\'
}

// wideRun returns how long the beginning of text is that is no ASCII and yet
// needs no escape. Before ES2019, U+2028 and U+2029 ended a line of JavaScript.
func wideRun(text string) int {
	at := 0
	for at < len(text) && text[at] >= utf8.RuneSelf {
		r, n := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && n == 1 || r == '\u2028' || r == '\u2029' {
			break
		}
		at += n
	}
	return at
}

func appendEscape(b []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// PlainRun returns how long the beginning of s is that is ASCII and needs no escape
// in a JSON string. It looks at 8 bytes at once.
func PlainRun[T string | []byte](s T) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	n := 0
	for len(s)-n >= 8 {
		b := s[n : n+8]
		x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		quote, backslash := x^'"'*ones, x^'\\'*ones
		// The first byte that is less than n has its top bit in x - n*ones.
		if found := (x | (x - ' '*ones) | (quote - ones) | (backslash - ones)) & tops; found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
		n += 8
	}
	for n < len(s) && isPlain(s[n]) {
		n++
	}
	return n
}
