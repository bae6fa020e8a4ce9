package kernel_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// shutdown asks the kernel to shut down.
func shutdown(c *kerneltest.Client, restart bool) *jupyter.Message {
	return c.Request(jupyter.Control, &jupyter.ShutdownRequest{Restart: restart})
}

// expectShutdown expects the reply to a shutdown_request whose busy was seen,
// and the end of the kernel.
func expectShutdown(c *kerneltest.Client, r *jupyter.Message) {
	c.ExpectReply(r)
	c.ExpectIdle(r)
	<-c.Kernel.Done()
}

func TestK9ShutdownWhenIdle(t *testing.T) { run(t, testK9Idle) }

func testK9Idle(t *testing.T, opt *kerneltest.Options) {
	for _, restart := range []bool{false, true} {
		l := newScript()
		c := kerneltest.Start(t, l, opt)
		r := shutdown(c, restart)
		c.ExpectBusy(r)
		m := c.ExpectReply(r)
		if got := strings.Contains(string(m.Content), `"restart":true`); got != restart {
			t.Errorf("restart %v: %s", restart, m.Content)
		}
		c.ExpectIdle(r)
		<-c.Kernel.Done()
		if got := l.shutdowns(); len(got) != 1 || got[0] != restart {
			t.Errorf("Shutdown was called with %v, want once with %v", got, restart)
		}
	}
}

func TestK9ShutdownOnShell(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	r := c.Request(jupyter.Shell, &jupyter.ShutdownRequest{})
	c.ExpectBusy(r)
	expectShutdown(c, r)
}

func TestK9ShutdownWhileBusy(t *testing.T) { run(t, testK9Busy) }

func testK9Busy(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	r := c.Execute("wait")
	c.ExpectStart(r, 1)
	waiting := c.Execute("out never")
	info := c.Request(jupyter.Shell, &jupyter.CommInfoRequest{})
	c.AwaitWaiting(2)
	s := shutdown(c, false)
	c.ExpectBusy(s)
	c.ExpectError(r, "Shutdown", "the kernel is shutting down")
	done(c, r, "error")
	c.ExpectBusy(waiting)
	done(c, waiting, "aborted")
	c.ExpectBusy(info)
	done(c, info, "error")
	expectShutdown(c, s)
}

func TestK9ShutdownWhileStarting(t *testing.T) { run(t, testK9Starting) }

func testK9Starting(t *testing.T, opt *kerneltest.Options) {
	l := newScript()
	l.startc = make(chan struct{})
	c := kerneltest.Start(t, l, opt)
	r := c.Execute("out never")
	c.ExpectStart(r, 1)
	s := shutdown(c, false)
	c.ExpectBusy(s)
	c.ExpectError(r, "Shutdown", "the kernel is shutting down")
	done(c, r, "error")
	expectShutdown(c, s)
}

func TestK9ShutdownWhileWaitingForInput(t *testing.T) { run(t, testK9Input) }

func testK9Input(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	r := c.Execute("ask! x")
	c.ExpectStart(r, 1)
	c.ExpectPrompt(r, "x")
	s := shutdown(c, false)
	c.ExpectBusy(s)
	c.ExpectStream(r, "stdout", "< kernel: the kernel is shutting down>")
	done(c, r, "ok")
	expectShutdown(c, s)
}

func TestK9ALanguageThatIsStuckIsAbandoned(t *testing.T) { synctest.Test(t, testK9Stuck) }

func testK9Stuck(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := c.Execute("stuck")
	c.ExpectStart(r, 1)
	synctest.Wait() // until it is stuck
	waiting := c.Execute("out never")
	start := time.Now()
	s := shutdown(c, true)
	c.ExpectBusy(s)
	// Control is served until the end.
	i := c.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
	c.ExpectBusy(i)
	done(c, i, "ok")
	c.ExpectBusy(r) // still
	again := shutdown(c, false)
	c.ExpectBusy(again)
	done(c, r, "error")
	c.ExpectBusy(waiting)
	done(c, waiting, "aborted")
	c.ExpectReply(s)
	c.ExpectIdle(s)
	expectShutdown(c, again)
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("the end took %v", d)
	}
	close(l.stuck)
	synctest.Wait() // what the language says now is heard by nobody
}

