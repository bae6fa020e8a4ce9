// Command adrastea is an R kernel for Jupyter and a console for any kernel.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// An exitStatus is an error that has been reported already, where reporting it
// was called for, and that sets the exit status of the process.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func main() {
	os.Exit(run(context.Background(), os.Args[1:]))
}

// run runs the command line args and returns the exit status.
func run(ctx context.Context, args []string) int {
	root := newRootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if s, ok := errors.AsType[exitStatus](err); ok {
		return int(s)
	}
	// Packages begin their errors with their name, for programs; for people, one
	// name is enough.
	text := err.Error()
	for _, pkg := range []string{"client: ", "jupyter: ", "kernel: ", "rkernel: ", "zmq: "} {
		text = strings.TrimPrefix(text, pkg)
	}
	fmt.Fprintf(os.Stderr, "adrastea: %s\n", text)
	return 1
}
