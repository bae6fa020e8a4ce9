//go:build linux || darwin

package rkernel

import (
	"strconv"
	"strings"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// A doneEvent is what R says of a cell that has ended: evDone, which finish in
// host/cell.c sends.
type doneEvent struct {
	id      string
	status  string // "ok", "error", "interrupt", "abort", or "syntax": nothing of it has run
	printed bool   // R has printed the last value, which is the result

	text []byte   // of the last value, without what went through the pipe
	own  string   // how much of it in the pipe is R's; see takeValue
	rich [][]byte // the rich form of the value; see bundle

	class, message string   // of the error, if it is a condition's
	held           []byte   // what R printed for the error
	traceback      [][]byte // its lines
}

// readDone reads an evDone. It reports false, with the id only, if there are too
// few parts.
func readDone(f frame) (doneEvent, bool) {
	const fixed = 9 // parts before the lines of the traceback
	if len(f.parts) < fixed {
		return doneEvent{id: f.part(0)}, false
	}
	rest := f.parts[fixed:]
	lines, _ := strconv.Atoi(f.part(8)) // 0 if it is not a number
	lines = min(max(lines, 0), len(rest))
	return doneEvent{
		id:        f.part(0),
		status:    f.part(1),
		printed:   f.part(2) == "1",
		text:      f.parts[3],
		own:       f.part(4),
		class:     f.part(5),
		message:   f.part(6),
		held:      f.parts[7],
		traceback: rest[:lines],
		rich:      rest[lines:],
	}, true
}

// err returns the error of a cell that did not end well.
func (e *doneEvent) err() error {
	switch e.status {
	case "interrupt":
		return interruptedError()
	case "abort":
		return &kernel.Error{Name: "abort", Value: `ended by Q at a browser or by the restart "abort"`, Traceback: []string{}}
	}
	held := escapeInvalid(e.held)
	err := &kernel.Error{Name: e.class, Value: e.message}
	if err.Name == "" {
		err.Name, err.Value = "simpleError", strings.TrimSpace(held)
	}
	if held = strings.TrimSuffix(held, "\n"); held != "" {
		err.Traceback = strings.Split(held, "\n")
	}
	if len(e.traceback) > 0 && e.status == "error" {
		err.Traceback = append(err.Traceback, "Traceback:")
	}
	for _, line := range e.traceback {
		err.Traceback = append(err.Traceback, escapeInvalid(line))
	}
	if len(err.Traceback) == 0 {
		err.Traceback = []string{"Error: " + err.Value}
	}
	return err
}
