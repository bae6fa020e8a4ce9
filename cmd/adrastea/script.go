package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/rkernel"
)

// A lineSource gives the lines of a program, one at a time, without their ends.
// It returns io.EOF after the last one.
type lineSource interface {
	nextLine(ctx context.Context) (string, error)
	// hasLine reports whether the next line is here already.
	hasLine() bool
}

// lines is a lineSource of text that is known.
type lines struct{ rest []string }

// newLines splits texts into lines.
func newLines(texts []string) *lines {
	var l lines
	for _, t := range texts {
		l.rest = append(l.rest, strings.Split(t, "\n")...)
	}
	return &l
}

func (l *lines) nextLine(context.Context) (string, error) {
	if len(l.rest) == 0 {
		return "", io.EOF
	}
	line := l.rest[0]
	l.rest = l.rest[1:]
	return line, nil
}

func (l *lines) hasLine() bool { return len(l.rest) > 0 }

// runScript runs the lines of src as they would run if they were typed: each
// piece of code as soon as it is complete, so that a piece that asks a question
// can be answered by what follows it. The first error ends it, with status 1; so
// does output that cannot be written.
func (c *console) runScript(ctx context.Context, src lineSource) error {
	err := c.runLines(ctx, src)
	if (err == nil || err == exitStatus(0)) && c.out.isLost() {
		return exitStatus(1)
	}
	return err
}

func (c *console) runLines(ctx context.Context, src lineSource) error {
	var code strings.Builder
	var nesting rkernel.Nesting // of code, if that is R's
	for {
		line, err := src.nextLine(ctx)
		atEnd := errors.Is(err, io.EOF)
		if errors.Is(err, errInterrupt) {
			return exitStatus(interruptStatus)
		}
		if err != nil && !atEnd {
			return err
		}
		if !atEnd {
			line = strings.TrimSuffix(line, "\r")
			code.WriteString(line)
			// The kernel parses all of code anew each time that it is asked.
			if c.isR() && nesting.Add(line) && src.hasLine() {
				code.WriteByte('\n')
				continue
			}
		}
		if err := c.runIfComplete(ctx, &code, atEnd); err != nil {
			return err
		}
		if atEnd {
			return nil
		}
		if code.Len() == 0 {
			nesting = rkernel.Nesting{}
		}
	}
}

// runIfComplete runs code, if it is complete or nothing follows it; otherwise it
// prepares code for its next line.
func (c *console) runIfComplete(ctx context.Context, code *strings.Builder, atEnd bool) error {
	text := code.String()
	if strings.TrimSpace(text) == "" {
		code.Reset()
		return nil
	}
	if !atEnd {
		complete, _, err := c.completeness(ctx, text)
		if errors.Is(err, errInterrupt) {
			return exitStatus(interruptStatus)
		}
		if err != nil {
			return err
		}
		if !complete {
			code.WriteByte('\n')
			return nil
		}
	}
	code.Reset()
	return c.runCell(ctx, text)
}

// runCell runs one piece of code. A reply that is no success is status 1. After
// SIGINT, the status is that of a program which it ended, also if the code was
// done or went on in spite of it: who interrupts a program wants its end.
func (c *console) runCell(ctx context.Context, code string) error {
	reply, err := c.execute(ctx, code)
	switch {
	case err != nil:
		return err
	case c.interrupted.Load():
		return exitStatus(interruptStatus)
	case reply.Status != jupyter.StatusOK, c.out.isLost():
		return exitStatus(1)
	}
	return nil
}
