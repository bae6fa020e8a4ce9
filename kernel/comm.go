package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A Comm is a line between the language and the front ends (a widget, for
// instance): either side opens it, both may send messages, either side closes
// it. Its methods may be called from any goroutine, and block as those of
// [Output] do; after the end of the kernel they return ErrShutdown.
type Comm struct {
	ID     string // names the comm in its messages
	Target string // names what the other side opens it for, "jupyter.widget" for instance

	// Metadata is that of the front end's comm_open, in which widgets say the
	// version of their protocol; nil if there is none.
	Metadata json.RawMessage

	comms *comms
}

// Send sends a message to the front ends, with the parent of out: that of the
// [Request] or the [CommMessage] because of which it is sent or, where there is
// none, the Output of [Language.Start]. data has to become a JSON object; nil is an
// empty one. It is no error that the comm is closed: front ends ignore the message.
func (c *Comm) Send(out *Output, data any, buffers [][]byte) error {
	raw, err := jupyter.CommData(data)
	if err != nil {
		return err
	}
	return out.now().comm(&jupyter.CommMsg{CommID: c.ID, Data: raw}, nil, buffers)
}

// Close closes the comm and tells the front ends, with the parent of out as in
// Send. Closing it again does nothing.
func (c *Comm) Close(out *Output, data any) error {
	raw, err := jupyter.CommData(data)
	if err != nil {
		return err
	}
	if !c.comms.remove(c.ID) {
		return nil
	}
	return out.now().comm(&jupyter.CommClose{CommID: c.ID, Data: raw}, nil, nil)
}

// A CommMessage is what a front end says on a comm. What is shown or sent through
// it has it as its parent.
type CommMessage struct {
	*Output
	Comm    *Comm
	Data    json.RawMessage // JSON, by the protocol an object; never empty
	Buffers [][]byte
}

// A CommOpening says how a language opens a comm to the front ends.
type CommOpening struct {
	Target   string
	ID       string // default: a new one
	Data     any    // has to become a JSON object; nil is an empty one
	Metadata any    // of the message, likewise: widgets say their version there
	Buffers  [][]byte
}

// comms are the open comms of a kernel.
type comms struct {
	server *Server

	mu   sync.Mutex
	open map[string]*openComm // guarded by mu; by id
}

// An openComm is a comm and the language's end of it, which may be nil.
type openComm struct {
	comm    *Comm
	handler CommHandler
}

func newComms(s *Server) *comms {
	return &comms{server: s, open: map[string]*openComm{}}
}

// add registers a comm. It reports false if its id is taken.
func (cs *comms) add(c *Comm, h CommHandler) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if _, ok := cs.open[c.ID]; ok {
		return false
	}
	cs.open[c.ID] = &openComm{c, h}
	return true
}

// remove forgets a comm. It reports false if there is none of that id.
func (cs *comms) remove(id string) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	_, ok := cs.open[id]
	delete(cs.open, id)
	return ok
}

func (cs *comms) get(id string) *openComm {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.open[id]
}

// info answers a comm_info_request.
func (cs *comms) info(c *jupyter.CommInfoRequest) jupyter.Content {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	r := &jupyter.CommInfoReply{Status: jupyter.StatusOK, Comms: map[string]jupyter.CommInfo{}}
	for id, o := range cs.open {
		if c.TargetName == "" || c.TargetName == o.comm.Target {
			r.Comms[id] = jupyter.CommInfo{TargetName: o.comm.Target}
		}
	}
	return r
}

// comm publishes a message of a comm, which is sent for silent requests too: it
// is for the front end's other end of the comm, not for its user.
func (o *Output) comm(c jupyter.Content, metadata json.RawMessage, buffers [][]byte) error {
	return o.out.output(o.parent, c, metadata, buffers)
}

