package jupyter

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"
)

// A Content is the content of one type of message.
type Content interface {
	// MsgType returns the type of the message whose content this is.
	MsgType() string
}

// A RawContent is the content of a message type that this package has no type
// for, to be sent. Of one that came, [Message.Content] is all there is.
type RawContent struct {
	Type string
	JSON json.RawMessage
}

// MsgType returns c.Type.
func (c *RawContent) MsgType() string { return c.Type }

// MarshalJSON returns c.JSON, or {} where there is none.
func (c *RawContent) MarshalJSON() ([]byte, error) {
	if len(c.JSON) == 0 {
		return []byte("{}"), nil
	}
	return c.JSON, nil
}

// A Header is the header of a message.
type Header struct {
	MsgID    string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"`
	MsgType  string `json:"msg_type"`
	Version  string `json:"version"`

	// SubshellID names the subshell that a shell message is for; empty is the
	// main shell.
	SubshellID string `json:"subshell_id,omitempty"`
}

// A Message is one message in its wire form.
type Message struct {
	// Identities is the routing prefix: on ROUTER sockets the identity of the
	// peer, on IOPub the topic.
	Identities [][]byte

	Header Header

	// RawHeader is the header as it came, which is what goes back as the parent
	// header of whatever this message causes: keys that we do not know survive.
	// It is nil in a message that was not decoded.
	RawHeader json.RawMessage

	// ParentHeader, Metadata and Content are JSON objects; nil means {}.
	ParentHeader json.RawMessage
	Metadata     json.RawMessage
	Content      json.RawMessage

	// Buffers are the binary attachments, which are not signed.
	Buffers [][]byte

	checked bool // Content is known to be a JSON object: it was when decoded
}

// ErrUnknownType is what [Message.Parse] returns for a type of message that
// this package has no content for.
var ErrUnknownType = errors.New("jupyter: unknown message type")

// Parse decodes the content of m into the type that belongs to the message
// type, a pointer to one of the structs of this package. Fields that are
// missing get the protocol's defaults; fields that are unknown are ignored. Of a
// reply whose status is "error" all but an [ExecuteReply] hold the status only; the
// rest can be read from m.Content as an [ErrorInfo]. For unknown types the error
// matches [ErrUnknownType].
func (m *Message) Parse() (Content, error) {
	makeContent, ok := contents[m.Header.MsgType]
	if !ok {
		return nil, fmt.Errorf("%w %q", ErrUnknownType, m.Header.MsgType)
	}
	c := makeContent()
	if err := m.decode(c); err != nil {
		return nil, err
	}
	return c, nil
}

// Decode returns the content of m as a T. It is an error if m is of another
// type.
func Decode[T any, P interface {
	*T
	Content
}](m *Message) (*T, error) {
	c := new(T)
	if want := P(c).MsgType(); want != m.Header.MsgType {
		return nil, fmt.Errorf("jupyter: a message of type %q is no %s", m.Header.MsgType, want)
	}
	if err := m.decode(P(c)); err != nil {
		return nil, err
	}
	return c, nil
}

func (m *Message) decode(c Content) error {
	raw := orEmpty(m.Content)
	if !m.checked {
		if err := checkObject(raw); err != nil {
			return fmt.Errorf("jupyter: content of %s: %w", m.Header.MsgType, err)
		}
	}
	var err error
	if u, ok := c.(json.Unmarshaler); ok {
		err = u.UnmarshalJSON(raw) // json.Unmarshal would read it all twice before
	} else {
		err = json.Unmarshal(raw, c)
	}
	if err != nil {
		return fmt.Errorf("jupyter: content of %s: %w", m.Header.MsgType, plainError(err))
	}
	return nil
}

// Parent decodes the parent header. A message without parent has the zero
// Header.
func (m *Message) Parent() (Header, error) {
	var h Header
	if len(m.ParentHeader) == 0 {
		return h, nil
	}
	err := json.Unmarshal(m.ParentHeader, &h)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = nil // an odd field does not matter; what could be read was
	}
	if err != nil {
		return Header{}, fmt.Errorf("jupyter: parent header: %w", err)
	}
	return h, nil
}

// HeaderJSON returns the header as JSON: as it came, or else made from
// m.Header. It is the parent header of whatever m causes.
func (m *Message) HeaderJSON() (json.RawMessage, error) {
	if m.RawHeader != nil {
		return m.RawHeader, nil
	}
	raw, err := marshal(m.Header)
	if err != nil {
		return nil, fmt.Errorf("jupyter: header: %w", err)
	}
	return raw, nil
}

// orEmpty returns raw, or {} where there is nothing.
func orEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

// A Session makes the messages of one process: its kernel session or its
// client session. It is safe for concurrent use.
type Session struct {
	ID       string // read-only after NewSession
	Username string // read-only after NewSession
}

// NewSession returns a session with a new id. An empty username means the name
// of the user whose process this is.
func NewSession(username string) *Session {
	if username == "" {
		username = currentUser()
	}
	return &Session{ID: NewID(), Username: username}
}

func currentUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return os.Getenv("USER")
}

// New makes a message of c. parent is the header of the message that caused
// this one, or nil. It fails if c cannot become JSON.
func (s *Session) New(parent json.RawMessage, c Content) (*Message, error) {
	raw, err := marshalContent(c)
	if err != nil {
		return nil, fmt.Errorf("jupyter: content of %s: %w", c.MsgType(), err)
	}
	return &Message{
		Header: Header{
			MsgID:    NewID(),
			Session:  s.ID,
			Username: s.Username,
			Date:     time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
			MsgType:  c.MsgType(),
			Version:  ProtocolVersion,
		},
		ParentHeader: parent,
		Content:      raw,
	}, nil
}

func marshalContent(c Content) ([]byte, error) {
	if m, ok := c.(json.Marshaler); ok {
		return m.MarshalJSON() // encoding/json would read and copy it again
	}
	return marshal(c)
}

// Reply makes the message that answers req with c, addressed to its sender.
func (s *Session) Reply(req *Message, c Content) (*Message, error) {
	parent, err := req.HeaderJSON()
	if err != nil {
		return nil, err
	}
	m, err := s.New(parent, c)
	if err != nil {
		return nil, err
	}
	m.Identities = req.Identities
	return m, nil
}

// NewID returns a new random UUID, the form of every id in the protocol.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	id := make([]byte, 0, 36)
	for i, part := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			id = append(id, '-')
		}
		id = hex.AppendEncode(id, part)
	}
	return string(id)
}
