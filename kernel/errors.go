package kernel

import "errors"

var (
	// ErrInterrupted is the cause of a request's context after an interrupt,
	// and what Input returns when one arrives while it waits.
	ErrInterrupted = errors.New("kernel: interrupted")
	// ErrShutdown is the cause of every context when the kernel ends.
	ErrShutdown = errors.New("kernel: the kernel is shutting down")
	// ErrStdinNotAllowed is returned by Input when the front end said that it
	// cannot ask its user.
	ErrStdinNotAllowed = errors.New("kernel: the front end does not allow input requests")
)
