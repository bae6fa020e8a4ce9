package jupyter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/adrastea-kernel/adrastea/internal/jsontext"
)

// An Object is a JSON object. It is written as {} when it is nil: front ends
// do not expect null where the protocol says dict.
type Object map[string]any

// MarshalJSON writes nil as {}.
func (o Object) MarshalJSON() ([]byte, error) { return marshalObject(o) }

// MarshalJSON writes nil as {}.
func (b MIMEBundle) MarshalJSON() ([]byte, error) { return marshalObject(b) }

func marshalObject(m map[string]any) ([]byte, error) {
	if m == nil {
		return []byte("{}"), nil
	}
	return marshal(m)
}

// marshal is json.Marshal without the escapes that protect JSON inside HTML
// pages: messages are no pages, and HTML output would grow by a third. Text
// that is not UTF-8 is written with U+FFFD in the place of each bad byte.
func marshal(v any) ([]byte, error) {
	m := marshalers.Get().(*marshaler)
	defer func() {
		if m.buf.Cap() <= maxPooled {
			m.buf.Reset()
			marshalers.Put(m)
		}
	}()
	if err := m.enc.Encode(v); err != nil {
		return nil, err
	}
	raw := bytes.TrimSuffix(m.buf.Bytes(), []byte("\n"))
	if m.buf.Cap() > maxPooled {
		return raw, nil // nobody else's from now on
	}
	return bytes.Clone(raw), nil
}

// A marshaler is an encoder and the buffer it writes to.
type marshaler struct {
	buf bytes.Buffer
	enc *json.Encoder
}

// maxPooled is the largest buffer that is kept for the next message.
const maxPooled = 64 << 10

var marshalers = sync.Pool{New: func() any {
	m := new(marshaler)
	m.enc = json.NewEncoder(&m.buf)
	m.enc.SetEscapeHTML(false)
	return m
}}

// checkObject says what is wrong with raw, which has to be a JSON object in
// UTF-8.
func checkObject(raw []byte) error {
	trimmed := bytes.TrimLeft(raw, " \t\r\n")
	switch {
	case !utf8.Valid(raw):
		return errors.New("not UTF-8")
	case !validJSON(raw):
		return errors.New("not JSON")
	case trimmed[0] != '{':
		return errors.New("not a JSON object")
	}
	return nil
}

// validJSON is json.Valid, which looks at one byte after the other. Most of a
// large message is text, of which it sees little.
func validJSON(raw []byte) bool {
	if len(raw) >= 1<<10 {
		raw = withoutPlain(raw)
	}
	return json.Valid(raw)
}

// withoutPlain returns raw without the plain parts of its strings: it is JSON if
// and only if raw is.
func withoutPlain(raw []byte) []byte {
	var rest []byte
	inString, from := false, 0
	for i := 0; i < len(raw); i++ {
		if inString {
			if n := jsontext.PlainRun(raw[i:]); n > 0 {
				rest = append(rest, raw[from:i]...)
				i += n
				from = i
			}
		}
		if i == len(raw) {
			break
		}
		switch c := raw[i]; {
		case c == '"':
			inString = !inString
		case c == '\\' && inString:
			i++
			if i < len(raw) && raw[i] == 'u' {
				i += 4
			}
		}
	}
	return append(rest, raw[from:]...)
}

// hasMember reports whether object, which is a JSON object, has a member of that
// name. A name that is written with escapes is not recognized.
func hasMember(object []byte, name string) bool {
	depth := 0
	for i := 0; i < len(object); i++ {
		switch object[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			start := i + 1
			for i = start; object[i] != '"'; i++ {
				if object[i] == '\\' {
					i++
				}
			}
			rest := bytes.TrimLeft(object[i+1:], " \t\r\n")
			if depth == 1 && rest[0] == ':' && string(object[start:i]) == name {
				return true
			}
		}
	}
	return false
}

// plainError turns an error of encoding/json about a value of the wrong type
// into one that does not speak of Go.
func plainError(err error) error {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err
	}
	kinds := map[reflect.Kind]string{
		reflect.String: "a string", reflect.Bool: "true or false", reflect.Int: "a whole number",
		reflect.Map: "an object", reflect.Struct: "an object", reflect.Slice: "a list",
	}
	name := e.Field[strings.LastIndex(e.Field, ".")+1:]
	return fmt.Errorf("%s is %s, want %s", name, article(e.Value), kinds[e.Type.Kind()])
}

// article puts an article before what encoding/json calls a value: "number",
// "number 1.5", "array".
func article(value string) string {
	value, _, _ = strings.Cut(value, " ")
	switch value {
	case "bool":
		return "true or false"
	case "array", "object":
		return "an " + value
	}
	return "a " + value
}

// unmarshalRequired decodes raw into v and reports the first of the required
// keys that is missing or null.
func unmarshalRequired(raw []byte, v any, required ...string) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		return err
	}
	for _, k := range required {
		if val, ok := keys[k]; !ok || string(val) == "null" {
			return fmt.Errorf("%s is missing", k)
		}
	}
	return nil
}
