package jupyter

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// SchemeHMACSHA256 is the signature scheme that every Jupyter client uses.
const SchemeHMACSHA256 = "hmac-sha256"

// Bounds on what is decoded. The size of a whole message is bounded by the
// socket it comes from.
const (
	maxIdentities = 16
	maxBuffers    = 1 << 16
	maxHeaders    = 1 << 20 // bytes in header and parent header together
)

// delimiter ends the routing prefix of a message.
var delimiter = []byte("<IDS|MSG>")

var (
	// ErrMalformed is matched by errors of [Codec.Decode] about frames that are
	// no message.
	ErrMalformed = errors.New("jupyter: malformed message")
	// ErrSignature is matched by errors of [Codec.Decode] about a message
	// whose signature is wrong.
	ErrSignature = errors.New("jupyter: wrong signature")
	// ErrReplay is matched by errors of [Codec.Decode] about a message whose
	// signature was seen before.
	ErrReplay = errors.New("jupyter: replayed message")
)

// A Codec turns messages into frames and back, with signatures. It is safe for
// concurrent use.
type Codec struct {
	hashes *sync.Pool // of *signer; nil if messages are not signed
	seen   *replayGuard
}

// A signer is a keyed hash, and room for what it sums up to.
type signer struct {
	hash hash.Hash
	sum  [sha256.Size]byte
}

// NewCodec returns a codec for a signature scheme and a key, as a connection
// file names them. The only scheme is "hmac-sha256"; an empty scheme means the
// same. With an empty key messages are neither signed nor checked.
func NewCodec(scheme string, key Key) (*Codec, error) {
	if scheme != "" && scheme != SchemeHMACSHA256 {
		return nil, fmt.Errorf("jupyter: unknown signature_scheme %q: only %q is supported",
			scheme, SchemeHMACSHA256)
	}
	if key.Empty() {
		return &Codec{}, nil
	}
	return &Codec{
		hashes: &sync.Pool{New: func() any {
			return &signer{hash: hmac.New(sha256.New, []byte(key.Reveal()))}
		}},
		seen: newReplayGuard(),
	}, nil
}

// Encode returns the frames of m, identities first.
func (c *Codec) Encode(m *Message) ([][]byte, error) {
	header, err := m.HeaderJSON()
	if err != nil {
		return nil, err
	}
	parts := [4][]byte{header, orEmpty(m.ParentHeader), orEmpty(m.Metadata), orEmpty(m.Content)}
	frames := make([][]byte, 0, len(m.Identities)+6+len(m.Buffers))
	frames = append(frames, m.Identities...)
	frames = append(frames, delimiter, c.signature(parts[:]...))
	frames = append(frames, parts[:]...)
	return append(frames, m.Buffers...), nil
}

// signature returns the frame that signs parts, empty if messages are not signed.
func (c *Codec) signature(parts ...[]byte) []byte {
	if c.hashes == nil {
		return []byte{}
	}
	sum := c.sign(parts...)
	return hex.AppendEncode(make([]byte, 0, 2*len(sum)), sum[:])
}

// sign returns the HMAC of parts: the four JSON frames of a message, and nothing
// else. Buffers are not signed.
func (c *Codec) sign(parts ...[]byte) (sum [sha256.Size]byte) {
	s := c.hashes.Get().(*signer)
	s.hash.Reset()
	for _, p := range parts {
		s.hash.Write(p)
	}
	s.hash.Sum(s.sum[:0])
	sum = s.sum
	c.hashes.Put(s)
	return sum
}

