package kernel

import "errors"

var errUnheard = errors.New("kernel: nobody has subscribed")

// early is what was published before the first subscriber was there. A client
// connects its sockets one by one, each when it likes: its first cell may run before
// its subscription arrives.
//
// At most [Config.Backlog] bytes are kept, those of the newest messages.
type early struct {
	messages []earlyMessage
	size     int
	full     bool // something was dropped
}

type earlyMessage struct {
	frames [][]byte
	done   func(error) // may be nil
}

// keepEarly keeps a message for the first subscriber. The caller holds room.
func (o *outgoing) keepEarly(frames [][]byte, done func(error)) {
	e := &o.early
	e.messages = append(e.messages, earlyMessage{frames, done})
	for e.size += sizeOf(frames); e.size > o.cfg.Backlog; {
		if !e.full {
			e.full = true
			o.cfg.Logger.Warn("kernel: nobody subscribes to iopub: the oldest of its messages are dropped",
				"kept", o.cfg.Backlog)
		}
		oldest := e.messages[0]
		e.messages[0] = earlyMessage{}
		e.messages = e.messages[1:]
		e.size -= sizeOf(oldest.frames)
		if oldest.done != nil {
			oldest.done(errUnheard)
		}
	}
}

// take returns what was kept, and keeps it no more.
func (e *early) take() []earlyMessage {
	messages := e.messages
	*e = early{}
	return messages
}

// sizeOf returns the number of bytes in frames.
func sizeOf(frames [][]byte) (size int) {
	for _, f := range frames {
		size += len(f)
	}
	return size
}
