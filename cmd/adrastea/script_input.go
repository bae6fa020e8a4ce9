package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// A lineInput gives the lines of an input that is no terminal. One goroutine
// reads, from the first nextLine on, since others may want an input that is not
// asked for; it ends with the input or with the process.
type lineInput struct {
	r          io.Reader
	begin      sync.Once
	lines      chan string
	err        error       // set before closing lines
	interrupts *interrupts // ends a wait
	taken      int         // how many lines nextLine took
}

// linesAhead is how many lines are read before they are wanted.
const linesAhead = 256

func newLineInput(r io.Reader, interrupts *interrupts) *lineInput {
	return &lineInput{r: r, lines: make(chan string, linesAhead), interrupts: interrupts}
}

// read reads lines until the input ends.
func (in *lineInput) read() {
	defer close(in.lines)
	b := bufio.NewReader(in.r)
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
}

func (in *lineInput) hasLine() bool { return len(in.lines) > 0 }

// nextLine returns the next line, io.EOF after the last one, or errInterrupt when
// SIGINT comes while it waits. A line that is not UTF-8 is an error: messages
// cannot carry it.
func (in *lineInput) nextLine(ctx context.Context) (string, error) {
	interrupt, end := in.interrupts.wait()
	defer end()
	select {
	case <-interrupt: // before this line
		return "", errInterrupt
	default:
	}
	in.begin.Do(func() { go in.read() })
	select {
	case line, ok := <-in.lines:
		if in.taken++; ok && !utf8.ValidString(line) {
			return "", fmt.Errorf("line %d of the input is not UTF-8; iconv can convert it", in.taken)
		}
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
