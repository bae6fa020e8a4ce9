package kernel_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/zmq"
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

// An ender is an Engine whose sockets a test can end.
type ender struct {
	sockets []kernel.Socket // in the order of jupyter.Channels
}

func (e *ender) Bind(typ zmq.Type, endpoint string, cfg *zmq.Config) (kernel.Socket, string, error) {
	s, err := zmq.NewSocket(typ, cfg)
	if err != nil {
		return nil, "", err
	}
	e.sockets = append(e.sockets, s)
	bound, err := s.Bind(endpoint)
	return s, bound, err
}

// TestAKernelWithoutOneOfItsSocketsEnds: it could not be reached, or not be heard.
func TestAKernelWithoutOneOfItsSocketsEnds(t *testing.T) {
	for i, ch := range jupyter.Channels() {
		e := new(ender)
		s, err := kernel.NewServer(newScript(), jupyter.NewConnectionInfo(), &kernel.Config{Engine: e})
		must(t, err)
		must(t, e.sockets[i].Close())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Run(ctx); err == nil || !strings.Contains(err.Error(), ch.String()+" socket has ended") {
			t.Errorf("Run without the %v socket: %v", ch, err)
		}
		if got := s.ExitStatus(); got != 1 {
			t.Errorf("ExitStatus without the %v socket: %d", ch, got)
		}
	}
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
