package jupyter

import (
	"bytes"
	"encoding/json"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Text is most of what kernels send. A Stream is written and read here in one
// pass, where encoding/json reads and copies it several times.

// MarshalJSON writes what encoding/json would.
func (s *Stream) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(s.Name)+len(s.Text)+len(s.Text)/16+32)
	b = appendString(append(b, `{"name":`...), s.Name)
	b = appendString(append(b, `,"text":`...), s.Text)
	return append(b, '}'), nil
}

// UnmarshalJSON reads raw, which has to be JSON.
func (s *Stream) UnmarshalJSON(raw []byte) error {
	if s.read(raw) {
		return nil
	}
	type plain Stream
	return json.Unmarshal(raw, (*plain)(s)) // it has something unusual
}

// appendString appends text as a JSON string.
func appendString(b []byte, text string) []byte {
	return append(AppendEscaped(append(b, '"'), text), '"')
}

// AppendEscaped appends text as it is within a JSON string: as encoding/json
// writes it without its escapes for HTML, so that bytes that are not UTF-8 become
// U+FFFD.
func AppendEscaped(b []byte, text string) []byte {
	for {
		n := plainRun(text)
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

// plainRun returns how long the beginning of s is that isPlain. It looks at 8
// bytes at once.
func plainRun[T string | []byte](s T) int {
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

// read reads what kernels usually send: a name and a text, and no more. It
// reports whether raw was that.
func (s *Stream) read(raw []byte) bool {
	r := textReader{rest: raw}
	r.skip('{')
	for more := true; more && !r.failed; more = r.more() {
		key := r.text()
		r.skip(':')
		switch value := r.text(); key {
		case "name":
			s.Name = value
		case "text":
			s.Text = value
		default:
			return false
		}
	}
	return !r.failed && len(bytes.TrimLeft(r.rest, " \t\r\n")) == 0
}

// A textReader reads JSON from rest. After something that it does not know it
// has failed.
type textReader struct {
	rest   []byte
	failed bool
}

// next is the next byte that is no space, or 0.
func (r *textReader) next() byte {
	r.rest = bytes.TrimLeft(r.rest, " \t\r\n")
	if len(r.rest) == 0 {
		return 0
	}
	return r.rest[0]
}

func (r *textReader) skip(c byte) {
	if r.next() != c {
		r.failed = true
		return
	}
	r.rest = r.rest[1:]
}

// more says whether another member of an object follows, or its end.
func (r *textReader) more() bool {
	if r.next() == ',' {
		r.skip(',')
		return true
	}
	r.skip('}')
	return false
}

func (r *textReader) text() string {
	r.skip('"')
	if r.failed {
		return ""
	}
	end := bytes.IndexByte(r.rest, '"')
	if end >= 0 && bytes.IndexByte(r.rest[:end], '\\') < 0 && utf8.Valid(r.rest[:end]) {
		text := string(r.rest[:end])
		r.rest = r.rest[end+1:]
		return text
	}
	return r.escaped()
}

// escaped is a text with escapes, up to its quote.
func (r *textReader) escaped() string {
	out := make([]byte, 0, len(r.rest))
	quote := bytes.IndexByte(r.rest, '"')
	for quote >= 0 {
		i := bytes.IndexByte(r.rest[:quote], '\\')
		if i < 0 {
			out = append(out, r.rest[:quote]...)
			r.rest = r.rest[quote+1:]
			r.failed = !utf8.Valid(out)
			return string(out)
		}
		c, n := unescape(r.rest[i:])
		if n == 0 {
			break
		}
		out = utf8.AppendRune(append(out, r.rest[:i]...), c)
		r.rest = r.rest[i+n:]
		if quote -= i + n; quote < 0 { // it was what was escaped
			quote = bytes.IndexByte(r.rest, '"')
		}
	}
	r.failed = true
	return ""
}

// unescape reads an escape, and returns its length: 0 for one that it does not
// know, as that of half a pair of surrogates.
func unescape(raw []byte) (c rune, n int) {
	if len(raw) < 2 {
		return 0, 0
	}
	switch raw[1] {
	case '"', '\\', '/':
		return rune(raw[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		if len(raw) < 6 {
			return 0, 0
		}
		v, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
		if err != nil || v >= 0xd800 && v < 0xe000 {
			return 0, 0
		}
		return rune(v), 6
	}
	return 0, 0
}
