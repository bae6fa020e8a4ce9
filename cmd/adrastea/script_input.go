package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
)

// A lineInput gives the lines of an input that is no terminal. One goroutine
// reads, which ends with the input or with the process.
type lineInput struct {
	lines      chan string
	err        error       // set before closing lines
	interrupts *interrupts // ends a wait
}

// newLineInput reads r, beginning with the first nextLine.
func newLineInput(r io.Reader, interrupts *interrupts) *lineInput {
	in := &lineInput{lines: make(chan string), interrupts: interrupts}
	go func() {
		defer close(in.lines)
		b := bufio.NewReader(r)
		for {
			line, err := b.ReadString('\n')
			if line != "" {
				in.lines <- strings.TrimSuffix(line, "\n")
			}
			if err != nil {
				in.err = err
				return
			}
		}
	}()
	return in
}

// nextLine returns the next line, io.EOF after the last one, or errInterrupt when
// SIGINT comes while it waits.
func (in *lineInput) nextLine(ctx context.Context) (string, error) {
	interrupt, end := in.interrupts.wait()
	defer end()
	select {
	case <-interrupt: // before this line
		return "", errInterrupt
	default:
	}
	select {
	case line, ok := <-in.lines:
		if ok {
			return line, nil
		}
		if errors.Is(in.err, io.EOF) {
			return "", io.EOF
		}
		return "", in.err
	case <-interrupt:
		return "", errInterrupt
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
