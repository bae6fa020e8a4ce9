package client

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

var (
	// ErrClosed is the cause of every call that waits when the client is
	// closed, and the error of every call after that.
	ErrClosed = errors.New("client: closed")

	// ErrRestarted is what calls return that waited for an answer of a kernel
	// when [Client.Restart] ended it. Of a client that was attached it is the end:
	// somebody else has started another kernel in the place of the one it joined.
	ErrRestarted = errors.New("client: the kernel was restarted")

	// ErrNotStarted is returned by Restart for a kernel that this client did not
	// start.
	ErrNotStarted = errors.New("client: the kernel was not started by this client")
)

// An ExitError says how the kernel ended.
type ExitError struct {
	// Code is the exit status of the process, or -1 if a signal ended it or if
	// nobody knows.
	Code int
	// Signal is the signal that ended the process, 0 if none did.
	Signal syscall.Signal
	// Output is the end of what the process wrote to its own standard output
	// and error, which is where kernels say why they cannot start.
	Output string
	// Reason is set in place of Code and Signal where there is no process to
	// ask, for instance "no answer to heartbeats".
	Reason string
}

func (e *ExitError) Error() string {
	var b strings.Builder
	b.WriteString("client: the kernel ended: ")
	switch {
	case e.Reason != "":
		b.WriteString(e.Reason)
	case e.Signal != 0:
		fmt.Fprintf(&b, "signal %d (%v)", int(e.Signal), e.Signal)
	default:
		fmt.Fprintf(&b, "exit status %d", e.Code)
	}
	if out := strings.TrimSpace(e.Output); strings.Contains(out, "\n") {
		b.WriteString("; its last words:\n" + out)
	} else if out != "" {
		b.WriteString(": " + out)
	}
	return b.String()
}

// A ReplyError is a request other than execute_request that the kernel
// answered with an error.
type ReplyError struct {
	Type   string // of the reply, for instance "complete_reply"
	Status string // "error" or "aborted"
	jupyter.ErrorInfo
}

func (e *ReplyError) Error() string {
	switch {
	case e.EName != "":
		return fmt.Sprintf("client: %s: %s: %s", e.Type, e.EName, e.EValue)
	case e.EValue != "": // ipykernel's about subshells
		return fmt.Sprintf("client: %s: %s", e.Type, e.EValue)
	}
	return fmt.Sprintf("client: %s with status %s", e.Type, e.Status)
}
