package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

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
