package kernel

import (
	"encoding/json"
	"strings"

	"github.com/adrastea-kernel/adrastea/internal/jsontext"
	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

const (
	// maxPiece is the most text that one stream message holds.
	maxPiece = 256 << 10

	// segmentSize is what a segment costs besides its text.
	segmentSize = 512

	// From longText on a segment has room for a whole message, and a frame as large
	// as all the others, which is used again.
	longText  = 16 << 10
	fullFrame = maxPiece + maxPiece/8
)

// A segment is text of one stream of one parent that is to be a message. It is
// written as JSON when it comes, where it will be sent from.
type segment struct {
	parent json.RawMessage
	name   string
	json   []byte // the message's content up to the end of the text
	size   int    // of the text
	lines  int    // where in json the last line of the text ends; 0: nowhere
	rest   int    // the size of what follows there
}

// newSegment begins a segment with text that has at most maxPiece bytes.
func newSegment(parent json.RawMessage, name, text string) segment {
	s := segment{parent: parent, name: name}
	s.grow(len(text))
	s.json = jsontext.AppendEscaped(append(s.json, `{"name":"`...), name)
	s.json = append(s.json, `","text":"`...)
	s.append(text)
	return s
}

// grow makes room for n more bytes of text, of which some need escapes.
func (s *segment) grow(n int) {
	need := len(s.json) + n + n/8 + 64
	if need <= cap(s.json) {
		return
	}
	if need >= longText {
		need = max(need, fullFrame)
	}
	old := s.json
	s.json = append(zmq.NewFrame(max(need, 2*cap(old))), old...)
	recycle(old)
}

// add adds text if there is room for it.
func (s *segment) add(text string) bool {
	if s.size+len(text) > maxPiece {
		return false
	}
	s.append(text)
	return true
}

// append adds text.
func (s *segment) append(text string) {
	s.grow(len(text))
	s.size += len(text)
	s.rest += len(text)
	if n := wholeLines(text); n > 0 {
		s.json = jsontext.AppendEscaped(s.json, text[:n])
		s.lines = len(s.json)
		text = text[n:]
		s.rest = len(text)
	}
	s.json = jsontext.AppendEscaped(s.json, text)
}

// wholeLines returns where the last line of text ends. A carriage return ends a
// line too: it is how progress is shown. (Where there is none, IndexByte is
// quicker to say so.)
func wholeLines(text string) int {
	n := 0
	for _, end := range []byte("\n\r") {
		if strings.IndexByte(text[n:], end) >= 0 {
			n += strings.LastIndexByte(text[n:], end) + 1
		}
	}
	return n
}

// cutLines leaves whole lines in s and returns what follows them.
func (s *segment) cutLines() segment {
	rest := newSegment(s.parent, s.name, "")
	if s.lines == 0 {
		rest, *s = *s, rest
		return rest
	}
	rest.json = append(rest.json, s.json[s.lines:]...)
	rest.size, rest.rest = s.rest, s.rest
	s.json = s.json[:s.lines]
	s.size, s.rest = s.size-s.rest, 0
	return rest
}

// content is the content of the message. Nothing can be added to s after it.
func (s *segment) content() *streamContent {
	return &streamContent{name: s.name, json: append(s.json, `"}`...)}
}

// A streamContent is a jupyter.Stream that is JSON already.
type streamContent struct {
	name string
	json []byte
}

func (c *streamContent) MsgType() string { return jupyter.TypeStream }

func (c *streamContent) MarshalJSON() ([]byte, error) { return c.json, nil }

// recycle gives back the memory of the content, of which nobody knows any more.
func (c *streamContent) recycle() { recycle(c.json) }

func recycle(frame []byte) { zmq.Message{Frames: [][]byte{frame}}.Recycle() }
