package kernel

import (
	"context"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A Language is what a kernel author implements; the framework does the rest.
// A language that can do more implements the optional interfaces below, which
// the framework finds by type assertion.
//
// The framework calls Execute, Complete, Inspect and IsComplete one at a time,
// in the order of the requests. Info, Interrupt and Shutdown may be called at
// any time from other goroutines.
type Language interface {
	// Info describes the language. It is called for every
	// kernel_info_request, also while the language is starting or busy, and
	// must return at once.
	Info() Info

	// Start is called once, before any request, in a goroutine of its own:
	// requests wait for it, but kernel_info, heartbeat and control do not. out
	// is for output that belongs to no request. An error is not the end of the
	// kernel: every request is answered with it.
	Start(ctx context.Context, out *Output) error

	// Execute runs the code of one request. Output goes through req while it
	// runs; output that comes later, from callbacks and background processes,
	// may still go through it after Execute has returned, and keeps its parent.
	//
	// ctx is cancelled with cause ErrInterrupted when the user interrupts, and
	// with ErrShutdown when the kernel ends. A failing cell is an *Error; any
	// other error is reported as one. The framework publishes it.
	Execute(ctx context.Context, req *Request) (*Result, error)

	// Shutdown ends the language. When ctx is done, the process ends without it.
	Shutdown(ctx context.Context, restart bool) error
}

// Info is what a language says about itself; the framework fills the rest of
// the kernel_info_reply from what is really there.
type Info struct {
	Implementation        string
	ImplementationVersion string
	Language              jupyter.LanguageInfo
	Banner                string
	HelpLinks             []jupyter.HelpLink
}

// An Interrupter hears of every interrupt, not only of the first one, which
// cancels the request's context: for languages whose code can handle an
// interrupt and run on. Interrupt must not block. It is called only while a
// request runs.
type Interrupter interface {
	Interrupt(req *Request)
}

// A Completer completes code. cursor counts code points.
type Completer interface {
	Complete(ctx context.Context, code string, cursor int) (*jupyter.CompleteReply, error)
}

// An Inspector tells what is known about the name at the cursor. cursor
// counts code points; detail is 0 or 1.
type Inspector interface {
	Inspect(ctx context.Context, code string, cursor, detail int) (*jupyter.InspectReply, error)
}

// A CompletenessChecker tells whether code can be run as it is.
type CompletenessChecker interface {
	IsComplete(ctx context.Context, code string) (*jupyter.IsCompleteReply, error)
}

// An Evaluator evaluates the user_expressions of a request that succeeded.
type Evaluator interface {
	Evaluate(ctx context.Context, expression string) (jupyter.MIMEBundle, error)
}

// A Result is what a successful request leaves besides its output.
type Result struct {
	Payload []map[string]any // for instance page, set_next_input, ask_exit
	// Exit asks the kernel to end after the reply is out, with ExitStatus as
	// the status of the process.
	Exit       bool
	ExitStatus int
}

// An Error is a failed cell, as the language's users know errors. It is not
// an error of the framework.
type Error struct {
	Name      string   // ename: the class of the error
	Value     string   // evalue: its message
	Traceback []string // what the front end shows, line by line
}

func (e *Error) Error() string { return e.Name + ": " + e.Value }

// An Output publishes what a language shows. Its messages carry the parent it
// was made for. Its methods may be called from any goroutine, keep the order
// of the calls of one goroutine, and block while the front ends are slow and
// the bound on text is reached (K7).
type Output struct{}

// Stream publishes text on "stdout" or "stderr".
func (o *Output) Stream(name, text string) error { panic("not yet") }

// Display publishes display_data; id, if not empty, is its display_id, by
// which UpdateDisplay replaces it later.
func (o *Output) Display(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	panic("not yet")
}

// UpdateDisplay publishes update_display_data.
func (o *Output) UpdateDisplay(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	panic("not yet")
}

// ClearOutput publishes clear_output.
func (o *Output) ClearOutput(wait bool) error { panic("not yet") }

// Flush returns when everything published so far was handed to the operating
// system.
func (o *Output) Flush(ctx context.Context) error { panic("not yet") }

// A Request is an execute_request that runs.
type Request struct {
	*Output
	jupyter.ExecuteRequest
	ExecutionCount int
}

// Result publishes execute_result.
func (r *Request) Result(data jupyter.MIMEBundle, metadata map[string]any) error {
	panic("not yet")
}

// Input asks the user who sent the request for a line of text (K4). It fails
// at once with ErrStdinNotAllowed where the request did not allow stdin. The
// wait ends with the answer, with an interrupt that arrives while it waits
// (ErrInterrupted), with the end of the kernel (ErrShutdown), or with ctx.
func (r *Request) Input(ctx context.Context, prompt string, password bool) (string, error) {
	panic("not yet")
}
