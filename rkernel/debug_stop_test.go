//go:build linux || darwin

package rkernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	done := f.stopAt(debugged, 14)
	f.at("top level:14")
	f.step("stepIn", "f:2", "top level:14")
	f.step("next", "f:4", "top level:14")
	f.step("stepIn", "g:7", "f:4", "top level:14")
	f.step("next", "g:8", "f:4", "top level:14")
	f.step("stepOut", "top level:15")
	f.goOn("next", done)
	// A step over a function with a breakpoint stops there.
	done = f.stopAt(debugged, 10, 7)
	f.at("top level:10")
	f.step("next", "top level:11")
	f.step("next", "top level:12")
	f.step("next", "g:7", "f:4", "top level:12")
	f.breakAt(debugged)
	f.step("stepOut", "top level:11")
	f.goOn("continue", done)
}

// A step stays in the function, also where its code is an argument of another.
func TestStepsInArguments(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = `f <- function() {
  r <- tryCatch({
    a <- 1
    stop("no")
  }, error = function(e) {
    conditionMessage(e)
  })
  local({
    b <- 2; c <- 3
    b
  })
  r
}
f()`
	done := f.stopAt(code, 3)
	f.at("f:3", "top level:14")
	f.step("next", "f:4", "top level:14")
	if got := f.scope("Locals"); !slices.Equal(got, []string{"a=1"}) {
		t.Errorf("the variables are %q", got)
	}
	f.step("next", "value[[3L]]:6", "f:2", "top level:14") // the handler
	f.step("next", "f:8", "top level:14")
	f.step("stepIn", "anonymous function:9", "f:8", "top level:14") // R compiles local() so
	f.step("next", "anonymous function:10", "f:8", "top level:14")
	f.step("next", "f:12", "top level:14")
	f.goOn("next", done)
}

// R compiles loops at top level, with the functions that are made in them, and keeps no
// lines of what they call.
func TestStepsInFunctionsMadeInALoop(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = `for (i in 1:2) {
  r <- sapply(3, function(z) {
    y <- (function(a) {
      a * i
    })(z)
    y
  })
}
tryCatch({
  r
}, error = identity)
while (TRUE) {
  f <- function() {
    i <- nothing
  }
  f()
}`
	done := f.stopAt(code, 4)
	f.at("anonymous function:4", "FUN:3", "top level:2")
	if got := f.scope("Enclosing 1"); !slices.Equal(got, []string{"z=3"}) {
		t.Errorf("the variables around are %q", got)
	}
	f.step("next", "FUN:6", "top level:2")
	if got := f.scope("Locals"); !slices.Equal(got, []string{"y=3", "z=3"}) {
		t.Errorf("the variables are %q", got)
	}
	f.step("continue", "anonymous function:4", "FUN:3", "top level:2")
	f.step("stepOut", "FUN:6", "top level:2")
	f.step("stepOut", "top level:9")
	f.step("next", "top level:10")
	f.ask("setExceptionBreakpoints", object{"filters": []string{"error"}})
	f.step("continue", "f:14", "top level:16")
	f.ask("continue", nil)
	f.event("continued")
	if err := <-done; err == nil {
		t.Error("no error")
	}
}

func TestAnErrorStops(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.ask("setExceptionBreakpoints", object{"filters": []string{"error"}})
	done := f.execute("f <- function(x) {\n  stop(\"no \", x)\n}\ntry(f(0), silent = TRUE)\nf(1)")
	if stop := f.event("stopped"); stop["reason"] != "exception" || stop["text"] != "Error in f(1) : no 1" {
		t.Errorf("stopped: %v", stop)
	}
	f.at("f:2", "top level:5")
	f.ask("continue", nil)
	f.event("continued")
	err, _ := errors.AsType[*kernel.Error](<-done)
	if err == nil || err.Value != "no 1" || !strings.Contains(strings.Join(err.Traceback, "\n"), "1: f(1)") {
		t.Errorf("the error is %v", err)
	}
}

