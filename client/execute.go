package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// ExecuteOptions say how code is run and who hears of its output. The zero
// value runs it as a cell: it counts, it is stored in the history, and an error
// aborts what was sent after it.
type ExecuteOptions struct {
	// Silent runs the code without output, history or execution count.
	Silent bool
	// NoHistory keeps the code out of the history, and uncounted.
	NoHistory bool
	// ContinueOnError leaves requests alone that were sent before this one
	// failed.
	ContinueOnError bool
	// UserExpressions are evaluated after the code; their values are in the
	// reply.
	UserExpressions map[string]string
	// SubshellID runs the code in a subshell that CreateSubshell made, beside
	// what runs elsewhere. Default: the main shell.
	SubshellID string

	// Output, if not nil, is called with every IOPub message of the request, in
	// order, its busy and idle status included. Execute takes no further message
	// while it runs, and when a few hundred wait, neither does any other
	// request: a slow handler slows the kernel down.
	Output func(m *jupyter.Message)

	// Input answers the code's questions. Without it the request does not allow
	// them, and code that asks fails; a kernel that asks all the same (IRkernel
	// does) is interrupted. It is called in a goroutine of its own, after all
	// output that was sent before the question has been handed to Output; one call
	// at a time. ctx ends when the answer is not wanted any more, because the
	// request has ended; Execute waits for Input to return. If Input fails, the
	// kernel is interrupted and the error is otherwise ignored.
	Input func(ctx context.Context, question *jupyter.InputRequest) (string, error)
	// AskAtOnce calls Input when the question comes, without finding out whether
	// all output before it is here: for programs that answer without reading.
	AskAtOnce bool
}

// Execute runs code and returns the kernel's reply, when both the reply and the
// idle status after the last output have come. opts may be nil. What several
// goroutines execute is run in the order in which it was sent. Of a kernel that drops
// output when its front end is slow, and has dropped idle, Execute waits for what it
// publishes next.
//
// Code that fails has a reply with status "error", or "aborted" if it did not
// run because other code failed before it. Some kernels have words of their own
// (IRkernel says "abort" of code that was interrupted): only "ok" is success. The
// error of Execute is the cause of ctx, [ErrRestarted], [ErrClosed] or an
// [*ExitError]. A context that ends does not stop the code: that takes
// [Client.Interrupt], best while Execute waits for its end, since what is executed
// before the code has ended is aborted with it.
func (c *Client) Execute(
	ctx context.Context, code string, opts *ExecuteOptions,
) (*jupyter.ExecuteReply, error) {
	if opts == nil {
		opts = &ExecuteOptions{}
	}
	l, err := c.current()
	if err != nil {
		return nil, err
	}
	m, err := c.NewMessage(&jupyter.ExecuteRequest{
		Code:            code,
		Silent:          opts.Silent,
		StoreHistory:    !opts.NoHistory && !opts.Silent,
		UserExpressions: opts.UserExpressions,
		AllowStdin:      opts.Input != nil,
		StopOnError:     !opts.ContinueOnError,
	})
	if err != nil {
		return nil, err
	}
	m.Header.SubshellID = opts.SubshellID
	r := newRequest(m.Header.MsgID)
	r.output = make(chan *jupyter.Message, socketQueue)
	r.input = make(chan *jupyter.Message, socketQueue)
	r.overc = make(chan struct{})
	x := &execution{l: l, r: r, opts: opts}
	l.add(r)
	defer x.finish()
	if err := l.send(ctx, l.shell, m); err != nil {
		return nil, err
	}
	return x.run(ctx)
}

// errNoInput is why a question has no answer where there is no Input.
var errNoInput = errors.New("client: there is nobody to ask")

// An execution is one Execute that waits. All of its fields belong to run.
type execution struct {
	l    *link
	r    *request
	opts *ExecuteOptions

	reply *jupyter.ExecuteReply
	idle  bool
	late  *time.Timer // fires when idle is late; nil before the reply, or if it came first
	probe *request    // that finds out whether it was lost; nil if none does

	question *jupyter.Message // the one that is being asked, nil if none is
	barrier  *barrier         // what the question waits for before it is asked
	answers  chan answer      // receives exactly one value for each question
	asking   sync.WaitGroup   // the goroutine that runs Input
}

type answer struct {
	question *jupyter.Message
	text     string
	err      error
}

func (x *execution) run(ctx context.Context) (*jupyter.ExecuteReply, error) {
	x.answers = make(chan answer, 1)
	askCtx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		x.asking.Wait()
		x.barrier.stop(x.l)
		x.stopProbe()
	}()
	for x.reply == nil || !x.idle {
		var inputs <-chan *jupyter.Message
		if x.question == nil {
			inputs = x.r.input
		}
		select {
		case m := <-x.r.output:
			x.output(m)
		case m := <-x.r.reply:
			if err := x.replied(m); err != nil {
				return nil, err
			}
		case m := <-inputs:
			x.question = m
			if x.opts.AskAtOnce {
				x.ask(askCtx)
			} else {
				x.barrier = x.l.newBarrier(ctx)
			}
		case <-x.barrier.passed():
			x.l.barrierEnded(true)
			x.ask(askCtx)
		case <-x.barrier.expired():
			x.l.barrierEnded(x.barrier.hasPassed()) // both, on a busy machine
			x.ask(askCtx)
		case <-x.isLate():
			if err := x.askForIdle(ctx); err != nil {
				return nil, err
			}
		case <-x.probe.seen():
			x.drainOutput()
			if !x.idle {
				x.l.c.cfg.Logger.Warn("the kernel has lost output, its idle status too")
				x.idle = true
			}
		case a := <-x.answers:
			if err := x.answer(ctx, a); err != nil {
				return nil, err
			}
		case <-x.l.donec:
			return x.gone()
		case <-ctx.Done():
			if x.complete() {
				return x.reply, nil
			}
			return nil, contextError(ctx)
		}
	}
	return x.reply, nil
}

// complete takes what has arrived and reports whether that is all: a result that
// is here wins over a context that has ended.
func (x *execution) complete() bool {
	x.drainOutput()
	select {
	case m := <-x.r.reply:
		x.replied(m) // a bad reply is none
	default:
	}
	return x.reply != nil && x.idle
}

// finish ends the request. Output that came after idle, and is here already, is
// still the handler's; what comes later is Config.Message's.
func (x *execution) finish() {
	close(x.r.donec)
	x.drainOutput()
	close(x.r.overc)
	// Only now: a message that finds no request does not wait for the handler.
	x.l.remove(x.r)
}

// output hands m to the handler and looks for the end of the output.
func (x *execution) output(m *jupyter.Message) {
	if x.opts.Output != nil {
		x.opts.Output(m)
	}
	if x.late != nil {
		x.late.Reset(idlePatience)
	}
	if m.Header.MsgType != jupyter.TypeStatus {
		return
	}
	s, err := jupyter.Decode[jupyter.Status](m)
	x.idle = x.idle || err == nil && s.ExecutionState == jupyter.StateIdle
}

// replied takes the reply.
func (x *execution) replied(m *jupyter.Message) error {
	reply, err := jupyter.Decode[jupyter.ExecuteReply](m)
	if err != nil {
		return fmt.Errorf("client: %v", err)
	}
	x.reply = reply
	if !x.idle {
		x.late = time.NewTimer(idlePatience)
	}
	return nil
}

// Kernels send idle right after the reply, but most drop what they publish when the
// front end is slow and 1,000 messages wait, and what is published last is likely to
// be among it. So when nothing has come for idlePatience, the kernel is asked
// something else on the same shell: what it publishes about that comes after idle.
const idlePatience = time.Second

// isLate returns a channel that receives when idle is late.
func (x *execution) isLate() <-chan time.Time {
	if x.late == nil {
		return nil
	}
	return x.late.C
}

// askForIdle sends a probe, and another one when the kernel has answered the last
// but the output of that was lost too.
func (x *execution) askForIdle(ctx context.Context) error {
	x.late.Reset(idlePatience)
	if x.probe != nil && len(x.probe.reply) == 0 {
		return nil // the kernel is busy
	}
	x.stopProbe()
	m, err := x.l.c.NewMessage(&jupyter.KernelInfoRequest{})
	if err != nil {
		return err
	}
	m.Header.SubshellID = x.opts.SubshellID
	x.probe = x.l.register(m.Header.MsgID)
	return x.l.send(ctx, x.l.shell, m)
}

func (x *execution) stopProbe() {
	if x.probe != nil {
		x.l.forget(x.probe)
		x.probe = nil
	}
}

// gone takes what arrived before the kernel ended; a reply without idle is
// enough then.
func (x *execution) gone() (*jupyter.ExecuteReply, error) {
	x.complete()
	if x.reply != nil {
		return x.reply, nil
	}
	return nil, x.l.err
}

// ask calls Input for the question, now that the output before it was shown.
func (x *execution) ask(ctx context.Context) {
	x.barrier.stop(x.l)
	x.barrier = nil
	x.drainOutput()
	q := x.question
	content, err := jupyter.Decode[jupyter.InputRequest](q)
	if err != nil {
		x.answers <- answer{question: q, err: err}
		return
	}
	if x.opts.Input == nil { // it asks although it may not
		x.answers <- answer{question: q, err: errNoInput}
		return
	}
	x.asking.Go(func() {
		text, err := x.opts.Input(ctx, content)
		x.answers <- answer{q, text, err}
	})
}

// drainOutput hands over the output that has come.
func (x *execution) drainOutput() {
	for {
		select {
		case m := <-x.r.output:
			x.output(m)
		default:
			return
		}
	}
}

// answer sends an answer to the kernel, as the child of its question.
func (x *execution) answer(ctx context.Context, a answer) error {
	x.question = nil
	if a.err != nil {
		// Without an answer the code would wait for ever. Interrupt waits for a
		// reply, which this goroutine must not.
		x.asking.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			if err := x.l.c.Interrupt(ctx); err != nil {
				x.l.c.cfg.Logger.Warn("interrupt in place of an answer", "err", err)
			}
		})
		return nil
	}
	m, err := x.l.c.session.Reply(a.question, &jupyter.InputReply{Value: a.text})
	if err != nil {
		return fmt.Errorf("client: %v", err)
	}
	m.Identities = nil // DEALER: the socket is the address
	return x.l.send(ctx, x.l.stdin, m)
}
