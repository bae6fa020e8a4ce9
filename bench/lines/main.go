// Command lines is a kernel for measurements: its programs are numbers, and print
// so many lines. With -each, every line is a message of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// lines is the language.
type lines struct{}

func (lines) Info() kernel.Info {
	return kernel.Info{
		Implementation: "lines", ImplementationVersion: "1.0",
		Language: jupyter.LanguageInfo{Name: "lines", Version: "1.0", MIMEType: "text/plain", FileExtension: ".txt"},
	}
}

func (lines) Start(context.Context, *kernel.Output) error { return nil }
func (lines) Shutdown(context.Context, bool) error        { return nil }

func (lines) Execute(_ context.Context, req *kernel.Request) (*kernel.Result, error) {
	n, err := strconv.Atoi(req.Code)
	for i := 0; i < n && err == nil; i++ {
		err = req.Stream(jupyter.Stdout, strconv.Itoa(i)+"\n")
	}
	return nil, err
}

func main() {
	each := flag.Bool("each", false, "send every line at once, in a message of its own")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: lines [-each] CONNECTION_FILE")
		os.Exit(2)
	}
	cfg := &kernel.Config{}
	if *each {
		cfg.StreamInterval = -1
	}
	status, err := kernel.Serve(context.Background(), lines{}, flag.Arg(0), cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lines:", err)
	}
	os.Exit(status)
}
