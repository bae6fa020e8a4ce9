package kernel_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestK5Interrupt(t *testing.T) { run(t, testK5Interrupt) }

func testK5Interrupt(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	for _, by := range []func(){c.Interrupt, c.Kernel.Server.Interrupt} {
		for _, how := range []string{"wait", "giveup"} {
			r := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: how + "\nout the rest does not run"})
			c.ExpectStart(r, 0)
			by()
			c.ExpectError(r, "Interrupted", "the execution was interrupted")
			done(c, r, "error")
		}
	}
}

func TestK5InterruptTouchesNothingWhenIdle(t *testing.T) { run(t, testK5Idle) }

func testK5Idle(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	for n := range 3 {
		c.Interrupt()
		c.Kernel.Server.Interrupt()
		r := c.Execute("ask x")
		c.ExpectStart(r, n+1)
		p := c.ExpectPrompt(r, "x")
		c.Answer(p, "y")
		c.ExpectStream(r, "stdout", "<y>")
		done(c, r, "ok")
	}
}

func TestK5InterruptOfOtherRequests(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	r := c.Request(jupyter.Shell, &jupyter.InspectRequest{Code: "wait"})
	c.ExpectBusy(r)
	c.Interrupt()
	done(c, r, "error")
}

// TestK5InterruptOfAComm: what handles a comm is interrupted, too. Where it runs
// beside a cell, the interrupt is the cell's, and the next one is for the comm.
func TestK5InterruptOfAComm(t *testing.T) {
	for name, l := range map[string]kernel.Language{"script": newScript(), "comms": commScript{newScript()}} {
		t.Run(name, func(t *testing.T) {
			c := kerneltest.Start(t, l, nil)
			open := c.Request(jupyter.Shell, &jupyter.CommOpen{CommID: "1", TargetName: "wait"})
			c.ExpectBusy(open)
			c.ExpectIdle(open)
			m := c.Request(jupyter.Shell, &jupyter.CommMsg{CommID: "1"})
			c.ExpectBusy(m)
			c.ExpectStream(m, "stdout", "waiting\n")
			if name == "comms" {
				cell := c.Execute("wait")
				c.ExpectStart(cell, 1)
				c.Interrupt()
				c.Await(m, jupyter.IOPub, jupyter.TypeStatus) // busy still
				c.ExpectError(cell, "Interrupted", "the execution was interrupted")
				done(c, cell, "error")
				c.ExpectBusy(m) // still
			}
			c.Interrupt()
			c.ExpectStream(m, "stdout", "kernel: interrupted\n")
			c.ExpectIdle(m)
		})
	}
}

func TestK5InterruptWhileStarting(t *testing.T) {
	l := newScript()
	l.startc = make(chan struct{})
	c := kerneltest.Start(t, l, nil)
	r := c.Execute("out x")
	c.ExpectStart(r, 1)
	c.Interrupt()
	c.ExpectError(r, "Interrupted", "the execution was interrupted")
	done(c, r, "error")
	close(l.startc)
}

// interrupter is a language that handles interrupts and runs on.
type interrupter struct {
	*script
	interrupts chan *kernel.Request
}

func (l *interrupter) Interrupt(req *kernel.Request) { l.interrupts <- req }

func (l *interrupter) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	if req.Code != "handle 3" {
		return l.script.Execute(ctx, req)
	}
	if err := req.Stream("stdout", "ready\n"); err != nil {
		return nil, err
	}
	for range 3 {
		if got := <-l.interrupts; got != req {
			return nil, &kernel.Error{Name: "Wrong", Value: "an interrupt of another request"}
		}
		if err := req.Stream("stdout", "ouch\n"); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func TestK5ALanguageHearsOfEveryInterrupt(t *testing.T) {
	l := &interrupter{newScript(), make(chan *kernel.Request, 3)}
	c := kerneltest.Start(t, l, nil)
	c.Interrupt() // heard by nobody
	r := c.Execute("handle 3")
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", "ready\n") // before, it would not run at all
	for range 3 {
		c.Interrupt()
	}
	c.ExpectStream(r, "stdout", "ouch\nouch\nouch\n")
	done(c, r, "ok")
	c.Interrupt()
	if n := len(l.interrupts); n != 0 {
		t.Errorf("%d interrupts were heard while nothing ran", n)
	}
}

func TestK6Abort(t *testing.T) { run(t, testK6Abort) }

func testK6Abort(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	first := c.Execute("ask x\nfail y")
	c.ExpectStart(first, 1)
	p := c.ExpectPrompt(first, "x")
	// While it waits, these are received.
	second := c.Execute("out second")
	info := c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: "x"})
	third := c.Execute("out third")
	c.AwaitWaiting(3)
	c.Answer(p, "")
	c.ExpectStream(first, "stdout", "<>")
	c.ExpectError(first, "Fail", "y")
	done(c, first, "error")
	for _, r := range []*jupyter.Message{second, info, third} {
		c.ExpectBusy(r)
		status := "aborted"
		if r == info {
			status = "ok"
		}
		done(c, r, status)
	}
	// What is sent after the error was seen runs.
	r := c.Execute("out fourth")
	c.ExpectStart(r, 2)
	c.ExpectStream(r, "stdout", "fourth")
	done(c, r, "ok")
}

