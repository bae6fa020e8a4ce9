//go:build !unix

package client

import (
	"context"
	"errors"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A process is a kernel's process; on this system none is started.
type process struct{ donec chan struct{} }

func (*process) kill()                 {}
func (*process) exitError() *ExitError { return &ExitError{Code: -1} }

// Start fails: on this system kernels can only be joined, with [Attach].
func Start(context.Context, *jupyter.KernelSpec, *Config) (*Client, error) {
	return nil, errors.New("client: kernels can be started on Unix only; Attach joins one that runs")
}

// Restart returns [ErrNotStarted].
func (c *Client) Restart(context.Context) error { return ErrNotStarted }

// Interrupt interrupts the kernel with a message and returns when the kernel has
// acknowledged it, not when the code has ended: that is Execute's to tell.
func (c *Client) Interrupt(ctx context.Context) error { return c.interruptByMessage(ctx) }

// Shutdown asks the kernel to end and returns with its reply. The client still
// has to be closed.
func (c *Client) Shutdown(ctx context.Context) error {
	_, err := ask[jupyter.ShutdownReply](ctx, c, jupyter.Control, &jupyter.ShutdownRequest{})
	return err
}

func (*Client) removeFiles() {}
