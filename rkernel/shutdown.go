//go:build linux || darwin

package rkernel

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// The ladder of an end: R is interrupted and asked, told that its kernel is gone,
// and killed. The steps are short because a front end waits; the context given to
// shutdown may shorten the first.
const (
	graceQuit   = 2 * time.Second
	graceHangUp = 500 * time.Millisecond
)

// shutdown ends R: in peace if it can, so that .Last and finalizers run and
// files are closed, and in any case before it returns.
func (p *process) shutdown(ctx context.Context) {
	p.mu.Lock()
	p.end.shut = true
	p.mu.Unlock()
	p.interrupt()
	go p.send(cmdQuit) // R may read nothing; the next steps come all the same
	if p.endsWithin(ctx, p.graceQuit) {
		return
	}
	// From its handler of this signal (host/start.c) R ends wherever it is, with all
	// that it has started, and its temporary files are removed.
	p.hangUp()
	if p.endsWithin(context.WithoutCancel(ctx), graceHangUp) {
		return
	}
	p.signal(unix.SIGKILL)
	<-p.done
}

func (p *process) endsWithin(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}
