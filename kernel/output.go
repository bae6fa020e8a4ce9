package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// An Output publishes what a language shows. Its messages carry the parent it
// was made for; those of a silent request are dropped, as the protocol says, but
// for those of comms. Its methods may be called from any goroutine, keep the order
// of the calls of one goroutine, and block while the front ends are slow and the
// backlog is full (K7). After the end of the kernel they return ErrShutdown.
//
// Text is sent before any later message, of this Output or another, and before
// the reply to the request.
type Output struct {
	out    *outgoing
	parent json.RawMessage
	silent bool

	// latest, where it is not nil, holds the Output to use in the place of this
	// one.
	latest *atomic.Pointer[Output]
	comms  *comms
}

// now returns the Output to use.
func (o *Output) now() *Output {
	if o.latest != nil {
		if l := o.latest.Load(); l != nil {
			return l
		}
	}
	return o
}

// Stream publishes text on "stdout" or "stderr"; another name is an error. Text is
// joined with other text that comes shortly after.
func (o *Output) Stream(name, text string) error {
	if name != jupyter.Stdout && name != jupyter.Stderr {
		return fmt.Errorf("kernel: stream %q, want stdout or stderr", name)
	}
	o = o.now()
	if o.silent {
		return nil
	}
	return o.out.stream(o.parent, name, text)
}

// StreamBytes is Stream for text that may change when it has returned.
func (o *Output) StreamBytes(name string, text []byte) error {
	// Nothing that Stream calls keeps text: what is held back is a copy.
	return o.Stream(name, unsafe.String(unsafe.SliceData(text), len(text)))
}

// Display publishes display_data; id, if not empty, is its display_id, by
// which UpdateDisplay replaces it later.
func (o *Output) Display(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	return o.publish(&jupyter.DisplayData{
		Data: data, Metadata: metadata, Transient: jupyter.Transient{DisplayID: id},
	})
}

// UpdateDisplay publishes update_display_data: it replaces what was displayed
// with id, which must not be empty.
func (o *Output) UpdateDisplay(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	if id == "" {
		return errors.New("kernel: UpdateDisplay without an id")
	}
	return o.publish(&jupyter.UpdateDisplayData{
		Data: data, Metadata: metadata, Transient: jupyter.Transient{DisplayID: id},
	})
}

// ClearOutput has the front ends remove what the request has shown: at once or,
// with wait, when there is something to put in its place.
func (o *Output) ClearOutput(wait bool) error {
	return o.publish(&jupyter.ClearOutput{Wait: wait})
}

func (o *Output) publish(c jupyter.Content) error {
	o = o.now()
	if o.silent {
		return nil
	}
	return o.out.output(o.parent, c, nil, nil)
}

// Flush returns when everything published so far, through whichever Output, was
// handed to the operating system, or dropped with a subscriber that has gone; what
// is kept for the first subscriber is not waited for. When ctx is done before, it
// returns the cause; after the end of the kernel it returns nil.
func (o *Output) Flush(ctx context.Context) error {
	select {
	case <-o.out.flush():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// OpenComm opens a comm to the front ends. h, which may be nil, handles what
// they send; of a [ConcurrentCommOpener] it may be called before OpenComm returns.
func (o *Output) OpenComm(opening *CommOpening, h CommHandler) (*Comm, error) {
	return o.comms.openToFrontEnd(o.now(), opening, h)
}

// A Request is an execute_request that runs.
type Request struct {
	*Output
	jupyter.ExecuteRequest
	ExecutionCount int

	// Metadata is the metadata of the message, for instance the id of the cell;
	// nil if there is none.
	Metadata json.RawMessage

	server *Server
	in     *incoming
	over   chan struct{}          // closed when Execute has returned, or never
	result atomic.Pointer[string] // text of the last Result, for the history
}

// Result publishes execute_result.
func (r *Request) Result(data jupyter.MIMEBundle, metadata map[string]any) error {
	if text, ok := data["text/plain"].(string); ok {
		r.result.Store(&text)
	}
	return r.publish(&jupyter.ExecuteResult{
		ExecutionCount: r.ExecutionCount, Data: data, Metadata: metadata,
	})
}

// Input asks the user who sent the request for a line of text (K4). It fails
// at once with ErrStdinNotAllowed where the request did not allow stdin. Everything
// published before is handed over first.
//
// The wait ends with the answer, with an interrupt that arrives while it waits
// (ErrInterrupted), when Execute has returned (ErrNotRunning), with the end of the
// kernel (ErrShutdown), or with ctx. An interrupt that came before does not end it:
// whether to ask all the same is up to the language. An input_reply that cannot be
// read is a [*BadReplyError].
func (r *Request) Input(ctx context.Context, prompt string, password bool) (string, error) {
	if !r.AllowStdin {
		return "", ErrStdinNotAllowed
	}
	return r.server.input(ctx, r, prompt, password)
}
