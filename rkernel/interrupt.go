//go:build linux || darwin

package rkernel

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/kernel"
)

const (
	// breakCallback is how long R may take to begin a cell that was interrupted
	// before: if it takes longer, a callback between cells keeps it busy.
	breakCallback = 50 * time.Millisecond
	// offerAfter is how long R may take to take an interrupt before its user
	// is told that another one ends R.
	offerAfter = time.Second
	// confirmWithin is how long R may take to answer before it is ended.
	confirmWithin = 3 * time.Second
	// R is nudged this long after an interrupt, and again after twice the
	// time, and so on, up to the last.
	firstNudge = 2 * time.Millisecond
	lastNudge  = 2 * time.Second
)

// A wait is for R to take the interrupts of a cell. Guarded by the process's mu.
type wait struct {
	deaf    bool      // R has not taken the last interrupt, as far as we know
	since   time.Time // when the first one was sent that R has not taken
	last    time.Time // when the last one was sent
	told    bool      // the user is being told that another one ends R
	offered bool      // and was
	final   bool      // and another one came
	step    time.Duration
	timer   *time.Timer // runs the next nudge; nil before the first interrupt
}

// interrupt interrupts the cell that runs, and nothing else: neither a cell
// that has ended nor the next one (K5). If R is known to ignore interrupts, and
// its user was told so, R is ended (R6).
func (p *process) interrupt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.run
	switch {
	case r == nil:
	case r.wait.offered:
		p.confirmLocked(r)
	case r.begun:
		p.interruptRunLocked(r)
	case !r.sent: // R is starting
		p.interruptLocked() // which a profile heeds, and R's own start does not
		p.nudgeWhile(firstNudge, func() bool { return !p.wasReady() })
		r.over = true
		p.run = nil
		r.end(outcome{err: interruptedError()})
	case !r.interrupted:
		r.interrupted = true
		time.AfterFunc(breakCallback, func() { p.interruptCallback(r) })
	}
}

// interruptCallback interrupts what keeps R from r, if R has not begun it yet.
func (p *process) interruptCallback(r *run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == r && !r.begun {
		p.interruptRunLocked(r)
	}
}

// interruptRunLocked interrupts R, which has to take it.
func (p *process) interruptRunLocked(r *run) {
	if p.stopped != nil {
		p.interruptStopLocked()
	} else {
		p.interruptLocked()
	}
	p.awaitLocked(r)
}

// interruptLocked interrupts R, which passes it on to its children. See
// host/interrupt.c.
func (p *process) interruptLocked() {
	if !p.reaped {
		unix.Kill(p.pid, unix.SIGURG)
	}
}

// nudgeWhile nudges an R that runs no cell, in case the interrupt came just
// before R began to wait for something else, as long as on says that it matters.
// on is called with mu held.
func (p *process) nudgeWhile(step time.Duration, on func() bool) {
	if step > lastNudge {
		return
	}
	time.AfterFunc(step, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.reaped && on() {
			unix.Kill(p.pid, unix.SIGWINCH)
			p.nudgeWhile(2*step, on)
		}
	})
}

// awaitLocked begins to wait for R to take the interrupt just sent.
func (p *process) awaitLocked(r *run) {
	w := &r.wait
	w.last = time.Now()
	if !w.deaf {
		w.deaf, w.since = true, w.last
	}
	w.step = firstNudge
	if w.timer == nil {
		w.timer = time.AfterFunc(w.step, func() { p.nudge(r) })
	} else {
		w.timer.Reset(w.step)
	}
}

// nudge asks R whether it has taken an interrupt, and does what follows if it
// does not take it for long. A nudge is more than a question: SIGINT can come
// just before R starts a child and waits for it, and then neither knows of it.
func (p *process) nudge(r *run) {
	if p.nudgeStep(r) {
		// The user may be told late, or never, if a front end does not read.
		err := r.req.Stream("stderr", offer(p.interruptGrace))
		p.mu.Lock()
		r.wait.offered = err == nil && r.wait.deaf
		p.mu.Unlock()
	}
}

// nudgeStep says whether the user is to be told that R is deaf.
func (p *process) nudgeStep(r *run) (tell bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &r.wait
	if p.run != r || p.reaped {
		return false
	}
	next := min(2*w.step, lastNudge)
	w.step = next
	if w.deaf {
		deaf, grace := time.Since(w.since), p.interruptGrace
		if grace > 0 && deaf >= grace {
			p.giveUpLocked()
			return false
		}
		tell = deaf >= offerAfter && !w.told
		if tell {
			w.told = true
		} else if !w.told {
			next = min(next, max(offerAfter-deaf, firstNudge))
		}
		if grace > 0 {
			next = min(next, max(grace-deaf, firstNudge))
		}
	} else if time.Since(w.last) > offerAfter {
		return false // it has taken all there were
	}
	unix.Kill(p.pid, unix.SIGWINCH)
	w.timer.Reset(next)
	return tell && !r.over // of a run that was given up nobody hears
}

// nudged acts on R's answer to a nudge.
func (p *process) nudged(f frame) {
	p.mu.Lock()
	r := p.run
	if r == nil || !r.begun {
		p.mu.Unlock()
		return
	}
	w := &r.wait
	final := w.final
	switch taken := f.part(0) == "1"; {
	case taken:
		*w = wait{last: w.last, step: w.step, timer: w.timer}
	case final:
		p.giveUpLocked()
	case !w.deaf:
		w.deaf, w.since = true, time.Now()
	}
	again := final && !w.final
	p.mu.Unlock()
	if again {
		p.interrupt() // which R will take, as it took the one before
	}
}

// confirmLocked ends R unless it says that it has taken the interrupt that its
// user was told it had not.
func (p *process) confirmLocked(r *run) {
	if r.wait.final {
		return
	}
	r.wait.final = true
	if !p.reaped {
		unix.Kill(p.pid, unix.SIGWINCH)
	}
	time.AfterFunc(confirmWithin, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.run == r && r.wait.final {
			p.giveUpLocked()
		}
	})
}

// offer tells the user what another interrupt does.
func offer(grace time.Duration) string {
	text := "R has not reacted to the interrupt yet. Interrupt again to end R: all variables will be lost.\n"
	if grace > 0 {
		text += "If it goes on, R will be ended " + grace.String() + " after the interrupt.\n"
	}
	return text
}

// giveUpLocked ends an R that does not take an interrupt.
func (p *process) giveUpLocked() {
	p.end.deaf = true
	p.signalLocked(unix.SIGKILL)
}

// began notes that R has begun a cell or a call: a signal is for it from here.
func (p *process) began(id string) {
	p.mu.Lock()
	r, c := p.run, p.calls[id]
	late := false
	if r != nil && r.id == id {
		r.begun, late = true, r.interrupted
	}
	if c != nil {
		close(c.begun)
		if c.over {
			p.breakCallLocked(id)
		}
	}
	p.mu.Unlock()
	if late {
		p.interrupt()
	}
}

func interruptedError() *kernel.Error {
	return &kernel.Error{Name: "interrupt", Value: "the cell was interrupted",
		Traceback: []string{"Interrupted"}}
}
