package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// ErrCommClosed is returned by [Comm.Send] after either side has closed the comm.
var ErrCommClosed = errors.New("client: the comm is closed")

// A Comm is this front end's end of a line to the kernel (a widget, for instance):
// either side opens it, both may send messages, either side closes it. It ends with
// the kernel, also when that is restarted. Its methods may be called from any
// goroutine, also from handlers. What the kernel shows because of a message goes to
// Config.Message.
type Comm struct {
	ID     string // names the comm in its messages
	Target string // what the other side opens it for, "jupyter.widget" for instance

	l       *link
	handler *CommHandler // set before the first message is taken
}

// A CommHandler hears of what the kernel says on a comm. Its functions are called
// one at a time and in order, in the goroutine that calls Config.Message, so that
// the Output of an Execute may not have taken yet what was shown before. Either may
// be nil.
type CommHandler struct {
	Message func(m *CommMessage)
	// Close is called when the kernel has closed the comm, as it does at once with
	// one whose target it does not know.
	Close func(m *CommMessage)
}

// A CommMessage is what the kernel says on a comm.
type CommMessage struct {
	Comm     *Comm
	Data     json.RawMessage // JSON, by the protocol an object; never empty
	Metadata json.RawMessage // an object; in that of a comm_open widgets say their version
	Buffers  [][]byte
}

// A CommOpening says how a comm is opened.
type CommOpening struct {
	Target   string
	ID       string // default: a new one
	Data     any    // has to become a JSON object; nil is an empty one
	Metadata any    // of the message, likewise
	Buffers  [][]byte
}

// OpenComm opens a comm to the kernel, whose messages h hears, which may be nil. It
// returns when the comm_open is on its way: a kernel that does not know the target
// closes the comm. Errors are as those of [Client.Send].
func (c *Client) OpenComm(ctx context.Context, o *CommOpening, h *CommHandler) (*Comm, error) {
	id := o.ID
	if id == "" {
		id = jupyter.NewID()
	}
	data, err := jupyter.CommData(o.Data)
	if err != nil {
		return nil, err
	}
	metadata, err := jupyter.CommData(o.Metadata)
	if err != nil {
		return nil, err
	}
	comm, err := c.AttachComm(id, o.Target, h)
	if err != nil {
		return nil, err
	}
	open := &jupyter.CommOpen{CommID: id, TargetName: o.Target, Data: data}
	if err := comm.send(ctx, open, metadata, o.Buffers); err != nil {
		comm.l.removeComm(comm)
		return nil, err
	}
	return comm, nil
}

// AttachComm joins a comm that is open already, of which [Client.CommInfo] knows,
// and whose messages h hears from now on. It is an error if this client has an end
// of it. It does not block, and sends nothing.
func (c *Client) AttachComm(id, target string, h *CommHandler) (*Comm, error) {
	l, err := c.current()
	if err != nil {
		return nil, err
	}
	comm := &Comm{ID: id, Target: target, l: l, handler: h}
	if !l.addComm(comm) {
		return nil, fmt.Errorf("client: comm %q is open already", id)
	}
	return comm, nil
}

// Send sends a message to the kernel. data has to become a JSON object; nil is an
// empty one. Like [Client.Send] it does not wait until the kernel has taken the
// message, which most kernels do only between two executions. The error is that of
// [Client.Send], or ErrCommClosed.
func (m *Comm) Send(ctx context.Context, data any, buffers [][]byte) error {
	raw, err := jupyter.CommData(data)
	if err != nil {
		return err
	}
	if m.l.comm(m.ID) != m {
		return ErrCommClosed
	}
	return m.send(ctx, &jupyter.CommMsg{CommID: m.ID, Data: raw}, nil, buffers)
}

// Close closes the comm and tells the kernel, with data as in Send; the handler
// hears no more. Closing it again, or after the kernel did, does nothing.
func (m *Comm) Close(ctx context.Context, data any) error {
	raw, err := jupyter.CommData(data)
	if err != nil {
		return err
	}
	if !m.l.removeComm(m) {
		return nil
	}
	return m.send(ctx, &jupyter.CommClose{CommID: m.ID, Data: raw}, nil, nil)
}

func (m *Comm) send(
	ctx context.Context, content jupyter.Content, metadata json.RawMessage, buffers [][]byte,
) error {
	msg, err := m.l.c.NewMessage(content)
	if err != nil {
		return err
	}
	msg.Metadata, msg.Buffers = metadata, buffers
	return m.l.sendOn(ctx, jupyter.Shell, msg)
}

// addComm reports false if there is a comm with that id.
func (l *link) addComm(m *Comm) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.comms[m.ID]; ok {
		return false
	}
	l.comms[m.ID] = m
	return true
}

// removeComm reports false if m is closed already.
func (l *link) removeComm(m *Comm) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.comms[m.ID] != m {
		return false
	}
	delete(l.comms, m.ID)
	return true
}

func (l *link) comm(id string) *Comm {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.comms[id]
}

// onComm hands a comm message to the handler of its comm. It returns false if
// there is none.
func (l *link) onComm(m *jupyter.Message) bool {
	content, err := m.Parse()
	if err != nil {
		l.c.cfg.Logger.Warn("broken message", "type", m.Header.MsgType, "err", err)
		return true
	}
	said := &CommMessage{Metadata: m.Metadata, Buffers: m.Buffers}
	switch c := content.(type) {
	case *jupyter.CommOpen:
		said.Comm = &Comm{ID: c.CommID, Target: c.TargetName, l: l}
		said.Data = c.Data
		return l.commOpened(said)
	case *jupyter.CommMsg:
		comm := l.comm(c.CommID)
		said.Comm, said.Data = comm, c.Data
		if comm != nil && comm.handler != nil && comm.handler.Message != nil {
			comm.handler.Message(said)
		}
		return comm != nil
	case *jupyter.CommClose:
		comm := l.comm(c.CommID)
		said.Comm, said.Data = comm, c.Data
		if comm == nil {
			return false
		}
		// Unless the front end closes it at this moment.
		if l.removeComm(comm) && comm.handler != nil && comm.handler.Close != nil {
			comm.handler.Close(said)
		}
		return true
	}
	return false
}

// commOpened asks Config.CommOpened for a handler.
func (l *link) commOpened(m *CommMessage) bool {
	if l.c.cfg.CommOpened == nil {
		return false
	}
	comm := m.Comm
	if !l.addComm(comm) {
		l.c.cfg.Logger.Warn("comm is open already", "id", comm.ID)
		return true
	}
	// No message of the comm is taken before it returns: this is the goroutine.
	comm.handler = l.c.cfg.CommOpened(m)
	if comm.handler == nil {
		l.removeComm(comm)
	}
	return comm.handler != nil
}