// Decode returns the message that frames are. The message keeps the frames.
//
// Nothing is parsed before the signature was found right. Where only the parent
// header, the metadata or the content is broken, Decode returns the message,
// with that part empty, and a [*PartError]: whoever has to answer it can. A parent
// header or metadata that are null become an empty object, with no error: Positron's
// supervisor sends such metadata.
func (c *Codec) Decode(frames [][]byte) (*Message, error) {
	at, err := checkBounds(frames)
	if err != nil {
		return nil, err
	}
	parts := [4][]byte(frames[at+2 : at+6])
	if c.hashes != nil {
		if err := c.verify(frames[at+1], parts[:]...); err != nil {
			return nil, err
		}
	}
	m := &Message{
		Identities: frames[:at:at],
		RawHeader:  parts[0],
		Buffers:    frames[at+6:],
	}
	if err := parseHeader(parts[0], &m.Header); err != nil {
		return nil, err
	}
	for i, part := range []struct {
		name     string
		dst      *json.RawMessage
		optional bool
	}{{"parent_header", &m.ParentHeader, true}, {"metadata", &m.Metadata, true}, {"content", &m.Content, false}} {
		if part.optional && bytes.Equal(parts[i+1], null) {
			*part.dst = orEmpty(nil)
			continue
		}
		if perr := checkObject(parts[i+1]); perr != nil {
			if err == nil {
				err = &PartError{part.name, perr.Error()}
			}
			continue
		}
		*part.dst = parts[i+1]
	}
	m.checked = err == nil
	return m, err
}

var null = []byte("null")

// findDelimiter returns the index of the delimiter.
func findDelimiter(frames [][]byte) (int, error) {
	for i, f := range frames[:min(len(frames), maxIdentities+1)] {
		if bytes.Equal(f, delimiter) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%w: no delimiter", ErrMalformed)
}

// checkBounds finds the delimiter and checks that the frames of a message are
// there and not too large.
func checkBounds(frames [][]byte) (delimiterAt int, err error) {
	at, err := findDelimiter(frames)
	if err != nil {
		return 0, err
	}
	switch {
	case len(frames) < at+6:
		return 0, fmt.Errorf("%w: %d frames after the delimiter, want at least 5",
			ErrMalformed, len(frames)-at-1)
	case len(frames) > at+6+maxBuffers:
		return 0, fmt.Errorf("%w: more than %d buffers", ErrMalformed, maxBuffers)
	case len(frames[at+2])+len(frames[at+3]) > maxHeaders:
		return 0, fmt.Errorf("%w: headers of more than %d bytes", ErrMalformed, maxHeaders)
	}
	return at, nil
}

// verify checks the signature of parts, and that it is a new one.
func (c *Codec) verify(sig []byte, parts ...[]byte) error {
	var got [sha256.Size]byte
	if len(sig) != hex.EncodedLen(len(got)) {
		return fmt.Errorf("%w: %d characters, want %d", ErrSignature, len(sig), hex.EncodedLen(len(got)))
	}
	if _, err := hex.Decode(got[:], sig); err != nil {
		return fmt.Errorf("%w: not hexadecimal", ErrSignature)
	}
	want := c.sign(parts...)
	if !hmac.Equal(got[:], want[:]) {
		return ErrSignature
	}
	if !c.seen.add(want) {
		return ErrReplay
	}
	return nil
}

// parseHeader decodes a header. Only what is needed to answer must be right:
// the message id and the type.
func parseHeader(raw []byte, h *Header) error {
	if err := checkObject(raw); err != nil {
		return fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	err := json.Unmarshal(raw, h)
	// After a field of the wrong type, Unmarshal goes on with the others.
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !ok {
		return fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	// Unmarshal takes "Msg_Type" for msg_type; others, to whom the header goes back
	// as a parent, do not.
	if h.MsgID == "" || h.MsgType == "" || !hasMember(raw, "msg_id") || !hasMember(raw, "msg_type") {
		return fmt.Errorf("%w: header without msg_id or msg_type", ErrMalformed)
	}
	return nil
}

// A PartError says which part of a message, otherwise good, is broken.
type PartError struct {
	Part   string // "parent_header", "metadata" or "content"
	Reason string
}

func (e *PartError) Error() string { return "jupyter: " + e.Part + ": " + e.Reason }