// expectAborted expects that requests were aborted, in their order.
func expectAborted(c *kerneltest.Client, requests []*jupyter.Message) {
	for _, r := range requests {
		c.ExpectBusy(r)
		done(c, r, "aborted")
	}
}

func TestK6RunAll(t *testing.T) { synctest.Test(t, testK6RunAll) }

// testK6RunAll sends cells as JupyterLab's "Run All" does: one by one, some
// milliseconds apart. The first fails before the second arrives.
func testK6RunAll(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	begun := time.Now()
	first := c.Execute("fail y")
	c.ExpectStart(first, 1)
	c.ExpectError(first, "Fail", "y") // which the user sees at once
	if d := time.Since(begun); d != 0 {
		t.Errorf("the error came after %v", d)
	}
	var rest []*jupyter.Message
	for range 10 {
		time.Sleep(30 * time.Millisecond)
		rest = append(rest, c.Execute("out x"))
	}
	done(c, first, "error")
	expectAborted(c, rest)
	// What is sent after the reply runs, however soon.
	r := c.Execute("out y")
	c.ExpectStart(r, 2)
	c.ExpectStream(r, "stdout", "y")
	done(c, r, "ok")
}

func TestK6RunAllOfOneOfTwoClients(t *testing.T) { synctest.Test(t, testK6RunAllOfOne) }

// testK6RunAllOfOne: while the reply to a failure waits for more of its client,
// another, who has seen the error, may send what is meant to run.
func testK6RunAllOfOne(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	d := c.Kernel.Connect(t)
	first := c.Execute("ask x\nfail y")
	c.ExpectStart(first, 1)
	p := c.ExpectPrompt(first, "x")
	before := d.Execute("out before")
	c.AwaitWaiting(1)
	c.Answer(p, "")
	c.ExpectStream(first, "stdout", "<>")
	c.ExpectError(first, "Fail", "y")
	after := d.Execute("out after")
	own := c.Execute("out x")
	c.AwaitWaiting(3)
	done(c, first, "error")
	expectAborted(d, []*jupyter.Message{before})
	expectAborted(c, []*jupyter.Message{own})
	d.ExpectStart(after, 2)
	d.ExpectStream(after, "stdout", "after")
	done(d, after, "ok")
}

func TestK6AClientWithoutPause(t *testing.T) { synctest.Test(t, testK6AClientWithoutPause) }

// testK6AClientWithoutPause: no client can have the reply to its failure wait for
// ever, and another client is nothing to wait for.
func testK6AClientWithoutPause(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	first := c.Execute("fail y")
	c.ExpectStart(first, 1)
	c.ExpectError(first, "Fail", "y")
	var aborted []*jupyter.Message
	for begun := time.Now(); time.Since(begun) < 1990*time.Millisecond; {
		time.Sleep(10 * time.Millisecond)
		aborted = append(aborted, c.Execute("out x"))
	}
	time.Sleep(20 * time.Millisecond)
	synctest.Wait()
	done(c, first, "error")
	expectAborted(c, aborted)
}

func TestK6NoAbortWithoutStopOnError(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	first := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: "fail x"})
	second := c.Execute("out second")
	c.ExpectStart(first, 0)
	c.ExpectError(first, "Fail", "x")
	done(c, first, "error")
	c.ExpectStart(second, 1)
	c.ExpectStream(second, "stdout", "second")
	done(c, second, "ok")
}

func TestK6AbortOfABurst(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	first := c.Execute("wait")
	c.ExpectStart(first, 1)
	var rest []*jupyter.Message
	for range 50 {
		rest = append(rest, c.Execute("out x"))
	}
	c.Interrupt()
	c.ExpectError(first, "Interrupted", "the execution was interrupted")
	done(c, first, "error")
	expectAborted(c, rest)
}

// What has arrived at the shell socket counts as received, though the kernel has
// not taken it from there: here its reader waits for a log, until the request
// that runs has failed.
func TestK6AbortOfWhatTheSocketHolds(t *testing.T) { synctest.Test(t, testK6SocketHolds) }

func testK6SocketHolds(t *testing.T) {
	log := stuckLog{began: make(chan struct{}), free: make(chan struct{})}
	c := kerneltest.Start(t, newScript(), &kerneltest.Options{
		Config: &kernel.Config{Logger: slog.New(log)},
	})
	first := c.Execute("ask x\nfail y")
	c.ExpectStart(first, 1)
	p := c.ExpectPrompt(first, "x")
	c.SendFrames(jupyter.Shell, [][]byte{[]byte("no message: this is logged")})
	<-log.began
	var rest []*jupyter.Message
	for range 100 {
		rest = append(rest, c.Execute("out x"))
	}
	c.Answer(p, "")
	c.ExpectStream(first, "stdout", "<>")
	synctest.Wait()
	close(log.free)
	c.ExpectError(first, "Fail", "y")
	done(c, first, "error")
	expectAborted(c, rest)
}

// A stuckLog is a log whose writer waits: began is closed when it does, and it
// goes on when free is closed.
type stuckLog struct{ began, free chan struct{} }

func (stuckLog) Enabled(context.Context, slog.Level) bool { return true }
func (l stuckLog) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l stuckLog) WithGroup(string) slog.Handler          { return l }

func (l stuckLog) Handle(context.Context, slog.Record) error {
	close(l.began)
	<-l.free
	return nil
}