// A wedged language hangs in Start and in Shutdown, whatever it is told.
type wedged struct{ *script }

func (l wedged) Start(context.Context, *kernel.Output) error { <-l.stuck; return nil }

func (l wedged) Shutdown(context.Context, bool) error { <-l.stuck; return nil }

func TestK9AWedgedLanguageIsAbandoned(t *testing.T) { synctest.Test(t, testK9Wedged) }

func testK9Wedged(t *testing.T) {
	l := wedged{newScript()}
	c := kerneltest.Start(t, l, nil)
	r := c.Execute("out never")
	c.ExpectStart(r, 1)
	start := time.Now()
	s := shutdown(c, false)
	c.ExpectBusy(s)
	c.ExpectError(r, "Shutdown", "the kernel is shutting down")
	done(c, r, "error")
	expectShutdown(c, s)
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("the end took %v", d)
	}
	close(l.stuck)
	synctest.Wait()
}

func TestK9ASubscriberThatReadsNothing(t *testing.T) { synctest.Test(t, testK9Stalled) }

func testK9Stalled(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	c.Line(jupyter.IOPub).Stall()
	start := time.Now()
	s := shutdown(c, false)
	c.ExpectReply(s)
	<-c.Kernel.Done()
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("the end took %v", d)
	}
}

func TestK9ExitOfTheLanguage(t *testing.T) { run(t, testK9Exit) }

func testK9Exit(t *testing.T, opt *kerneltest.Options) {
	l := newScript()
	c := kerneltest.Start(t, l, opt)
	r := c.Execute("out bye\nexit 7")
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", "bye")
	m := c.ExpectReply(r)
	if !strings.Contains(string(m.Content), `"payload":[{"keepkernel":false,"source":"ask_exit"}]`) {
		t.Errorf("execute_reply = %s", m.Content)
	}
	c.ExpectIdle(r)
	must(t, c.Kernel.Wait())
	if got := c.Kernel.Server.ExitStatus(); got != 7 {
		t.Errorf("exit status %d, want 7", got)
	}
	if len(l.shutdowns()) != 1 {
		t.Error("Shutdown was not called")
	}
	if err := l.lastRequest().Stream("stdout", "late"); err == nil {
		t.Error("Stream after the end: no error")
	}
	must(t, c.Kernel.Server.Close())
}

func TestK9EndOfRunsContext(t *testing.T) {
	s, err := kernel.NewServer(newScript(), jupyter.NewConnectionInfo(), &kernel.Config{Engine: kerneltest.NewNetwork()})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, s.Run(ctx))
	if err := s.Run(t.Context()); err == nil {
		t.Error("Run again: no error")
	}
}

func TestCloseWithoutRun(t *testing.T) {
	s, err := kernel.NewServer(newScript(), jupyter.NewConnectionInfo(), nil)
	must(t, err)
	must(t, s.Close())
	must(t, s.Close())
	if err := s.Run(t.Context()); !errors.Is(err, kernel.ErrShutdown) {
		t.Errorf("Run after Close: %v, want ErrShutdown", err)
	}
}

func TestBindErrorsNameTheEndpoint(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	port := ln.Addr().(*net.TCPAddr).Port
	for name, change := range map[string]func(*jupyter.ConnectionInfo){
		"cannot listen for iopub on tcp://127.0.0.1:": func(i *jupyter.ConnectionInfo) { i.Ports[jupyter.IOPub] = port },
		"cannot listen for shell on tcp://999.1.1.1:": func(i *jupyter.ConnectionInfo) { i.IP = "999.1.1.1" },
		"cannot listen for shell on ipc:///nowhere/x-1": func(i *jupyter.ConnectionInfo) {
			i.Transport, i.IP, i.Ports = "ipc", "/nowhere/x", [5]int{1, 2, 3, 4, 5}
		},
		`unknown signature_scheme "rot13"`: func(i *jupyter.ConnectionInfo) { i.SignatureScheme = "rot13" },
	} {
		info := jupyter.NewConnectionInfo()
		change(info)
		_, err := kernel.NewServer(newScript(), info, nil)
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("NewServer: %v, want %q", err, name)
		}
	}
}
