package jupyter

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// hidden is what a Key shows in the place of itself.
const hidden = "(hidden)"

// A Key is a secret: the key that messages are signed with. Formatting and
// logging it shows that it is there but not what it is. The zero Key is the
// empty key, which means that messages are not signed.
type Key struct {
	// A function, so that even a struct that holds a Key in an unexported
	// field, where fmt may call no method, shows an address only.
	secret func() string
}

// NewKey returns the key whose text is s.
func NewKey(s string) Key {
	if s == "" {
		return Key{}
	}
	return Key{func() string { return s }}
}

// RandomKey returns a new random key.
func RandomKey() Key { return NewKey(NewID()) }

// Empty reports whether k is the empty key.
func (k Key) Empty() bool { return k.secret == nil }

// Reveal returns the text of the key.
func (k Key) Reveal() string {
	if k.secret == nil {
		return ""
	}
	return k.secret()
}

// String returns a placeholder.
func (k Key) String() string {
	if k.Empty() {
		return "(empty)"
	}
	return hidden
}

// Format writes the placeholder for every verb.
func (k Key) Format(s fmt.State, _ rune) { io.WriteString(s, k.String()) }

// LogValue returns the placeholder.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON writes the placeholder: a Key reaches a file only through
// [ConnectionInfo.WriteFile].
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }
