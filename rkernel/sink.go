package rkernel

import (
	"context"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// An output is where R's output goes: *kernel.Output, or a test's.
type output interface {
	Stream(name, text string) error
	StreamBytes(name string, text []byte) error // does not keep text
	Display(data jupyter.MIMEBundle, metadata map[string]any, id string) error
	UpdateDisplay(data jupyter.MIMEBundle, metadata map[string]any, id string) error
	ClearOutput(wait bool) error
}

// A request is a cell that runs: *kernel.Request, or a test's.
type request interface {
	output
	Result(data jupyter.MIMEBundle, metadata map[string]any) error
	Input(ctx context.Context, prompt string, password bool) (string, error)
}

var (
	_ output  = (*kernel.Output)(nil)
	_ request = (*kernel.Request)(nil)
)
