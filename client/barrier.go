package client

import (
	"context"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A question and the output before it come on two sockets, so the question may
// arrive first, and then a prompt would be shown before the text that explains
// it. A barrier finds out when all output from before the question is here: it
// is a kernel_info_request on control, whose busy status the kernel publishes
// after that output.
//
// Kernels that read control only while they are idle do not answer. Their first
// question waits barrierTimeout for nothing, later ones do not wait.
type barrier struct {
	r     *request
	timer *time.Timer
}

const barrierTimeout = 100 * time.Millisecond

// closedc is a channel that is closed.
var closedc = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// newBarrier sends a barrier. One that cannot be sent, or that would not be
// answered, has passed already.
func (l *link) newBarrier(ctx context.Context) *barrier {
	b := &barrier{}
	l.mu.Lock()
	useless := l.noBarrier
	l.mu.Unlock()
	if useless {
		return b
	}
	m, err := l.c.session.New(nil, &jupyter.KernelInfoRequest{})
	if err != nil {
		return b
	}
	b.r = l.register(m.Header.MsgID)
	if err := l.send(ctx, l.control, m); err != nil {
		b.stop(l)
		return b
	}
	b.timer = time.NewTimer(barrierTimeout)
	return b
}

// passed returns a channel that is closed when the output is complete. It is
// nil for a nil barrier.
func (b *barrier) passed() <-chan struct{} {
	switch {
	case b == nil:
		return nil
	case b.r == nil:
		return closedc
	}
	return b.r.seenc
}

// expired returns a channel that receives when it is not worth waiting longer.
func (b *barrier) expired() <-chan time.Time {
	if b == nil || b.timer == nil {
		return nil
	}
	return b.timer.C
}

// stop ends the barrier, which may be nil.
func (b *barrier) stop(l *link) {
	if b == nil {
		return
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	if b.r != nil {
		l.forget(b.r)
		b.r = nil
	}
}

// barrierFailed makes later questions go without a barrier.
func (l *link) barrierFailed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noBarrier = true
}
