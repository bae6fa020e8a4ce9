package kernel_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestCompletionDoesNotWaitForACell(t *testing.T) { run(t, testBusyCompletion) }

func testBusyCompletion(t *testing.T, opt *kerneltest.Options) {
	l := newScript()
	c := kerneltest.Start(t, busyScript{l}, opt)
	cell := c.Execute("stuck")
	c.ExpectStart(cell, 1)
	next := c.Execute("out y")
	inspect := c.Request(jupyter.Shell, &jupyter.InspectRequest{Code: "ab", CursorPos: 2})
	for range 3 {
		r := c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: "ab", CursorPos: 1})
		c.ExpectBusy(r)
		want := `{"status":"ok","matches":[],"cursor_start":1,"cursor_end":1,"metadata":{}}`
		if m := c.ExpectReply(r); string(m.Content) != want {
			t.Errorf("%s, want %s", m.Content, want)
		}
		c.ExpectIdle(r)
		c.ExpectBusy(cell) // whatever a front end makes of the idle
	}
	close(l.stuck)
	c.ExpectReply(cell)
	c.ExpectIdle(cell)
	c.ExpectStart(next, 2)
	c.ExpectStream(next, "stdout", "y")
	c.ExpectReply(next)
	c.ExpectIdle(next)
	// What the language does not answer while it is busy had its turn.
	c.ExpectBusy(inspect)
	c.ExpectReply(inspect)
	c.ExpectIdle(inspect)
	// And nobody is answered so who need not wait.
	r := c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: "ab", CursorPos: 1})
	c.ExpectBusy(r)
	want := `{"status":"ok","matches":["ab!"],"cursor_start":0,"cursor_end":1,"metadata":{}}`
	if m := c.ExpectReply(r); string(m.Content) != want {
		t.Errorf("%s, want %s", m.Content, want)
	}
	c.ExpectIdle(r)
}

// A slowHistory takes a second to find something.
type slowHistory struct{ kernel.History }

func (h slowHistory) Find(ctx context.Context, r *jupyter.HistoryRequest) ([]jupyter.HistoryEntry, error) {
	time.Sleep(time.Second)
	return h.History.Find(ctx, r)
}

func TestCompletionWaitsBehindAllButCode(t *testing.T) { synctest.Test(t, testCompletionWaits) }

func testCompletionWaits(t *testing.T) {
	c := kerneltest.Start(t, busyScript{newScript()}, &kerneltest.Options{
		Config: &kernel.Config{History: slowHistory{kernel.NewMemoryHistory(0, 0)}},
	})
	history := c.Request(jupyter.Shell, &jupyter.HistoryRequest{AccessType: "tail", N: 1})
	complete := c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: "ab", CursorPos: 1})
	c.ExpectBusy(history)
	done(c, history, "ok")
	c.ExpectBusy(complete)
	if m := c.ExpectReply(complete); !strings.Contains(string(m.Content), `"ab!"`) {
		t.Errorf("%s, want the match that the language knows", m.Content)
	}
	c.ExpectIdle(complete)
}

func TestCompletionDoesNotWaitForTheStart(t *testing.T) { run(t, testStartingCompletion) }

func testStartingCompletion(t *testing.T, opt *kerneltest.Options) {
	l := newScript()
	l.startc = make(chan struct{})
	c := kerneltest.Start(t, busyScript{l}, opt)
	for range 2 { // the second may have waited behind the first
		r := c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: "ab", CursorPos: 1})
		c.ExpectBusy(r)
		c.ExpectReply(r)
		c.ExpectIdle(r)
	}
	close(l.startc)
	r := c.Execute("out x")
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", "x")
	c.ExpectReply(r)
	c.ExpectIdle(r)
}
