package libzmq_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/libzmq"
)

// greeter is a language that asks for a name and greets.
type greeter struct{}

func (greeter) Info() kernel.Info                           { return kernel.Info{Implementation: "greeter"} }
func (greeter) Start(context.Context, *kernel.Output) error { return nil }
func (greeter) Shutdown(context.Context, bool) error        { return nil }

func (greeter) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	if err := req.Stream(jupyter.Stdout, "hello\n"); err != nil {
		return nil, err
	}
	name, err := req.Input(ctx, "name? ", false)
	if err != nil {
		return nil, err
	}
	return nil, req.Result(jupyter.MIMEBundle{"text/plain": "hello, " + name}, nil)
}

// A kernel over libzmq says the same as one over package zmq.
func TestKernel(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			testKernel(t, &kerneltest.Options{Transport: transport, Config: &kernel.Config{Engine: libzmq.Engine{}}})
		})
	}
}

func testKernel(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, greeter{}, opt)
	for n := 1; n <= 50; n++ {
		r := c.Execute("greet")
		c.ExpectStart(r, n)
		c.ExpectStream(r, jupyter.Stdout, "hello\n")
		prompt := c.ExpectPrompt(r, "name? ")
		if n%2 == 0 { // interrupt the prompt, and answer too late
			i := c.Request(jupyter.Control, &jupyter.InterruptRequest{})
			c.Await(i, jupyter.Control, jupyter.TypeInterruptReply)
			c.Await(i, jupyter.IOPub, jupyter.TypeStatus)
			c.Await(i, jupyter.IOPub, jupyter.TypeStatus)
			c.Answer(prompt, "too late")
			c.ExpectError(r, "Interrupted", "the execution was interrupted")
			c.ExpectReplyStatus(r, jupyter.StatusError)
			c.ExpectIdle(r)
			continue
		}
		name := fmt.Sprint("Ada ", n)
		c.Answer(prompt, name)
		c.ExpectResult(r, "hello, "+name)
		c.ExpectReply(r)
		c.ExpectIdle(r)
	}
	c.Heartbeat([]byte("ping"))
	r := c.Request(jupyter.Control, &jupyter.ShutdownRequest{})
	c.ExpectBusy(r)
	c.ExpectReply(r)
	c.ExpectIdle(r)
	if err := c.Kernel.Wait(); err != nil {
		t.Error(err)
	}
}
