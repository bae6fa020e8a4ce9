package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
)

// A plainEditor leaves the editing to the terminal.
type plainEditor struct {
	in         *ttyReader
	out        io.Writer
	mode       *ttyMode
	interrupts *interrupts // Ctrl-C is a signal in this mode
	typed      []byte      // read from the terminal and not yet returned

	mu     sync.Mutex
	prompt *string // what is shown, nil if nothing is; guarded by mu, with writing it
}

func newPlainEditor(interrupts *interrupts) (*plainEditor, error) {
	in, err := newTTYReader(os.Stdin)
	if err != nil {
		return nil, err
	}
	mode, err := getMode(os.Stdin)
	if err != nil {
		return nil, err
	}
	return &plainEditor{in: in, out: os.Stdout, mode: mode, interrupts: interrupts}, nil
}

func (e *plainEditor) interject(text string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.prompt == nil { // not yet, or not any more
		io.WriteString(e.out, text)
	} else {
		io.WriteString(e.out, "\n"+text+*e.prompt)
	}
	return true
}

// show shows the prompt. It returns the function that says that it is answered.
func (e *plainEditor) show(prompt string) (answered func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	io.WriteString(e.out, prompt)
	e.prompt = &prompt
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.prompt = nil
	}
}

func (e *plainEditor) hasInput() bool { return len(e.typed) > 0 || canRead(e.in.fd) }

func (e *plainEditor) remember(string) {}
func (e *plainEditor) close()          {}

func (e *plainEditor) readLine(
	ctx context.Context, prompt string, opts lineOptions,
) (string, error) {
	interrupt, end := e.interrupts.wait()
	defer end()
	if opts.secret {
		e.mode.noEcho().apply()           // before the prompt: who sees it may type
		defer io.WriteString(e.out, "\n") // the one that was not echoed
		defer e.mode.apply()
	}
	defer e.show(prompt)()
	got := make(chan error, 1)
	go func() { got <- e.fill() }()
	select {
	case err := <-got:
		if err != nil {
			if !opts.secret {
				io.WriteString(e.out, "\n") // Ctrl-D ends no line
			}
			return "", err
		}
	case <-interrupt:
		e.stop(got)
		io.WriteString(e.out, "\n")
		return "", errInterrupt
	case <-ctx.Done():
		e.stop(got)
		if !opts.secret {
			io.WriteString(e.out, "\n")
		}
		return "", context.Cause(ctx)
	}
	line, rest, _ := bytes.Cut(e.typed, []byte("\n"))
	text := string(line)
	e.typed = append(e.typed[:0], rest...)
	return text, nil
}

// stop ends the fill that reports to got.
func (e *plainEditor) stop(got <-chan error) {
	e.in.wake()
	if err := <-got; !errors.Is(err, errWoken) {
		e.in.takeWake() // it ended by itself
	}
}

// fill reads until there is a whole line in e.typed.
func (e *plainEditor) fill() error {
	buf := make([]byte, 4096)
	for !bytes.ContainsRune(e.typed, '\n') {
		n, err := e.in.read(buf)
		if err != nil {
			return err
		}
		if n == 0 { // Ctrl-D, or the end of the terminal
			if len(e.typed) == 0 {
				return io.EOF
			}
			e.typed = append(e.typed, '\n')
			return nil
		}
		e.typed = append(e.typed, buf[:n]...)
	}
	return nil
}
