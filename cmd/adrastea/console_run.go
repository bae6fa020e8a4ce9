package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A console is a session in a terminal, or without one, with one kernel.
type console struct {
	client  *client.Client
	session string // the id of this front end
	out     *output
	editor  editor     // asks the user; nil without a terminal
	input   *lineInput // answers questions where editor is nil

	interrupts *interrupts
	// interrupted says that the code that runs, or ran last, was interrupted.
	interrupted atomic.Bool
	// nextInput is what the kernel wants the next prompt to begin with.
	nextInput    string
	isComplete   willingness // of the kernel, to say whether code is complete
	own          bool        // the kernel is ours, started by us or not
	emptyAnswers int         // questions of this cell that found the input at its end
}

// willingness says whether a kernel answers a kind of request.
type willingness int

const (
	unknown willingness = iota
	answered
	never
)

// completeTimeout is how long a kernel may think about completions, and about
// its first answer whether code is complete: some never give one. One that has,
// as ours does, is waited for: it may be starting or busy, and what a script
// means must not hang on how long that takes.
const completeTimeout = 2 * time.Second

// isR reports whether the kernel's language is R.
func (c *console) isR() bool { return strings.EqualFold(c.client.Info().LanguageInfo.Name, "R") }

// completeness asks the kernel whether it takes code as it is, and how to indent
// the next line if not. Code of which the kernel cannot tell has to be run. Our own
// cannot tell while R starts, or is busy for somebody else: then it is waited for,
// and asked again. The error is errInterrupt if SIGINT comes first.
func (c *console) completeness(
	ctx context.Context, code string,
) (complete bool, indent string, err error) {
	if c.isComplete == never {
		return true, "", nil
	}
	reply, err := c.askCompleteness(ctx, code)
	if err == nil && c.own && reply.Status == "unknown" {
		if err := c.awaitR(ctx); err != nil {
			return false, "", err
		}
		reply, err = c.askCompleteness(ctx, code)
	}
	if err != nil && !errors.Is(err, errInterrupt) {
		return true, "", nil
	}
	if err != nil {
		return false, "", err
	}
	return reply.Status != "incomplete", reply.Indent, nil
}

// askCompleteness asks once.
func (c *console) askCompleteness(ctx context.Context, code string) (*jupyter.IsCompleteReply, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.isComplete == unknown {
		defer time.AfterFunc(completeTimeout, cancel).Stop()
	}
	interrupt, end := c.interrupts.wait()
	defer end()
	stopped := make(chan struct{})
	go func() {
		select {
		case <-interrupt:
			close(stopped)
			cancel()
		case <-ctx.Done():
		}
	}()
	reply, err := c.client.IsComplete(ctx, code)
	select {
	case <-stopped:
		return nil, errInterrupt
	default:
	}
	switch {
	case err == nil:
		c.isComplete = answered
	case c.isComplete == unknown && errors.Is(err, context.Canceled):
		c.isComplete = never
	}
	return reply, err
}

// awaitR waits until R has started and is idle: it runs a cell without code, which
// also asks what a profile wants to know. How it fails, code that follows will tell.
func (c *console) awaitR(ctx context.Context) error {
	_, err := c.run(ctx, "", &client.ExecuteOptions{
		NoHistory: true,
		Output: func(m *jupyter.Message) {
			if m.Header.MsgType != jupyter.TypeError {
				c.out.show(m)
			}
		},
	})
	if err == nil && c.interrupted.Load() {
		return errInterrupt
	}
	return err
}

// execute runs code and shows what it puts out.
func (c *console) execute(ctx context.Context, code string) (*jupyter.ExecuteReply, error) {
	return c.run(ctx, code, &client.ExecuteOptions{Output: c.out.show})
}

// run runs code, whose questions the user answers. Ctrl-C and SIGINT interrupt it.
// An error is the end of the console.
func (c *console) run(
	ctx context.Context, code string, opts *client.ExecuteOptions,
) (*jupyter.ExecuteReply, error) {
	c.interrupted.Store(false)
	c.emptyAnswers = 0
	busy, done := make(chan struct{}), make(chan struct{})
	var first sync.Once
	var wg sync.WaitGroup
	wg.Go(func() { c.forwardInterrupts(ctx, busy, done) })
	show := opts.Output
	opts.Output = func(m *jupyter.Message) {
		first.Do(func() { close(busy) })
		show(m)
	}
	opts.Input = c.answer
	reply, err := c.client.Execute(ctx, code, opts)
	close(done)
	wg.Wait()
	if err != nil {
		return nil, c.ended(ctx, err)
	}
	return reply, c.payloads(ctx, reply)
}

