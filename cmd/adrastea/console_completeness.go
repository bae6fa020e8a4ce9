package main

import (
	"context"
	"errors"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

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
	switch {
	case errors.Is(err, errInterrupt):
		return false, "", err
	case err != nil:
		return true, "", nil
	}
	return reply.Status != "incomplete", reply.Indent, nil
}

// askCompleteness asks once.
func (c *console) askCompleteness(ctx context.Context, code string) (*jupyter.IsCompleteReply, error) {
	ctx, end := c.interrupts.within(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.isComplete == unknown {
		defer time.AfterFunc(completeTimeout, cancel).Stop()
	}
	reply, err := c.client.IsComplete(ctx, code)
	if end() {
		c.out.endLine() // the terminal has shown ^C
		return nil, errInterrupt
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
