package client_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// words is a small language, for the examples and for tests of this package
// with package kernel.
type words struct{}

func (words) Info() kernel.Info {
	return kernel.Info{Implementation: "words", Language: jupyter.LanguageInfo{Name: "words"}}
}

func (words) Start(context.Context, *kernel.Output) error { return nil }

func (words) Shutdown(context.Context, bool) error { return nil }

func (words) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	word, arg, _ := strings.Cut(req.Code, " ")
	switch word {
	case "print":
		return nil, req.Stream(jupyter.Stdout, arg+"\n")
	case "greet":
		name, err := req.Input(ctx, "who?", false)
		if err != nil {
			return nil, err
		}
		return nil, req.Stream(jupyter.Stdout, "hello, "+name+"\n")
	case "loop":
		if err := req.Stream(jupyter.Stdout, "looping\n"); err != nil {
			return nil, err
		}
		<-ctx.Done()
		return nil, &kernel.Error{Name: "KeyboardInterrupt"}
	}
	return nil, &kernel.Error{Name: "Unknown", Value: req.Code}
}

// runWords is the kernel of words as a process.
func runWords() int {
	status, err := kernel.Serve(context.Background(), words{}, os.Args[len(os.Args)-1], nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return status
}
