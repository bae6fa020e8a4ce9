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
// Kernels that read control only while they are idle do not answer, and nothing
// else tells what they have sent. Their first question waits barrierTimeout,
// later ones graceWithout. One that has answered before is given knownTimeout: it
// is only late.
type barrier struct {
	r     *request // nil where it would not be answered
	timer *time.Timer
}

const (
	knownTimeout = 10 * time.Second
	graceWithout = 10 * time.Millisecond
)

// The tests of the order wait longer.
var barrierTimeout = time.Second

// newBarrier sends a barrier. One that cannot be sent, or that would not be
// answered, only expires.
func (l *link) newBarrier(ctx context.Context) *barrier {
	b := &barrier{timer: time.NewTimer(graceWithout)}
	l.mu.Lock()
	useful, tried := l.barriers, l.barriersTried
	l.mu.Unlock()
	timeout := barrierTimeout
	switch {
	case useful:
		timeout = max(timeout, knownTimeout)
	case tried:
		return b
	}
	m, err := l.c.session.New(nil, &jupyter.KernelInfoRequest{})
	if err != nil {
		return b
	}
	b.timer.Reset(timeout)
	b.r = l.register(m.Header.MsgID)
	if err := l.send(ctx, l.control, m); err != nil {
		l.forget(b.r)
		b.r = nil
	}
	return b
}

// passed returns a channel that is closed when the output is complete. It is
// nil for a nil barrier, and for one that only expires.
func (b *barrier) passed() <-chan struct{} {
	if b == nil {
		return nil
	}
	return b.r.seen()
}

// hasPassed reports whether the output is complete.
func (b *barrier) hasPassed() bool {
	select {
	case <-b.passed():
		return true
	default:
		return false
	}
}

// expired returns a channel that receives when it is not worth waiting longer.
func (b *barrier) expired() <-chan time.Time {
	if b == nil {
		return nil
	}
	return b.timer.C
}

// stop ends the barrier, which may be nil.
func (b *barrier) stop(l *link) {
	if b == nil {
		return
	}
	b.timer.Stop()
	if b.r != nil {
		l.forget(b.r)
		b.r = nil
	}
}

// barrierEnded says whether a barrier was answered, for those of later questions.
func (l *link) barrierEnded(answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.barriers, l.barriersTried = answered, true
}
