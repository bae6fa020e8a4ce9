package kernel_test

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// transports are what tests of the whole run over.
var transports = []string{"", "tcp", "ipc"}

// run runs test over every transport.
func run(t *testing.T, test func(t *testing.T, opt *kerneltest.Options)) {
	for _, tr := range transports {
		name := tr
		if name == "" {
			name = "memory"
		}
		t.Run(name, func(t *testing.T) { test(t, &kerneltest.Options{Transport: tr}) })
	}
	t.Run("curve", func(t *testing.T) { test(t, &kerneltest.Options{Transport: "tcp", Encrypt: true}) })
}

func TestExecute(t *testing.T) { run(t, testExecute) }

func testExecute(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	c.Heartbeat([]byte("ping"))
	r := c.Execute("out a\nerr b\nresult c\ndisplay d\nupdate e\nclear wait")
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", "a")
	c.ExpectStream(r, "stderr", "b")
	c.ExpectResult(r, "c")
	c.Expect(r, jupyter.IOPub, jupyter.TypeDisplayData)
	c.Expect(r, jupyter.IOPub, jupyter.TypeUpdateDisplayData)
	c.Expect(r, jupyter.IOPub, jupyter.TypeClearOutput)
	c.ExpectReply(r)
	c.ExpectIdle(r)

	r = c.Request(jupyter.Control, &jupyter.ShutdownRequest{Restart: true})
	c.ExpectBusy(r)
	c.ExpectReply(r)
	c.ExpectIdle(r)
	if err := c.Kernel.Wait(); err != nil {
		t.Error(err)
	}
}
