//go:build linux || darwin

package rkernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// A run is a cell from its request to its outcome.
type run struct {
	cell
	id      string
	req     request
	outcome chan outcome     // receives exactly one value
	payload []map[string]any // owned by the pump

	// guarded by the process's mu

	sent        bool   // R was given the code
	begun       bool   // R has begun it: SIGINT is for it
	interrupted bool   // before it was begun
	over        bool   // outcome has its value
	wait        wait   // for R to take an interrupt
	source      string // its path, if it can stop
}

// An outcome is what a cell came to: a result or an error.
type outcome struct {
	result *kernel.Result
	err    error
}

// end gives the run its outcome. The first one counts.
func (r *run) end(o outcome) {
	select {
	case r.outcome <- o:
	default:
	}
}

// execute runs a cell as R's console would. Output goes to req; it comes back
// when the cell has ended and all its output was published. A cell that fails
// is a *kernel.Error. ctx ends the wait, but not R: interrupt does.
func (p *process) execute(ctx context.Context, req request, c cell) (*kernel.Result, error) {
	if i := strings.IndexByte(c.code, 0); i >= 0 {
		return nil, &kernel.Error{Name: "parseError", Value: "nul character in the code",
			Traceback: []string{fmt.Sprintf("Error: nul character at byte %d of the cell", i+1)}}
	}
	r := &run{cell: c, id: p.newID(), req: req, outcome: make(chan outcome, 1)}
	if err := p.enter(ctx, r); err != nil {
		return nil, err
	}
	ready := p.readyc
	ended := ctx.Done()
	for {
		select {
		case o := <-r.outcome: // also when R ends
			return o.result, o.err
		case <-ready:
			ready = nil
			if err := p.submit(r); err != nil {
				p.logger.Debug("send a cell", "error", err) // R's end follows
			}
		case <-ended:
			if !errors.Is(context.Cause(ctx), kernel.ErrInterrupted) {
				return nil, p.leave(ctx, r)
			}
			ended = nil // R handles interrupts, and may well go on
		}
	}
}

// enter makes r the cell that runs.
func (p *process) enter(ctx context.Context, r *run) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	// An interrupt ends ctx before interrupt hears of it: it is seen here, or
	// there.
	if errors.Is(context.Cause(ctx), kernel.ErrInterrupted) {
		return interruptedError()
	}
	if p.hasEnded() {
		if p.failedToStartLocked() {
			return p.endErrorLocked()
		}
		return &notBegunError{p.endErrorLocked()}
	}
	if p.run != nil {
		return errors.New("rkernel: a cell is running")
	}
	p.run, p.out = r, r.req
	if p.parked != nil { // R asked while it started
		q := p.parked
		p.parked = nil
		q.ask(p, r)
	}
	return nil
}

// leave gives a run up: its end will interest nobody. R still runs it.
func (p *process) leave(ctx context.Context, r *run) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.over = true
	return context.Cause(ctx)
}

// submit gives R the code.
func (p *process) submit(r *run) error {
	p.mu.Lock()
	if p.run != r {
		p.mu.Unlock()
		return nil
	}
	r.sent = true
	if p.debugger != nil {
		r.source = p.debugger.cellSource(r.code)
	}
	source := r.source
	p.mu.Unlock()
	remember := "0"
	if r.remember {
		remember = "1"
	}
	return p.sendToInformed(cmdExecute, r.id, remember, unixLines(r.code), source)
}

// finished acts on evDone.
func (p *process) finished(f frame) {
	p.flushText()
	e, ok := readDone(f)
	p.mu.Lock()
	r := p.run
	if r == nil || r.id != e.id || !ok {
		p.mu.Unlock()
		p.logger.Error("R ended a cell that does not run", "id", e.id)
		return
	}
	p.run = nil
	r.over = true
	missed := r.interrupted && r.wait.deaf // it had ended when R was interrupted
	p.endPromptLocked()
	p.mu.Unlock()

	value, after := p.takeValue(e.own)
	text := value + escapeInvalid(e.text)
	if e.status != "ok" {
		if text += after; text != "" {
			p.stream("stdout", []byte(text)) // it was printed before the error
		}
		r.end(outcome{err: e.err()})
		return
	}
	if e.printed {
		if err := p.publishValue(r.req, text, e.rich); err != nil {
			p.logger.Error("publish a value", "error", err)
		}
	}
	p.show(1, []byte(after))
	if missed {
		r.end(outcome{err: interruptedError()})
		return
	}
	r.end(outcome{result: &kernel.Result{Payload: r.payload}})
}

// completeValue acts on evValue: whether it is the last value of the cell ("1" or
// "0"), its text, how much of that in the pipe is R's, and the rich form. More output
// of the cell follows.
func (p *process) completeValue(f frame) {
	p.flushText()
	text, after := p.takeValue(f.part(2))
	p.mu.Lock()
	r := p.run
	p.mu.Unlock()
	if r == nil || len(f.parts) < 3 {
		p.logger.Error("R shows the value of a cell that does not run")
		return
	}
	publish := p.publishValue
	if f.part(0) != "1" {
		publish = p.publishEarlier
	}
	if err := publish(r.req, text+escapeInvalid(f.parts[1]), f.parts[3:]); err != nil {
		p.logger.Error("publish a value", "error", err)
	}
	p.show(1, []byte(after))
}

