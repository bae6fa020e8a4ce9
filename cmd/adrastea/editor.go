package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// An editor asks the user of a terminal for lines.
type editor interface {
	// readLine shows prompt and returns what the user enters. The error is
	// errInterrupt for Ctrl-C, io.EOF for Ctrl-D in an empty line, or the cause
	// of ctx. It leaves the cursor at the start of a line.
	readLine(ctx context.Context, prompt string, opts lineOptions) (string, error)

	// interject shows text, which is whole lines, above the line that is being
	// edited. It returns false if it cannot. It may be called at any time.
	interject(text string) bool

	// hasInput reports whether more was typed, or pasted, than was read, as far as that
	// is known.
	hasInput() bool

	// remember puts a piece of code into the history.
	remember(code string)

	// close gives the terminal back as it was.
	close()
}

type lineOptions struct {
	// secret hides what is typed.
	secret bool
	// code says that a line of code is read, with history and completion.
	code bool
	// text is what the line begins with.
	text string
	// complete returns the places between which a completion goes, in code points
	// of line, and the candidates. Nil: no completion.
	complete func(line string, pos int) (start, end int, matches []string)
}

// What readLine returns when Ctrl-C was typed, in an empty line and in one that
// was not. To errors.Is both are errInterrupt.
var (
	errInterrupt      = errors.New("interrupted")
	errInterruptTyped = fmt.Errorf("%w in a line that was not empty", errInterrupt)
)

// newEditor returns the editor that suits the terminal: one with everything, or
// for a terminal that knows no control sequences (TERM=dumb, a terminal inside
// an editor) one that leaves the editing to the terminal. in is where
// SIGINT comes from.
func newEditor(history *history, in *interrupts) (editor, error) {
	if !isTerminal(os.Stdout) || !lineEditorWorks() {
		return newPlainEditor(in)
	}
	return newLineEditor(history, in)
}
