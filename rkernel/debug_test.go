//go:build linux || darwin

package rkernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// A debugFront is a front end with a debugger.
type debugFront struct {
	*recorder
	t      testing.TB
	r      *R
	events chan jupyter.DebugEvent
	path   string // of the cell
}

func (f *debugFront) DebugEvent(e jupyter.DebugEvent) error {
	f.events <- e
	return nil
}

// newDebugFront attaches a front end to a new R.
func newDebugFront(t testing.TB) *debugFront {
	t.Helper()
	f := &debugFront{recorder: newRecorder(), t: t, r: New(&Config{Logger: testLogger()}),
		events: make(chan jupyter.DebugEvent, 100)}
	t.Cleanup(func() { f.r.Shutdown(context.Background(), false) })
	f.ask("initialize", nil)
	if len(f.events) > 0 {
		t.Error("an event came before initialize had ended")
	}
	f.ask("attach", nil)
	f.event("initialized")
	return f
}

// try sends a request of the debugger.
func (f *debugFront) try(command string, arguments object) (object, error) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	reply, err := f.r.debugger.serve(ctx, jupyter.DebugRequest{
		"type": "request", "seq": 7, "command": command, "arguments": arguments}, f)
	if err != nil {
		return nil, err
	}
	if reply["request_seq"] != 7 || reply["success"] != true || reply["command"] != command {
		f.t.Errorf("the reply to %s is %v", command, reply)
	}
	var plain struct{ Body object } // as it comes to a front end
	raw, err := json.Marshal(reply)
	if err == nil {
		err = json.Unmarshal(raw, &plain)
	}
	return plain.Body, err
}

// ask is try of a request that does not fail.
func (f *debugFront) ask(command string, arguments object) object {
	f.t.Helper()
	body, err := f.try(command, arguments)
	if err != nil {
		f.t.Fatalf("%s %v: %v", command, arguments, err)
	}
	return body
}

// event returns the body of the next event, which has this name.
func (f *debugFront) event(name string) object {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case e := <-f.events:
		if e["event"] != name {
			f.t.Fatalf("the event %v, want %s", e, name)
		}
		return e["body"].(object)
	case <-ctx.Done():
		f.t.Fatalf("no event %s; the cell said %q", name, f.all())
		panic("unreachable")
	}
}

// breakAt dumps a cell and sets its breakpoints. It returns the lines that they have.
func (f *debugFront) breakAt(code string, lines ...int) []int {
	f.t.Helper()
	var set []int
	for _, b := range f.set(code, atLines(lines)...) {
		line := int(b["line"].(float64))
		if b["verified"] != true {
			line = -line
		}
		set = append(set, line)
	}
	return set
}

// atLines are breakpoints that have nothing but a line.
func atLines(lines []int) []breakpoint {
	points := []breakpoint{}
	for _, line := range lines {
		points = append(points, breakpoint{Line: line})
	}
	return points
}

// set dumps a cell and sets its breakpoints. It returns what is said of each.
func (f *debugFront) set(code string, points ...breakpoint) []object {
	f.t.Helper()
	f.path = f.ask("dumpCell", object{"code": code})["sourcePath"].(string)
	return f.setIn(f.path, points)
}

// setIn sets the breakpoints of a source. It returns what is said of each.
func (f *debugFront) setIn(path string, points []breakpoint) (answers []object) {
	f.t.Helper()
	set := f.ask("setBreakpoints", object{"source": object{"path": path}, "breakpoints": points})
	for _, b := range set["breakpoints"].([]any) {
		answers = append(answers, b.(object))
	}
	return answers
}

// execute runs a cell, which ends on the channel, with its error or nil.
func (f *debugFront) execute(code string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := f.r.execute(context.Background(), f, cell{code: code, allowStdin: true})
		done <- err
	}()
	return done
}

// stopAt runs a cell up to one of the breakpoints that it sets. Its end comes on the
// channel.
func (f *debugFront) stopAt(code string, lines ...int) <-chan error {
	f.t.Helper()
	f.breakAt(code, lines...)
	done := f.execute(code)
	f.stops()
	return done
}

// run runs a cell that does not stop.
func (f *debugFront) run(code string) {
	f.t.Helper()
	f.end(f.execute(code))
}

// end waits for the end of a cell without an error.
func (f *debugFront) end(done <-chan error) {
	f.t.Helper()
	select {
	case err := <-done:
		if err != nil {
			f.t.Fatalf("the cell: %v", err)
		}
	case e := <-f.events:
		f.t.Fatalf("the cell has not ended: %v; %q", e, f.stack())
	}
}

// stops waits for a stop and returns its reason.
func (f *debugFront) stops() string {
	f.t.Helper()
	return f.event("stopped")["reason"].(string)
}

// stack returns the frames, the innermost first, as "name:line".
func (f *debugFront) stack() []string {
	f.t.Helper()
	var frames []string
	for _, s := range f.ask("stackTrace", object{"threadId": 1})["stackFrames"].([]any) {
		s := s.(object)
		frames = append(frames, fmt.Sprintf("%v:%v", s["name"], s["line"]))
	}
	return frames
}

// at checks where the cell has stopped.
func (f *debugFront) at(want ...string) {
	f.t.Helper()
	if got := f.stack(); !slices.Equal(got, want) {
		f.t.Fatalf("stopped at %q, want %q", got, want)
	}
}

// step has the cell go on, and waits for its next stop.
func (f *debugFront) step(how string, want ...string) {
	f.t.Helper()
	f.ask(how, object{"threadId": 1})
	f.event("continued")
	f.stops()
	f.at(want...)
}

// goOn has the cell go on to its end.
func (f *debugFront) goOn(how string, done <-chan error) {
	f.t.Helper()
	f.ask(how, object{"threadId": 1})
	f.event("continued")
	f.end(done)
}

// variables lists what is in a scope, or a variable, as "name=value".
func (f *debugFront) variables(ref any) []string {
	f.t.Helper()
	var list []string
	for _, v := range f.ask("variables", object{"variablesReference": ref})["variables"].([]any) {
		v := v.(object)
		list = append(list, fmt.Sprintf("%v=%v", v["name"], v["value"]))
	}
	return list
}

const debugged = `f <- function(n) {
  m <- n * 2

  g(m) + 1
}
g <- function(x) {
  y <- x
  y
}
for (i in 1:2) {
  cat("i =", i, "\n")
  f(i)
}
r <- f(10)
r`

func TestTheEndOfDebuggingLetsTheCellGoOn(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "for (i in 1:3) {\n  cat(i)\n}"
	done := f.stopAt(code, 2)
	if info := f.ask("debugInfo", nil); fmt.Sprint(info["stoppedThreads"], info["isStarted"]) != "[1] true" {
		t.Errorf("debugInfo: %v", info)
	}
	f.goOn("disconnect", done)
	if got := f.text("stdout"); got != "123" {
		t.Errorf("the cell said %q", got)
	}
	if info := f.ask("debugInfo", nil); fmt.Sprint(info["breakpoints"], info["stoppedThreads"], info["isStarted"]) != "[] [] false" {
		t.Errorf("debugInfo: %v", info)
	}
	// Who does not debug may set breakpoints.
	f.breakAt(code, 2)
	f.run(code)
	f.ask("attach", nil)
	f.event("initialized")
	const function = "f <- function() {\n  'f'\n}"
	f.run(function)
	f.ask("disconnect", nil)
	f.breakAt(function, 2)
	f.run("f()")
}

// What a debugged cell asks and shows is what it asks and shows otherwise, and where
// R tells where its code is, it tells the line of the cell.
func TestADebuggedCellIsTheSameCell(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.recorder.answers = []string{"me"}
	const code = `f <- function(x) { # a comment
  x + 1
}
f
name <- readline("who? ")
invisible(7)
makeActiveBinding("quiet", function() invisible(1), globalenv())
quiet
"text"; 1:3
y <- 1.0L
f("a")`
	err, _ := errors.AsType[*kernel.Error](<-f.execute(code))
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{"stdout|function(x) { # a comment\n  x + 1\n}\n", "input|who? ", "stdout|[1] \"text\"\n[1] 1 2 3\n",
		"stderr|Warning message:\ninteger literal 1.0L contains unnecessary decimal point \n"}
	if got := f.all(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := err.Traceback, []string{"Error in x + 1 : non-numeric argument to binary operator"}; !slices.Equal(got, want) {
		t.Errorf("the traceback is %q, want %q", got, want)
	}
}

func TestADebuggedCellInTheCLocale(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.run("invisible(Sys.setlocale('LC_CTYPE', 'C'))")
	f.run("x <- 'é'\ncat(nchar(x), x)")
	if got := f.text("stdout"); got != "2 é" {
		t.Errorf("%q", f.all())
	}
}

// A function of a debugged cell runs anywhere, and stops in its own R only.
func TestFunctionsOfDebuggedCellsRunElsewhere(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = `f <- function(x) {
  x + 1
}
file <- tempfile()
saveRDS(f, file)
cat(system2(file.path(R.home("bin"), "Rscript"), c("-e", shQuote(sprintf("cat(readRDS('%s')(1))", file))), stdout = TRUE))
cat("", unlist(parallel::mclapply(1:2, f, mc.cores = 2)))`
	f.breakAt(code, 2)
	f.run(code)
	if got := f.text("stdout"); got != "2 2 3" {
		t.Errorf("%q", f.all())
	}
}

func TestBadRequestsOfADebugger(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	for _, test := range []struct {
		command   string
		arguments object
		want      string
	}{
		{"fly", nil, `does not serve "fly"`},
		{"setBreakpoints", object{"breakpoints": "x"}, "not valid"},
		{"setBreakpoints", nil, "source.path"},
		{"setExceptionBreakpoints", object{"filters": []string{"raised"}}, `there are "error" and "warning"`},
		{"variables", object{"variablesReference": 99}, "no variablesReference 99"},
		{"stackTrace", nil, "not stopped"},
		{"next", nil, "not stopped"},
		{"source", object{"source": object{"path": "/nowhere.R"}}, "unavailable"},
		{"richInspectVariables", object{"variableName": "nothing"}, "no variable 'nothing'"},
		{"evaluate", object{"expression": "1 +"}, "unexpected end"},
	} {
		if _, err := f.try(test.command, test.arguments); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %v: %v, want %s", test.command, test.arguments, err, test.want)
		}
	}
}
