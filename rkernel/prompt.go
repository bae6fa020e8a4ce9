//go:build linux || darwin

package rkernel

import (
	"context"
	"errors"
	"strings"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// A prompt is R waiting for a line from its user.
type prompt struct {
	sequence string
	text     string
	password bool
	ctx      context.Context // ends when nobody waits for the answer any more
	cancel   context.CancelFunc
}

// asked acts on evInput. It does not wait for the answer: output goes on.
func (p *process) asked(f frame) {
	p.flushText()
	p.flushValue() // the user must see what was printed before the prompt
	q := &prompt{sequence: f.part(0), text: escapeInvalid([]byte(f.part(1))), password: f.part(2) == "1"}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.run != nil && !p.run.over:
		q.ask(p, p.run)
	case !p.wasReady():
		p.parked = q // the first cell's user is asked
	default:
		go p.answer(q, "e", "nobody can be asked: no cell is running")
	}
}

const stdinNotAllowed = "the front end does not allow input from its user (allow_stdin is false)"

// ask asks the user of a cell. p.mu is held.
func (q *prompt) ask(p *process, r *run) {
	if !r.allowStdin {
		go p.answer(q, "e", stdinNotAllowed)
		return
	}
	p.endPromptLocked()
	p.asking = q
	go func() {
		defer q.cancel()
		text, err := r.req.Input(q.ctx, q.text, q.password)
		p.promptEnded(q)
		switch {
		case errors.Is(err, kernel.ErrInterrupted):
			p.answer(q, "i", "")
		case errors.Is(err, kernel.ErrStdinNotAllowed):
			p.answer(q, "e", stdinNotAllowed)
		case err != nil:
			p.answer(q, "e", "no answer from the front end: "+err.Error())
		case strings.IndexByte(text, 0) >= 0:
			p.answer(q, "e", "the answer contains a nul character")
		default:
			p.answer(q, "o", text)
		}
	}()
}

// promptEnded notes that q does not wait for its answer any more.
func (p *process) promptEnded(q *prompt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asking == q {
		p.asking = nil
	}
}

// endPromptLocked ends the wait of the last prompt, if it still waits.
func (p *process) endPromptLocked() {
	if p.asking != nil {
		p.asking.cancel()
		p.asking = nil
	}
}

func (p *process) answer(q *prompt, status, text string) {
	if err := p.send(cmdAnswer, q.sequence, status, text); err != nil {
		p.logger.Debug("answer a prompt", "error", err)
	}
}
