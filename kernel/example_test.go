package kernel_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// A shouter is a language whose programs are texts and whose values are the same
// texts, louder. It asks for a text where there is none.
type shouter struct{}

func (shouter) Info() kernel.Info {
	return kernel.Info{
		Implementation:        "shout",
		ImplementationVersion: "1.0",
		Language: jupyter.LanguageInfo{
			Name: "shout", Version: "1.0", MIMEType: "text/plain", FileExtension: ".txt",
		},
	}
}

func (shouter) Start(context.Context, *kernel.Output) error { return nil }

func (shouter) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	text := req.Code
	if text == "" {
		var err error
		if text, err = req.Input(ctx, "What? ", false); err != nil {
			return nil, err // interrupted, for instance
		}
	}
	if strings.Contains(text, "!") {
		return nil, &kernel.Error{Name: "TooLoud", Value: "that is a shout already"}
	}
	return nil, req.Result(jupyter.MIMEBundle{"text/plain": strings.ToUpper(text) + "!"}, nil)
}

func (shouter) Shutdown(context.Context, bool) error { return nil }

// Complete makes shouter a kernel.Completer.
func (shouter) Complete(_ context.Context, code string, cursor int) (*jupyter.CompleteReply, error) {
	return &jupyter.CompleteReply{Matches: []string{code + code}, CursorStart: 0, CursorEnd: cursor}, nil
}

// The main function of a kernel. Its kernelspec has
//
//	"argv": ["/path/to/shout", "{connection_file}"]
func Example() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: shout CONNECTION_FILE")
		os.Exit(2)
	}
	status, err := kernel.Serve(context.Background(), shouter{}, os.Args[1], nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, "shout:", err)
	}
	os.Exit(status)
}

// What a language can do is found by type assertion.
func ExampleLanguage() {
	var lang kernel.Language = shouter{}
	_, completes := lang.(kernel.Completer)
	_, inspects := lang.(kernel.Inspector)
	fmt.Println(lang.Info().Language.Name, completes, inspects)
	// Output: shout true false
}
