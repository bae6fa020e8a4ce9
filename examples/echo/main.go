// Command echo is the smallest kernel: its language answers with the code
// itself.
//
// To use it, write a kernelspec whose argv is
//
//	["/path/to/echo", "{connection_file}"]
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/history"
)

// echo is a language in which every text is a program, whose value is the text.
type echo struct{}

func (echo) Info() kernel.Info {
	return kernel.Info{
		Implementation:        "echo",
		ImplementationVersion: "1.0",
		Language: jupyter.LanguageInfo{
			Name: "echo", Version: "1.0", MIMEType: "text/plain", FileExtension: ".txt",
		},
		Banner: "Echo: says what you say",
	}
}

func (echo) Start(context.Context, *kernel.Output) error { return nil }

func (echo) Execute(_ context.Context, req *kernel.Request) (*kernel.Result, error) {
	if req.Code == "" {
		return nil, nil
	}
	return nil, req.Result(jupyter.MIMEBundle{"text/plain": req.Code}, nil)
}

func (echo) Shutdown(context.Context, bool) error { return nil }

func main() {
	if len(os.Args) < 2 { // `jupyter run` names its files after it
		fmt.Fprintln(os.Stderr, "usage: echo CONNECTION_FILE")
		os.Exit(2)
	}
	status, err := kernel.Serve(context.Background(), echo{}, os.Args[1], &kernel.Config{
		History: history.Open(history.DefaultFile("echo"), nil),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
	}
	os.Exit(status)
}
