//go:build linux || darwin

package rkernel

import (
	"context"
	"time"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// stoppedAt acts on evStop: number, why, how many functions run, line of the cell's
// expression.
func (p *process) stoppedAt(f frame) {
	p.flushText()
	p.mu.Lock()
	s := &stop{number: f.part(0), calls: f.part(2), line: f.part(3)}
	if p.run != nil {
		s.path = p.run.source
	}
	p.stopped = s
	if p.end.shut {
		p.interruptStopLocked() // there is nobody who would have it go on
	}
	p.mu.Unlock()
	p.debugger.stopped(f.part(1), escapeInvalid([]byte(f.part(4))))
}

// resumed acts on evResumed: "1" if the cell was interrupted at its stop.
func (p *process) resumed(f frame) {
	p.mu.Lock()
	s := p.stopped
	p.stopped = nil
	if s != nil && s.interrupted && f.part(0) != "1" {
		p.interruptLocked() // it had gone on when it was told to end
	}
	p.mu.Unlock()
	if s != nil {
		p.debugger.resumed()
	}
}

// configureDebugger tells a new R what an attached front end wants.
func (p *process) configureDebugger() {
	if p.debugger == nil || !p.debugger.isAttached() {
		return // who attaches later tells R then
	}
	p.inform(false)
}

// News is what R is to hear of the debugger. R takes it where it looks, which can be
// late while a cell runs, and the socket holds only so much. So what has not gone out
// yet goes out once, in its newest form, and no request waits for it.
type news struct {
	waits bool          // the configuration, which has changed, or pause
	pause *run          // is to stop, if not nil
	out   chan struct{} // closed when all has gone out; nil if it has
}

// inform has R hear of the configuration, and whether its cell is to stop.
func (p *process) inform(pause bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.news.waits = true
	if pause {
		p.news.pause = p.run
	}
	if p.news.out == nil {
		p.news.out = make(chan struct{})
		go p.sendNews(p.news.out)
	}
}

// sendNews sends news until there is none, then closes out.
func (p *process) sendNews(out chan<- struct{}) {
	defer close(out)
	for {
		p.mu.Lock()
		n := p.news
		if !n.waits {
			p.news = news{}
			p.mu.Unlock()
			return
		}
		p.news.waits, p.news.pause = false, nil
		p.mu.Unlock()
		err := p.send(cmdDebug, p.debugger.configuration()...)
		if err == nil && n.pause != nil && p.runs(n.pause) {
			err = p.send(cmdPause, n.pause.id)
		}
		if err != nil {
			p.logger.Debug("inform R of the debugger", "error", err) // R's end follows
		}
	}
}

// sendToInformed sends what R is to do with the news.
func (p *process) sendToInformed(kind byte, parts ...string) error {
	p.mu.Lock()
	out := p.news.out
	p.mu.Unlock()
	if out != nil {
		<-out
	}
	return p.send(kind, parts...)
}

// runs says that r is still the cell that runs.
func (p *process) runs(r *run) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.run == r
}

// stop is where the cell has stopped, nil if it has not.
func (p *process) stop() *stop {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped == nil || p.stopped.left {
		return nil
	}
	s := *p.stopped
	return &s
}

// resume has a cell that has stopped go on. It reports false if none has.
func (p *process) resume(how string) bool {
	p.mu.Lock()
	s := p.stopped
	if s == nil || s.left {
		p.mu.Unlock()
		return false
	}
	s.left = true
	p.mu.Unlock()
	p.sendResume(s.number, how)
	return true
}

// interruptStopLocked ends a cell that has stopped, and what the debugger evaluates
// there.
func (p *process) interruptStopLocked() {
	s := p.stopped
	s.left, s.interrupted = true, true
	for id := range p.calls {
		p.breakCallLocked(id)
	}
	go p.sendResume(s.number, "interrupt") // not under mu
}

func (p *process) sendResume(number, how string) {
	if err := p.sendToInformed(cmdResume, number, how); err != nil {
		p.logger.Debug("resume a cell", "error", err) // R's end follows
	}
}

const (
	// inquiryPatience bounds a question about R's objects.
	inquiryPatience = 5 * time.Second
	// evaluationPatience bounds the evaluation of code in the debugger.
	evaluationPatience = 30 * time.Second
)

// place says whether questions are to be asked of a cell that has stopped. A cell that
// runs is errBusy.
func (p *process) place() (stopped bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil && !p.stopped.left {
		return true, nil
	}
	if p.run != nil {
		return false, errBusy
	}
	return false, nil
}

// inquire is call where R is: idle, or at the stop of a cell.
func (p *process) inquire(ctx context.Context, fn string, args ...string) ([]string, error) {
	stopped, err := p.place()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, inquiryPatience, errBusy)
	defer cancel()
	if stopped {
		return p.ask(ctx, cmdInquire, fn, args...)
	}
	return p.call(ctx, fn, args...)
}

// evaluateAside evaluates code in a frame, where R is: idle, or at the stop of a cell.
// It returns "ok" with the text and class of the value, or "error" with class and
// message.
func (p *process) evaluateAside(ctx context.Context, out output, frame, code string) ([]string, error) {
	stopped, err := p.place()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, evaluationPatience, kernel.ErrInterrupted)
	defer cancel()
	texts := []string{frame, code}
	if stopped {
		return p.tell(ctx, cmdEvaluate, nil, "debug_evaluate", texts, nil)
	}
	return p.message(ctx, out, "debug_evaluate", texts, nil)
}