// takeValue returns what came through the pipe of a value's text, and what
// came behind the value. own says how many bytes are the value's, if others' can
// follow.
func (p *process) takeValue(own string) (value, after string) {
	b := p.pump.value.Bytes()
	n, err := strconv.Atoi(own)
	if err != nil || n > len(b) {
		n = len(b)
	}
	value, after = escapeInvalid(b[:n]), escapeInvalid(b[n:])
	p.pump.value = bytes.Buffer{}
	p.pump.collect = false
	return value, after
}

// publishValue publishes the last value: what R printed, and what else
// represents it.
func (p *process) publishValue(req request, text string, rich [][]byte) error {
	data, metadata := p.valueData(text, rich)
	if data == nil {
		if text == "" { // a prompt came after all of it
			return nil
		}
		data = textData(text)
	}
	return req.Result(data, metadata)
}

// publishEarlier publishes a value before the last: what R printed, if nothing else
// represents it.
func (p *process) publishEarlier(req request, text string, rich [][]byte) error {
	data, metadata := p.valueData(text, rich)
	if data == nil {
		return req.StreamBytes("stdout", []byte(text))
	}
	return req.Display(data, metadata, "")
}

// valueData returns what represents a value besides its text, with that text, or nil
// if nothing does.
func (p *process) valueData(text string, rich [][]byte) (jupyter.MIMEBundle, map[string]any) {
	data, metadata, err := bundle(rich)
	if err != nil {
		p.logger.Error("rich form of a value", "error", err)
	}
	if len(data) == 0 {
		return nil, nil
	}
	maps.Copy(data, textData(text))
	return data, metadata
}

// textData is the text of a value. R ends what it prints with a newline; front ends
// add their own.
func textData(text string) jupyter.MIMEBundle {
	return jupyter.MIMEBundle{"text/plain": strings.TrimSuffix(text, "\n")}
}

// endOutcomeLocked is the outcome of the cell that ran when R ended.
func (p *process) endOutcomeLocked(r *run) outcome {
	end := p.end
	if end.shut {
		return outcome{err: kernel.ErrShutdown}
	}
	if end.wanted && p.wasReady() && r.begun {
		return outcome{result: &kernel.Result{Payload: append(r.payload, map[string]any{
			"source": "ask_exit", "keepkernel": false}), Exit: true, ExitStatus: end.status}}
	}
	if p.wasReady() && !r.begun && !r.interrupted && !end.deaf {
		return outcome{err: &notBegunError{p.endErrorLocked()}}
	}
	return outcome{err: p.endErrorLocked()}
}

// epitaph is what the user is told when another R takes the place of this one: how
// it ended, if no cell has said it, and what is lost. With an R that could not start
// nothing is, and the other one will say as much.
func (p *process) epitaph() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failedToStartLocked():
		return ""
	case p.end.told || p.end.wanted:
		return lostNote
	}
	return "R has ended since the last cell: " + p.end.why + ".\n" + lostNote
}

// endError says how R ended (R6).
func (p *process) endError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.endErrorLocked()
}

func (p *process) endErrorLocked() error {
	end := p.end
	if end.fatal != "" {
		return &kernel.Error{Name: "RStartError", Value: end.fatal,
			Traceback: []string{"R cannot start: " + end.fatal}}
	}
	if end.wanted && p.wasReady() || end.shut {
		return &kernel.Error{Name: "REnded", Value: "R has ended", Traceback: []string{"R has ended."}}
	}
	value, lost := "R ended unexpectedly: "+end.why, "All variables are lost. The next cell starts a new R."
	var hints []string
	switch {
	case end.deaf:
		value = "R was ended: it did not react to an interrupt"
	case p.failedToStartLocked():
		value, lost = "R ended while it started: "+end.why, "The next cell tries to start R again."
		if end.wanted {
			hints = []string{"quit() was called: look for it in your start-up files, ~/.Rprofile among them."}
		}
	}
	if end.status == 128+int(unix.SIGKILL) && !end.deaf {
		hints = append(hints, "The system ends programs like this when there is no memory left.")
	}
	traceback := []string{value}
	if tail := strings.TrimSpace(string(p.pump.tail)); tail != "" {
		traceback = append(traceback, "Its last words:")
		lines := strings.Split(tail, "\n")
		traceback = append(traceback, lines[max(0, len(lines)-10):]...)
	}
	return &kernel.Error{Name: "RDied", Value: value, Traceback: append(append(traceback, hints...), lost)}
}

// startError says why R, which has ended, could not start; nil if it could.
func (p *process) startError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.failedToStartLocked() {
		return nil
	}
	return p.endErrorLocked()
}

// failedToStartLocked says that R ended before its first prompt.
func (p *process) failedToStartLocked() bool {
	return p.end.fatal != "" || !p.wasReady() && !p.end.deaf
}