// openToFrontEnd opens a comm from the side of the language. The comm_open is
// in the FIFO before any message of the comm can be.
func (cs *comms) openToFrontEnd(out *Output, o *CommOpening, h CommHandler) (*Comm, error) {
	raw, err := jupyter.CommData(o.Data)
	if err != nil {
		return nil, err
	}
	metadata, err := jupyter.CommData(o.Metadata)
	if err != nil {
		return nil, err
	}
	c := &Comm{ID: o.ID, Target: o.Target, Metadata: metadata, comms: cs}
	if c.ID == "" {
		c.ID = jupyter.NewID()
	}
	if !cs.add(c, h) {
		return nil, fmt.Errorf("kernel: comm %q is open already", c.ID)
	}
	err = out.comm(&jupyter.CommOpen{CommID: c.ID, TargetName: c.Target, Data: raw}, metadata, o.Buffers)
	if err != nil {
		cs.remove(c.ID)
		return nil, err
	}
	return c, nil
}

// comm serves a message of a comm. One that opens a comm and does not come to the
// language, because it was interrupted or the language did not start, is answered as
// for an unknown target: its front end takes the comm for open.
func (s *Server) comm(ctx context.Context, in *incoming, c jupyter.Content) {
	handled := false
	s.call(ctx, in, func() (jupyter.Content, error) {
		handled = true
		return nil, s.comms.handle(ctx, in, c)
	})
	if o, ok := c.(*jupyter.CommOpen); ok && !handled {
		out := &Output{out: s.out, parent: in.msg.RawHeader}
		s.logError(out.comm(&jupyter.CommClose{CommID: o.CommID}, nil, nil))
	}
}

// handle gives a comm message of a front end to the language.
func (cs *comms) handle(ctx context.Context, in *incoming, c jupyter.Content) error {
	m := &CommMessage{
		Output:  &Output{out: cs.server.out, comms: cs, parent: in.msg.RawHeader},
		Buffers: in.msg.Buffers,
	}
	cs.server.ambient.Store(m.Output)
	switch c := c.(type) {
	case *jupyter.CommOpen:
		m.Comm = &Comm{ID: c.CommID, Target: c.TargetName, Metadata: in.msg.Metadata, comms: cs}
		m.Data = c.Data
		err := cs.handleOpen(ctx, m)
		if errors.Is(err, ErrNoTarget) { // the front end is told
			cs.server.cfg.Logger.Debug("kernel: comm to an unknown target", "target", c.TargetName)
			return nil
		}
		return err
	case *jupyter.CommMsg:
		o := cs.get(c.CommID)
		if o == nil { // front ends that open one do not wait to hear that it was closed
			cs.server.cfg.Logger.Debug("kernel: message for a comm that is not open", "comm", c.CommID)
			return nil
		}
		if o.handler != nil {
			m.Comm, m.Data = o.comm, c.Data
			return o.handler.Message(ctx, m)
		}
	case *jupyter.CommClose:
		o := cs.get(c.CommID)
		cs.remove(c.CommID)
		if o != nil && o.handler != nil {
			m.Comm, m.Data = o.comm, c.Data
			return o.handler.Close(ctx, m)
		}
	}
	return nil
}

// handleOpen gives a new comm to the language. "If the target_name key is not
// found on the receiving side, then it should immediately reply with a
// comm_close message to avoid an inconsistent state."
func (cs *comms) handleOpen(ctx context.Context, m *CommMessage) (err error) {
	// Registered before the language hears of it, which may send at once.
	if !cs.add(m.Comm, nil) {
		return fmt.Errorf("comm %q is open already", m.Comm.ID)
	}
	defer func() {
		if p := recover(); p != nil || err != nil {
			cs.server.logError(m.Comm.Close(m.Output, nil))
			if p != nil {
				panic(p) // becomes an error in call
			}
		}
	}()
	o, ok := cs.server.lang.(CommOpener)
	if !ok {
		return ErrNoTarget
	}
	h, err := o.OpenComm(ctx, m)
	if err != nil {
		return err
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if o := cs.open[m.Comm.ID]; o != nil {
		o.handler = h
	}
	return nil
}
