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
// in the order of the requests, unless the language is a [Subsheller]. Info,
// Interrupt and Shutdown may be called at any time from other goroutines.
type Language interface {
	// Info describes the language. It is called for every
	// kernel_info_request, also while the language is starting or busy, and
	// must return at once.
	Info() Info

	// Start is called once, before any request, in a goroutine of its own:
	// requests wait for it, but kernel_info, heartbeat and control do not. An
	// error is not the end of the kernel: every request is answered with it.
	// ctx lives as long as the kernel; its cause is ErrShutdown.
	//
	// out is for output that no request asked for: while starting, and later
	// from callbacks and background processes. It carries the parent of the
	// request that runs or, when none does, of the last one that ran. What comes
	// before a front end listens waits for the first that does.
	Start(ctx context.Context, out *Output) error

	// Execute runs the code of one request. Output goes through req while it
	// runs; output that comes later, from callbacks and background processes,
	// may still go through it after Execute has returned, and keeps its parent.
	//
	// ctx is cancelled with cause ErrInterrupted when the user interrupts, and
	// with ErrShutdown when the kernel ends. A failing cell is an *Error; any
	// other error is reported as one, ctx.Err() as the cause, and so is a panic.
	// The framework publishes it.
	Execute(ctx context.Context, req *Request) (*Result, error)

	// Shutdown ends the language. It is called once, when the context of Start or
	// of the request that runs has been cancelled, but without waiting for them:
	// it may run at the same time. When ctx is done, the process ends without the
	// language.
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
// interrupt and run on. Interrupt must not block. It is called only while
// Execute runs the request.
type Interrupter interface {
	Interrupt(req *Request)
}

// A Completer completes code. cursor, which is within code, and CursorStart and
// CursorEnd of the reply count code points. A nil reply says that nothing matches.
// The framework fills in an empty Status; an error becomes an error reply.
type Completer interface {
	Complete(ctx context.Context, code string, cursor int) (*jupyter.CompleteReply, error)
}

// An Inspector tells what is known about the name at the cursor. cursor, which is
// within code, counts code points; detail is 0 or 1. A nil reply says that nothing
// was found. Status and errors are as those of a [Completer].
type Inspector interface {
	Inspect(ctx context.Context, code string, cursor, detail int) (*jupyter.InspectReply, error)
}

// A CompletenessChecker tells whether code can be run as it is. Status of the
// reply is "complete", "incomplete" (then with Indent), "invalid" or "unknown";
// a nil reply is unknown.
type CompletenessChecker interface {
	IsComplete(ctx context.Context, code string) (*jupyter.IsCompleteReply, error)
}

// An Evaluator evaluates the user_expressions of a request that succeeded, in the
// order of their names. An error, best an [*Error], becomes the value of its
// expression.
type Evaluator interface {
	Evaluate(ctx context.Context, expression string) (jupyter.MIMEBundle, error)
}

// A CommOpener accepts comms that front ends open: it knows targets. Where a
// language has none, every comm that is opened is closed again.
type CommOpener interface {
	// OpenComm is called, in order with Execute and the others, when a front
	// end opens m.Comm, by the message m. It returns what handles the messages of
	// the comm; nil if they are not wanted. With an error the comm is closed again;
	// [ErrNoTarget] is the error for an unknown target.
	OpenComm(ctx context.Context, m *CommMessage) (CommHandler, error)
}

// A ConcurrentCommOpener can serve its comms while a cell runs: OpenComm and the
// methods of its handlers are called one at a time, in the order of the
// messages, but at the same time as Execute and the others. An interrupt is for
// them only when none of the others runs.
type ConcurrentCommOpener interface {
	CommOpener
	// ConcurrentComms reports whether it wants that. It is called once, before
	// Start.
	ConcurrentComms() bool
}

// A CommHandler is the language's end of a comm. Its methods are called in order
// with Execute and the others, with a context that ends as that of Execute does.
// An error is logged.
type CommHandler interface {
	// Message is called for every message of the front end.
	Message(ctx context.Context, m *CommMessage) error
	// Close is called when the front end has closed the comm, by the message m.
	Close(ctx context.Context, m *CommMessage) error
}

// A Result is what a successful request leaves besides its output.
type Result struct {
	// Payload is what the front end is asked to do, for instance
	// {"source": "page", "data": {"text/plain": "..."}, "start": 0} or
	// {"source": "set_next_input", "text": "...", "replace": false}.
	// https://jupyter-client.readthedocs.io/en/stable/messaging.html#payloads-deprecated
	Payload []map[string]any

	// Exit asks the kernel to end after the reply is out, with ExitStatus as the
	// status of the process. A front end that is to end with it, as a console is,
	// has to be told: by the payload {"source": "ask_exit", "keepkernel": false}.
	Exit       bool
	ExitStatus int
}

// An Error is a failed cell, as the language's users know errors. It is not
// an error of the framework.
type Error struct {
	Name      string   // ename: the class of the error
	Value     string   // evalue: its message
	Traceback []string // what the front end shows, line by line; default: Name and Value
}

func (e *Error) Error() string { return e.Name + ": " + e.Value }
