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
	root.SetArgs(withoutTraits(args))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if s, ok := errors.AsType[exitStatus](err); ok {
		return int(s)
	}
	fmt.Fprintf(os.Stderr, "adrastea: %s\n", bare(err))
	return 1
}

// bare returns the text of err for people, without the name of the package that
// it begins with for programs: one name is enough.
func bare(err error) string {
	text := err.Error()
	for _, pkg := range []string{"client: ", "jupyter: ", "kernel: ", "rkernel: ", "zmq: "} {
		text = strings.TrimPrefix(text, pkg)
	}
	return text
}
