//go:build linux || darwin

package rkernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// The tests in this file hold the pump up, by the lock that it needs: what R has said is
// not heard yet, as on a machine with much else to do.

// hold lets R go on from where it waits for the file, without being heard, and gives it
// the time to say all that it will.
func hold(t *testing.T, p *process, file string) (release func()) {
	t.Helper()
	p.mu.Lock()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Error(err)
	}
	time.Sleep(200 * time.Millisecond)
	return p.mu.Unlock
}

// awaiting is R code that waits for a file.
func awaiting(file string) string {
	return fmt.Sprintf("while (!file.exists(%q)) Sys.sleep(0.01)", file)
}

// K5: the interrupt of a call that takes too long comes as the call has just ended, and
// a cell waits for its turn.
func TestK5InterruptOfACallThatHasEnded(t *testing.T) {
	p := startR(t)
	runCell(t, p, "1")
	file := filepath.Join(t.TempDir(), "go")
	id, c, err := p.enterCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.send(cmdCall, id, "evaluate", awaiting(file)); err != nil {
		t.Fatal(err)
	}
	<-c.begun
	cell := begin(p, "for (i in 1:50) Sys.sleep(0.01)")
	deadline := time.Now().Add(patience)
	for sent := false; !sent; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the cell is not sent")
		}
		p.mu.Lock()
		sent = p.run != nil && p.run.sent
		p.mu.Unlock()
	}
	release := hold(t, p, file)
	p.breakCallLocked(id)
	release()
	if r := <-c.result; r.err != nil {
		t.Errorf("the call: %v", r.err)
	}
	if err := cell.end(t); err != nil {
		t.Errorf("the cell: %v", err)
	}
}

// The interrupt by which a shutdown begins comes as the cell has just ended: it is not
// for .Last.
func TestShutdownAsACellEndsRunsLast(t *testing.T) {
	p := startR(t)
	dir := t.TempDir()
	file, last := filepath.Join(dir, "go"), filepath.Join(dir, "last")
	runCell(t, p, fmt.Sprintf(".Last <- function() { for (i in 1:3) Sys.sleep(0.01); file.create(%q) }", last))
	c := begin(p, "cat('runs\\n')\n"+awaiting(file))
	c.rec.wait(t, "runs")
	release := hold(t, p, file)
	p.end.shut = true
	p.interruptLocked()
	if err := p.send(cmdQuit); err != nil {
		t.Error(err)
	}
	release()
	c.end(t)
	<-p.done
	if _, err := os.Stat(last); err != nil {
		t.Error(err)
	}
}

// Nobody waits any more for a call that had no turn: R does not run it.
func TestACallThatWasGivenUpDoesNotKeepR(t *testing.T) {
	p := startR(t)
	busy := begin(p, `invisible(readline("? "))`)
	busy.rec.wait(t, "input|")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.call(ctx, "evaluate", "repeat {}"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	busy.answers <- ""
	if err := busy.end(t); err != nil {
		t.Error(err)
	}
	next := begin(p, "invisible(1)")
	select {
	case err := <-next.done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("R runs what nobody waits for")
		p.signal(unix.SIGKILL)
		<-next.done
	}
}

// A lateFront takes its time for an event of the debugger.
type lateFront struct {
	*debugFront
	during func()
}

func (f *lateFront) DebugEvent(e jupyter.DebugEvent) error {
	f.during()
	return f.debugFront.DebugEvent(e)
}

// R6: who comes as R has just died is not told of a death that its cell has as its error,
// and opens comms to the next R.
func TestR6WhatComesAsRHasDied(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	done := f.stopAt("x <- 1\nx", 2)
	p := f.r.running()
	var said string
	late := &lateFront{f, func() {
		said = p.epitaph()
		f.r.comms.add(&kernel.Comm{ID: "next"})
	}}
	if _, err := f.r.debugger.serve(t.Context(), jupyter.DebugRequest{"command": "threads"}, late); err != nil {
		t.Fatal(err)
	}
	p.signal(unix.SIGKILL)
	f.event("continued")
	if said != lostNote {
		t.Errorf("meanwhile others hear %q", said)
	}
	if err, _ := errors.AsType[*kernel.Error](<-done); err == nil || err.Name != "RDied" {
		t.Errorf("the error is %v", err)
	}
	if f.r.comms.get("next") == nil {
		t.Error("the comm is lost")
	}
}
