package kerneltest_test

import (
	"context"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// A parrot says what it is told.
type parrot struct{}

func (parrot) Info() kernel.Info                           { return kernel.Info{Implementation: "parrot"} }
func (parrot) Start(context.Context, *kernel.Output) error { return nil }
func (parrot) Shutdown(context.Context, bool) error        { return nil }

func (parrot) Execute(_ context.Context, req *kernel.Request) (*kernel.Result, error) {
	return nil, req.Stream(jupyter.Stdout, req.Code)
}

func TestParrot(t *testing.T) {
	c := kerneltest.Start(t, parrot{}, nil)
	r := c.Execute("hello")
	c.ExpectStart(r, 1)
	c.ExpectStream(r, jupyter.Stdout, "hello")
	c.ExpectReply(r)
	c.ExpectIdle(r)
}
