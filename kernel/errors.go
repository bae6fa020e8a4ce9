package kernel

import (
	"context"
	"errors"
	"fmt"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

var (
	// ErrInterrupted is the cause of a request's context after an interrupt,
	// and what Input returns when one arrives while it waits.
	ErrInterrupted = errors.New("kernel: interrupted")
	// ErrShutdown is the cause of every context when the kernel ends, and what
	// the methods of Output return after that.
	ErrShutdown = errors.New("kernel: the kernel is shutting down")
	// ErrStdinNotAllowed is returned by Input when the front end said that it
	// cannot ask its user.
	ErrStdinNotAllowed = errors.New("kernel: the front end does not allow input requests")
	// ErrNotRunning is returned by Input when the request it belongs to does
	// not run any more: nobody could see the prompt.
	ErrNotRunning = errors.New("kernel: the request does not run any more")
	// ErrNoTarget is what a CommOpener returns for an unknown target.
	ErrNoTarget = errors.New("kernel: unknown comm target")
)

// errSubshellDeleted is why a request of a subshell is not processed.
var errSubshellDeleted = errors.New("the subshell was deleted")

// A BadReplyError is what Input returns when the front end answered with
// something that is not an answer.
type BadReplyError struct {
	Reason string
}

func (e *BadReplyError) Error() string { return "kernel: bad input_reply: " + e.Reason }

// errorInfo returns err as the protocol describes errors. ctx is the context of
// the call that failed.
func errorInfo(ctx context.Context, err error) jupyter.ErrorInfo {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		tb := e.Traceback
		if tb == nil {
			tb = []string{e.Error()}
		}
		return jupyter.ErrorInfo{EName: e.Name, EValue: e.Value, Traceback: tb}
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		err = cause
	}
	name, value := "Error", fmt.Sprint(err) // which takes a panic of its method Error
	switch {
	case errors.Is(err, ErrInterrupted):
		name, value = "Interrupted", "the execution was interrupted"
	case errors.Is(err, ErrShutdown):
		name, value = "Shutdown", "the kernel is shutting down"
	case errors.Is(err, ErrStdinNotAllowed):
		name, value = "StdinNotAllowed", "this front end does not allow input requests"
	}
	return jupyter.ErrorInfo{EName: name, EValue: value, Traceback: []string{name + ": " + value}}
}
