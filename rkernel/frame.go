package rkernel

import (
	"encoding/binary"
	"errors"
)

// Frames from R to the kernel; rkernel/host/host.h has the same list. Those
// marked * are acknowledged, and R waits for it.
const (
	evReady   = 'R' // the first prompt is reached
	evTemp    = 'T' // R's temporary directory
	evLane    = 'L' // text goes to this pipe next: "1" or "2"
	evSync    = 'S' // * take what is in the pipes
	evInput   = 'I' // a prompt: sequence, text, password ("0" or "1")
	evResult  = 'B' // * text on stdout from here on is a value's
	evValue   = 'v' // * a value is complete; see completeValue
	evBegin   = 'b' // a cell or call begins, SIGINT is for it from here: id
	evDone    = 'D' // * the cell ended; see doneEvent
	evUser    = 'V' // * kind, parts
	evReturn  = 'r' // * a call ended: id, "1" or "0", strings
	evExit    = 'X' // R ends by its own will: status
	evFatal   = 'F' // R cannot start: why
	evNudged  = 'n' // R has taken the last interrupt ("1"), or not yet ("0")
	evStop    = 'p' // the cell has stopped for the debugger: number, why, functions that run, line, error
	evResumed = 'u' // and goes on: "1" if it was interrupted there
)

// Frames from the kernel to R.
const (
	cmdAck      = 'a' // of evUser also: what is wrong with the event
	cmdLoad     = 'l' // R code for the private environment, a part per file
	cmdExecute  = 'x' // id, store_history ("0" or "1"), code, source and its number for the debugger
	cmdAnswer   = 'i' // sequence, status ("o", "i" or "e"), text
	cmdCall     = 'c' // id, function, arguments
	cmdMessage  = 'm' // id, function, number of texts, texts, raw parts
	cmdDebug    = 'd' // attached, whether errors stop, and warnings ("0" or "1"), breakpoints: source, line, condition, test of hits, message
	cmdInquire  = 'g' // cmdCall where a cell has stopped
	cmdEvaluate = 'e' // cmdMessage where a cell has stopped
	cmdResume   = 'u' // how a cell that has stopped goes on: number, how
	cmdPause    = 'p' // the cell is to stop where it can: id
	cmdQuit     = 'q'
)

// maxFrame bounds a frame from R. R is ours, but what runs in it is not.
const maxFrame = 1 << 30

var errFrame = errors.New("R sent a frame that cannot be read")

// A frame is a type and its parts. On the wire it is the length of what
// follows, the type, and each part led by its length; lengths are 32 bits,
// little-endian.
type frame struct {
	kind  byte
	parts [][]byte
}

// part returns part i as text, "" if there is none.
func (f frame) part(i int) string {
	if i >= len(f.parts) {
		return ""
	}
	return string(f.parts[i])
}

// appendFrame appends the wire form of a frame to b.
func appendFrame(b []byte, kind byte, parts ...string) []byte {
	size := 1
	for _, p := range parts {
		size += 4 + len(p)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = append(b, kind)
	for _, p := range parts {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// cutFrame takes the first frame from b. It returns what is left; ok is false
// if b does not hold a whole frame yet. The frame does not refer to b.
func cutFrame(b []byte) (f frame, rest []byte, ok bool, err error) {
	if len(b) < 4 {
		return f, b, false, nil
	}
	size := binary.LittleEndian.Uint32(b)
	if size == 0 || size > maxFrame {
		return f, b, false, errFrame
	}
	if uint64(len(b)-4) < uint64(size) {
		return f, b, false, nil
	}
	body := append([]byte(nil), b[4:4+size]...)
	rest = b[4+size:]
	f.kind, body = body[0], body[1:]
	for len(body) > 0 {
		if len(body) < 4 {
			return f, rest, false, errFrame
		}
		n := binary.LittleEndian.Uint32(body)
		body = body[4:]
		if uint64(n) > uint64(len(body)) {
			return f, rest, false, errFrame
		}
		f.parts = append(f.parts, body[:n:n])
		body = body[n:]
	}
	return f, rest, true, nil
}
