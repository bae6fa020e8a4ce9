//go:build unix

package client

import (
	"context"
	"syscall"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// Shutdown ends the kernel. One that this client started is asked first, and
// then made to, within Config.ShutdownTimeout; when ctx ends it is killed at
// once. Shutdown returns when the process has ended, with nil however it ended:
// [Client.Err] tells how. A kernel that was attached to is asked, and Shutdown
// returns with its reply.
//
// The client still has to be closed.
func (c *Client) Shutdown(ctx context.Context) error {
	c.lifeMu.Lock()
	defer c.lifeMu.Unlock()
	c.mu.Lock()
	l, p := c.link, c.proc
	c.mu.Unlock()
	if p != nil {
		c.descend(ctx, l, p, false)
		<-l.donec
		return nil
	}
	_, err := ask[jupyter.ShutdownReply](ctx, c, jupyter.Control, &jupyter.ShutdownRequest{})
	return err
}

// busyPatience is how long a kernel that runs code of ours may take to end after a
// shutdown_request, before it is interrupted.
const busyPatience = 500 * time.Millisecond

// descend ends the process p step by step and returns when it has ended.
func (c *Client) descend(ctx context.Context, l *link, p *process, restart bool) {
	total := c.cfg.shutdownTimeout()

	// "The clients can request the kernel to shut itself down ... The request is
	// sent to the control channel" (Messaging in Jupyter, Kernel shutdown). Half
	// of the time is the kernel's, as in jupyter_client's shutdown_wait_time:
	// "after 1/2 of `shutdown_wait_time` it will be sent a terminate (SIGTERM)
	// request, and finally at the end of `shutdown_wait_time` will be killed".
	// One whose code runs may be waiting for that: ipykernel answers at once, and
	// ends when the code has.
	asked := total / 2
	if l.executes() {
		asked = min(asked, busyPatience)
	}
	step(ctx, p, asked, func(ctx context.Context) {
		// The reply, or its absence, does not matter: the end of the process does.
		l.roundTrip(ctx, jupyter.Control, &jupyter.ShutdownRequest{Restart: restart})
	})

	// "When a shutdown request is initiated, the kernel will be immediately sent
	// an interrupt (SIGINT), followed by a shutdown_request message"
	// (jupyter_client, KernelManager.shutdown_wait_time). Ours comes second:
	// kernels whose control channel is served while code runs need no interrupt,
	// and the others find the shutdown_request when the interrupt has ended the
	// code.
	step(ctx, p, total*3/4-asked, func(ctx context.Context) {
		if c.spec.InterruptMode != jupyter.InterruptByMessage {
			p.signal(syscall.SIGINT)
			return
		}
		l.roundTrip(ctx, jupyter.Control, &jupyter.InterruptRequest{})
	})

	// "it will be sent a terminate (SIGTERM) request"
	step(ctx, p, total/4, func(context.Context) { p.signal(syscall.SIGTERM) })

	// "and finally ... will be killed (SIGKILL)"
	p.kill()
	<-p.donec
}

// step runs act and waits until the process has ended, up to d. It does nothing
// if ctx or the process has ended.
func step(ctx context.Context, p *process, d time.Duration, act func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-p.donec:
		return
	case <-ctx.Done():
		return
	default:
	}
	acted := make(chan struct{})
	go func() {
		defer close(acted)
		act(ctx)
	}()
	select {
	case <-p.donec:
	case <-ctx.Done():
	}
	cancel()
	<-acted
}