// Warnings stop where they are raised, unless code handles them, and are what they are
// otherwise.
func TestAWarningStops(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = `f <- function(x) {
  y <- as.integer(x)
  y
}
suppressWarnings(f("a"))
invisible(tryCatch(f("a"), warning = identity))
f("b")
warning("mine")
warning(simpleWarning("a condition"))
options(warn = -1)
warning("ignored")
options(warn = 0)
suppressWarnings("handled")`
	f.run("asked <- warning")
	f.ask("setExceptionBreakpoints", object{"filters": []string{"warning"}})
	done := f.execute(code)
	for _, want := range []struct {
		text  string
		stack []string
	}{
		{"Warning: NAs introduced by coercion", []string{"f:2", "top level:7"}},
		{"Warning: mine", []string{"top level:8"}},
		{"Warning: a condition", []string{"top level:9"}},
	} {
		if stop := f.event("stopped"); stop["reason"] != "exception" || stop["text"] != want.text {
			t.Errorf("stopped: %v, want %q", stop, want.text)
		}
		f.at(want.stack...)
		if len(want.stack) > 1 {
			if got := f.scope("Locals"); !slices.Equal(got, []string{"x=\"b\""}) {
				t.Errorf("the variables are %q", got)
			}
			f.step("next", "f:3", "top level:7")
		}
		f.ask("continue", nil)
		f.event("continued")
	}
	f.end(done)
	const said = "Warning message:\nIn f(\"b\") : NAs introduced by coercion\nWarning message:\nmine \nWarning message:\na condition \n"
	if got := f.text("stderr"); got != said {
		t.Errorf("the cell says %q", got)
	}
	f.ask("setExceptionBreakpoints", object{"filters": []string{}})
	f.run("stopifnot(identical(asked, warning), bindingIsLocked('warning', baseenv())); warning('nobody asked')")
}

// The errors that R itself raises, as of a name that is not there, are in the function
// that runs, at its statement, however often that has run.
func TestAnErrorOfRsOwnStopsWhereItIs(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.run("earlier <- function() nothing")
	f.ask("setExceptionBreakpoints", object{"filters": []string{"error"}})
	for code, want := range map[string][]string{
		"earlier()": {"earlier:1", "top level:1"},
		"f <- function() {\n  x <- 1\n  nothing\n}\nf()":                            {"f:3", "top level:5"},
		"f <- function(a) {\n  a + 'b'\n}\nfor (i in 1:4) try(f(1), TRUE)\nf(1)":    {"f:2", "top level:5"},
		"f <- function() {\n  sapply(1, function(i) {\n    i()\n  })\n}\nf()":       {"FUN:3", "f:2", "top level:6"},
		"f <- function() nothing\ng <- function() {\n  f()\n}\ng()":                 {"f:1", "g:3", "top level:5"},
		"tryCatch({\n  1\n  nothing\n}, finally = 0)":                               {"top level:3"},
		"f <- function(a) {\n  1\n  a\n}\nf(nothing)":                               {"f:3", "top level:5"},
		"f <- function() {\n  tryCatch({\n    nothing\n  }, finally = 0)\n}\n\nf()": {"f:3", "top level:7"},
		"1\nnothing": {"top level:2"},
	} {
		done := f.execute(code)
		f.stops()
		f.at(want...)
		if strings.Contains(code, "x <- 1") {
			if got := f.scope("Locals"); !slices.Equal(got, []string{"x=1"}) {
				t.Errorf("the variables are %q", got)
			}
		}
		f.ask("continue", nil)
		f.event("continued")
		if err := <-done; err == nil {
			t.Errorf("%s: no error", code)
		}
	}
}

