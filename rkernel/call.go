//go:build linux || darwin

package rkernel

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// callBudget bounds a call from when R begins it; then it is interrupted.
const callBudget = 2 * time.Second

// A call is the evaluation of a function of ours while R is idle.
type call struct {
	begun  chan struct{}   // closed when R begins it
	result chan callResult // receives exactly one value
	over   bool            // nobody waits for it any more; guarded by the process's mu
}

type callResult struct {
	strings []string
	err     error
}

// A callError is an R error in a function of ours.
type callError struct{ Message string }

func (e *callError) Error() string { return "R: " + e.Message }

// call evaluates fn of our private environment with strings as arguments, and
// returns its value as strings. Nothing that fn prints or warns is shown. The
// call waits for its turn while R runs a cell; ctx bounds the whole. Once it
// has begun it may take callBudget and is then interrupted. An R error is a
// *callError.
func (p *process) call(ctx context.Context, fn string, args ...string) ([]string, error) {
	return p.ask(ctx, cmdCall, fn, args...)
}

// ask is call by a frame of this kind: cmdCall or cmdInquire.
func (p *process) ask(ctx context.Context, kind byte, fn string, args ...string) ([]string, error) {
	id, c, err := p.enterCall(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.send(kind, append([]string{id, fn}, args...)...); err != nil {
		p.forgetCall(id)
		return nil, err
	}
	begun := c.begun
	var budget <-chan time.Time
	for {
		select {
		case r := <-c.result:
			return r.strings, r.err
		case <-begun:
			begun = nil
			timer := time.NewTimer(p.callBudget)
			defer timer.Stop()
			budget = timer.C
		case <-budget:
			p.breakCall(id)
			budget = nil
		case <-ctx.Done():
			p.giveCallUp(id)
			return nil, context.Cause(ctx)
		}
	}
}

// message evaluates fn of our private environment with texts and buffers as its
// arguments. Other than with call, what it shows is shown, on out, and it may
// take its time: an interrupt or the end of the kernel, which end ctx, interrupt
// it. Where ctx ends for another reason, R is left alone.
func (p *process) message(ctx context.Context, out output, fn string, texts []string, buffers [][]byte,
) ([]string, error) {
	return p.tell(ctx, cmdMessage, out, fn, texts, buffers)
}

// tell is message by a frame of this kind: cmdMessage or cmdEvaluate. Where out is nil,
// what is shown goes where R's output goes.
func (p *process) tell(ctx context.Context, kind byte, out output, fn string, texts []string,
	buffers [][]byte,
) ([]string, error) {
	id, c, err := p.enterCall(ctx)
	if err != nil {
		return nil, err
	}
	if out != nil {
		p.mu.Lock()
		p.out = out
		p.mu.Unlock()
	}
	parts := append([]string{id, fn, strconv.Itoa(len(texts))}, texts...)
	for _, b := range buffers {
		parts = append(parts, string(b))
	}
	if err := p.send(kind, parts...); err != nil {
		p.forgetCall(id)
		return nil, err
	}
	begun, ended := c.begun, ctx.Done()
	for {
		select {
		case r := <-c.result:
			return r.strings, r.err
		case <-begun:
			begun = nil
			if ended == nil {
				p.breakCall(id)
			}
		case <-ended:
			cause := context.Cause(ctx)
			switch {
			case errors.Is(cause, kernel.ErrInterrupted):
				p.breakCall(id) // if it has begun
				ended = nil
			case errors.Is(cause, kernel.ErrShutdown):
				p.giveCallUp(id)
				return nil, cause
			default:
				p.forgetCall(id)
				return nil, cause
			}
		}
	}
}

// enterCall makes a call when R is up.
func (p *process) enterCall(ctx context.Context) (id string, c *call, err error) {
	select {
	case <-p.readyc:
	case <-p.done:
	case <-ctx.Done():
		return "", nil, context.Cause(ctx)
	}
	id = p.newID()
	c = &call{begun: make(chan struct{}), result: make(chan callResult, 1)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hasEnded() {
		return "", nil, p.endErrorLocked()
	}
	p.calls[id] = c
	return id, c, nil
}

func (p *process) forgetCall(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.calls, id)
}

// giveCallUp interrupts a call that nobody waits for any more, when it begins if it has
// not: nobody else would, and R would be busy with it for as long as it takes.
func (p *process) giveCallUp(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.calls[id]; c != nil {
		c.over = true
		p.breakCallLocked(id)
	}
}

// breakCall interrupts the call if it is what R is doing.
func (p *process) breakCall(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.breakCallLocked(id)
}

func (p *process) breakCallLocked(id string) {
	c := p.calls[id]
	if c == nil {
		return
	}
	select {
	case <-c.begun:
		p.interruptLocked()
		p.nudgeWhile(firstNudge, func() bool { return p.calls[id] == c })
	default:
	}
}

// returned acts on evReturn: id, "1" or "0", strings.
func (p *process) returned(f frame) {
	id := f.part(0)
	p.mu.Lock()
	c := p.calls[id]
	delete(p.calls, id)
	p.mu.Unlock()
	if c == nil {
		return // given up
	}
	if len(f.parts) < 2 {
		c.result <- callResult{err: errors.New("R gave no answer")}
		return
	}
	if f.part(1) != "1" {
		c.result <- callResult{err: &callError{Message: f.part(2)}}
		return
	}
	var strings []string
	for _, b := range f.parts[2:] {
		strings = append(strings, escapeInvalid(b))
	}
	c.result <- callResult{strings: strings}
}
