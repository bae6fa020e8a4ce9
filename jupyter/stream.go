package jupyter

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/adrastea-kernel/adrastea/internal/jsontext"
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
	return append(jsontext.AppendEscaped(append(b, '"'), text), '"')
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