// forwardInterrupts interrupts the kernel with every SIGINT until done. It waits
// until the kernel is busy with the code: it takes no notice of an interrupt
// that comes before.
func (c *console) forwardInterrupts(ctx context.Context, busy, done <-chan struct{}) {
	select {
	case <-busy:
	case <-done:
		return
	}
	interrupt, end := c.interrupts.waitBehind()
	defer end()
	for {
		select {
		case <-interrupt:
			c.interrupted.Store(true)
			c.out.endLine() // the terminal has shown ^C
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			if err := c.client.Interrupt(ctx); err != nil {
				c.out.note("the interrupt did not reach the kernel: %v", err)
			}
			cancel()
		case <-done:
			return
		}
	}
}

// answer asks the user a question of the code.
func (c *console) answer(ctx context.Context, q *jupyter.InputRequest) (string, error) {
	if c.editor != nil {
		text, err := c.out.ask(ctx, c.editor, q.Prompt, lineOptions{secret: q.Password})
		if errors.Is(err, io.EOF) {
			return "", nil // as R does it: no answer is an empty one
		}
		return text, c.noteInterrupt(err)
	}
	// The prompt and, since nobody types it, the end of its line.
	c.out.text(q.Prompt + "\n")
	text, err := c.input.nextLine(ctx)
	if errors.Is(err, io.EOF) {
		if c.emptyAnswers++; c.emptyAnswers > 1 {
			c.out.note("the code asks for input, and there is no more")
			return "", err
		}
		return "", nil
	}
	if err != nil && !errors.Is(err, errInterrupt) && ctx.Err() == nil {
		c.out.note("%v", err) // the code is only interrupted by it
	}
	return strings.TrimSuffix(text, "\r"), c.noteInterrupt(err)
}

// noteInterrupt returns err, and notes that the code was interrupted if it says
// so.
func (c *console) noteInterrupt(err error) error {
	if errors.Is(err, errInterrupt) {
		c.interrupted.Store(true)
	}
	return err
}

// payloads does what a reply asks the front end for.
func (c *console) payloads(ctx context.Context, reply *jupyter.ExecuteReply) error {
	for _, p := range reply.Payload {
		switch p["source"] {
		case "page":
			data, _ := p["data"].(map[string]any)
			text, _ := data["text/plain"].(string)
			start, _ := p["start"].(float64)
			c.out.page(text, int(start))
		case "set_next_input":
			c.nextInput, _ = p["text"].(string)
		case "ask_exit":
			return c.leave(ctx)
		}
	}
	return nil
}

// leaveTimeout is how long a kernel that has asked for its end may take to end
// by itself: some never do. Our own does, with a status that must not be lost
// because the machine is busy.
const (
	leaveTimeout    = 2 * time.Second
	ownLeaveTimeout = time.Minute
)

// leave ends the console because the kernel asked for it, with the status that
// the kernel exits with.
func (c *console) leave(ctx context.Context) error {
	if c.client.ConnectionFile() == "" {
		return exitStatus(0)
	}
	patience := leaveTimeout
	if c.own {
		patience = ownLeaveTimeout
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.client.Done():
	case <-timer.C:
		c.client.Shutdown(ctx)
	case <-ctx.Done():
	}
	return exitStatus(c.kernelStatus())
}

// kernelStatus returns the exit status of a kernel that has ended, as a shell
// would see it.
func (c *console) kernelStatus() int {
	if exit, ok := errors.AsType[*client.ExitError](c.client.Err()); ok {
		return shellStatus(exit)
	}
	return 0
}

func shellStatus(exit *client.ExitError) int {
	if exit.Signal != 0 {
		return 128 + int(exit.Signal)
	}
	return max(0, exit.Code)
}

// ended turns the failure of a request into the end of the console. A kernel
// that broke is told about, and its status is the console's.
func (c *console) ended(ctx context.Context, err error) error {
	if sig, ok := errors.AsType[signalError](context.Cause(ctx)); ok {
		return exitStatus(128 + int(sig.Signal))
	}
	if exit, ok := errors.AsType[*client.ExitError](err); ok && shellStatus(exit) > 1 {
		c.out.note("%s", bare(err))
		return exitStatus(shellStatus(exit))
	}
	return err
}

// A signalError is the cause of a context that a signal has ended.
type signalError struct{ syscall.Signal }

func (s signalError) Error() string { return s.Signal.String() }

// withSignals returns a context that ends with SIGTERM, SIGHUP, SIGQUIT (Ctrl-\
// while code runs) or, when nobody reads the output any more, SIGPIPE. Under
// nohup SIGHUP stays ignored.
func withSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	sigs := make(chan os.Signal, 1)
	watched := []os.Signal{syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGPIPE}
	if !signal.Ignored(syscall.SIGHUP) {
		watched = append(watched, syscall.SIGHUP)
	}
	signal.Notify(sigs, watched...)
	go func() {
		select {
		case s := <-sigs:
			cancel(signalError{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(sigs)
		cancel(nil)
	}
}

// interruptStatus is the exit status of a program that SIGINT ended.
const interruptStatus = 128 + int(syscall.SIGINT)

// note is for people, on standard error.
func (o *output) note(format string, args ...any) {
	o.freshLine()
	o.write(jupyter.Stderr, fmt.Sprintf("adrastea: "+format+"\n", args...))
}
