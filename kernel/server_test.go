package kernel_test

import (
	"strings"
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

// Every fresh client that has seen its welcome sees everything from then on.
func TestK7FreshClientsMissNothing(t *testing.T) { run(t, testK7Fresh) }

func testK7Fresh(t *testing.T, opt *kerneltest.Options) {
	k := kerneltest.StartKernel(t, newScript(), opt)
	for n := range 15 {
		c := k.Connect(t)
		r := c.Execute("out hello")
		c.ExpectStart(r, n+1)
		c.ExpectStream(r, "stdout", "hello")
		c.ExpectReply(r)
		c.ExpectIdle(r)
	}
}

func TestLargeMessages(t *testing.T) { run(t, testLargeMessages) }

func testLargeMessages(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	text := strings.Repeat("é", 200_000)
	r := c.Execute("out " + text + "\nresult " + text)
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", text)
	c.ExpectResult(r, text)
	c.ExpectReply(r)
	c.ExpectIdle(r)
}