// A call may be made by a function that is not its parent: of a method, or of what is
// given as an argument.
func TestCallsAreWhereTheyAreMade(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	for code, want := range map[string][]string{
		"s <- function(x) UseMethod('s')\ns.a <- function(x) {\n  NextMethod()\n}\ns.default <- function(x) {\n  2 # here\n}\n" +
			"s(structure(1, class = 'a'))": {"s.default:6", "s.a:3", "s:1", "top level:8"},
		"invisible(setGeneric('area', function(o) standardGeneric('area')))\nsetMethod('area', 'numeric', function(o) {\n  o^2 # here\n})\narea(3)": {
			"area:3", "area:1", "top level:5"},
		"f <- function(x) {\n  1\n  x\n}\ng <- function() {\n  2 # here\n}\nf(g())":        {"g:6", "f:3", "top level:8"},
		"f <- function(x) {\n  x\n}\ng <- function() {\n  f({\n    3 # here\n  })\n}\ng()": {"g:6", "top level:9"},
	} {
		line := 1 + strings.Count(code[:strings.Index(code, "# here")], "\n")
		done := f.stopAt(code, line)
		f.at(want...)
		f.goOn("continue", done)
	}
}

// What the interrupt by which a shutdown begins has a cell do may come to a breakpoint.
func TestShutdownBeforeABreakpoint(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	file := filepath.Join(t.TempDir(), "last")
	f.run(fmt.Sprintf(".Last <- function() file.create(%q)", file))
	const code = "tryCatch({\n  cat('go\\n')\n  repeat {}\n}, interrupt = function(i) {\n  1\n})"
	f.breakAt(code, 5)
	done := f.execute(code)
	f.wait(t, "go")
	if err := f.r.Shutdown(t.Context(), false); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("the cell ended in peace")
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("R has not ended by itself: %v", err)
	}
}

// K5: an interrupt at a stop ends the cell, with what the debugger evaluates there.
func TestK5InterruptOfACellThatHasStopped(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "f <- function() {\n  1\n  on.exit(cat('bye\\n'))\n  2\n}\nf()\ncat('not reached\\n')"
	for name, during := range map[string]string{"waiting": "", "evaluating": "cat('on\\n'); repeat {}", "at the top": "top"} {
		f.recorder = newRecorder()
		line, evaluated := 4, make(chan error, 1)
		if during == "top" {
			line = 7
		}
		done := f.stopAt(code, line)
		if name == "evaluating" {
			go func() {
				_, err := f.try("evaluate", object{"expression": during, "frameId": 2})
				evaluated <- err
			}()
			f.wait(t, "on\n")
		}
		f.r.Interrupt(nil)
		if name == "evaluating" {
			if err := <-evaluated; err == nil {
				t.Errorf("%s: the evaluation has ended without an error", name)
			}
		}
		f.event("continued")
		err, _ := errors.AsType[*kernel.Error](<-done)
		if err == nil || err.Name != "interrupt" {
			t.Errorf("%s: the error is %v", name, err)
		}
		if got := f.text("stdout"); !strings.Contains(got, "bye\n") || strings.Contains(got, "reached") {
			t.Errorf("%s: %q", name, got)
		}
		f.breakAt(code)
	}
	f.run("1")
}

// R6: R may die where it has stopped, and the next R knows of the breakpoints.
func TestR6DeathOfACellThatHasStopped(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "x <- 1\nx"
	done := f.stopAt(code, 2)
	f.r.running().signal(unix.SIGKILL)
	f.event("continued")
	if err, _ := errors.AsType[*kernel.Error](<-done); err == nil || err.Name != "RDied" {
		t.Errorf("the error is %v", err)
	}
	if _, err := f.try("continue", nil); !errors.Is(err, errNotStopped) {
		t.Errorf("continue: %v", err)
	}
	done = f.execute(code)
	f.stops()
	f.at("top level:2")
	f.goOn("continue", done)
}

// A cell that runs can be stopped, and hears of breakpoints.
func TestACellIsPaused(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "cat('runs\\n')\nn <- 0\nwhile (n >= 0) {\n  n <- n + 1\n  m <- n\n}\n'over'"
	done := f.execute(code)
	f.wait(t, "runs")
	f.ask("pause", object{"threadId": 1})
	if why := f.stops(); why != "pause" {
		t.Errorf("stopped: %s", why)
	}
	if at := f.stack(); !slices.Contains([]string{"top level:4", "top level:5"}, at[0]) {
		t.Errorf("stopped at %q", at)
	}
	f.ask("continue", nil)
	f.event("continued")
	f.breakAt(code, 5)
	f.stops()
	f.at("top level:5")
	f.breakAt(code)
	f.ask("evaluate", object{"expression": "n <- -2"})
	f.goOn("continue", done)
	if _, err := f.try("pause", nil); err == nil {
		t.Error("pause without a cell: no error")
	}
}

// A showingFront does something while it shows something.
type showingFront struct {
	*debugFront
	during func()
}

func (f *showingFront) Display(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	f.during()
	return f.debugFront.Display(data, metadata, id)
}

// inform waits until R was sent what it is to know.
func (f *debugFront) inform() {
	p := f.r.running()
	p.mu.Lock()
	out := p.news.out
	p.mu.Unlock()
	if out != nil {
		<-out
	}
}

// What R hears while the kernel shows something, for which R waits, counts too.
func TestACellThatShowsSomethingIsPaused(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	pause := func() {
		f.ask("pause", object{"threadId": 1})
		f.inform()
	}
	done := make(chan error, 1)
	go func() {
		code := "for (n in 1:3) {\n  View(data.frame(n))\n}\n'over'"
		_, err := f.r.execute(context.Background(), &showingFront{f, pause}, cell{code: code})
		done <- err
	}()
	for range 3 {
		if why := f.stops(); why != "pause" {
			t.Errorf("stopped: %s", why)
		}
		f.ask("continue", nil)
		f.event("continued")
	}
	f.end(done)
}

// A sayingFront does something while it shows text, for which R does not wait.
type sayingFront struct {
	*debugFront
	during func()
}

func (f *sayingFront) StreamBytes(name string, text []byte) error {
	f.during()
	return f.debugFront.StreamBytes(name, text)
}

// A front end may go as the cell stops, which the kernel has not heard yet.
func TestACellThatStopsGoesOnWithoutAFrontEnd(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "cat('a\\n')\n'over'"
	f.breakAt(code, 2)
	going := func() {
		awaitEvent(t, f.r.running()) // the stop
		f.ask("disconnect", nil)
	}
	done := make(chan error, 1)
	go func() {
		_, err := f.r.execute(context.Background(), &sayingFront{f, going}, cell{code: code})
		done <- err
	}()
	f.stops()
	f.event("continued")
	f.end(done)
}

// awaitEvent returns when there is an event on which the pump, which calls it, has not
// acted yet.
func awaitEvent(t *testing.T, p *process) {
	for deadline := time.Now().Add(patience); len(p.pump.in) == 0 && unread(p.sock) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("R says nothing")
			return
		}
	}
}

// What is evaluated at a stop may ask a question, and the cell be told to go on
// meanwhile: it does when there is an answer.
func TestACellGoesOnAfterAQuestion(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	done := f.stopAt("x <- 1\nx", 2)
	answers := make(chan string)
	f.onInput = func(context.Context, string) (string, error) { return <-answers, nil }
	evaluated := make(chan error, 1)
	go func() {
		_, err := f.try("evaluate", object{"expression": "readline('who? ')"})
		evaluated <- err
	}()
	f.wait(t, "who?")
	f.ask("continue", nil)
	answers <- "me"
	if err := <-evaluated; err != nil {
		t.Error(err)
	}
	f.event("continued")
	f.end(done)
}

// Breakpoints may change while a step is being taken.
func TestAStepEndsThoughBreakpointsChange(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "x <- 1\ny <- readline('who? ')\nz <- 3"
	answers := make(chan string)
	f.onInput = func(context.Context, string) (string, error) { return <-answers, nil }
	done := f.stopAt(code, 2)
	f.ask("next", nil)
	f.event("continued")
	f.wait(t, "who?")
	f.breakAt(code, 1)
	f.inform()
	answers <- "me"
	if reason := f.stops(); reason != "step" {
		t.Errorf("it stops for %q", reason)
	}
	f.at("top level:3")
	f.goOn("continue", done)
}
