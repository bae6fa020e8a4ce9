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

	"golang.org/x/sys/unix"

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
	f.event("initialized")
	f.ask("attach", nil)
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
	f.path = f.ask("dumpCell", object{"code": code})["sourcePath"].(string)
	points := []object{}
	for _, line := range lines {
		points = append(points, object{"line": line})
	}
	var set []int
	for _, b := range f.ask("setBreakpoints", object{"source": object{"path": f.path}, "breakpoints": points})["breakpoints"].([]any) {
		b := b.(object)
		line := int(b["line"].(float64))
		if b["verified"] != true {
			line = -line
		}
		set = append(set, line)
	}
	return set
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

func TestABreakpointStopsTheCell(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	if set := f.breakAt(debugged, 2, 14); !slices.Equal(set, []int{2, 14}) {
		t.Errorf("breakpoints at %v", set)
	}
	done := f.execute(debugged)
	if why := f.stops(); why != "breakpoint" {
		t.Errorf("stopped: %s", why)
	}
	f.at("f:2", "top level:12")
	if got, want := f.all(), []string{"stdout|i = 1 \n"}; !slices.Equal(got, want) {
		t.Errorf("before the stop %q", got)
	}
	f.step("continue", "f:2", "top level:12")
	f.step("continue", "top level:14")
	f.step("continue", "f:2", "top level:14")
	f.goOn("continue", done)
	if got, want := f.all()[1], "result|[1] 21"; got != want {
		t.Errorf("the value is %q", got)
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.breakAt(debugged, 14)
	done := f.execute(debugged)
	f.stops()
	f.at("top level:14")
	f.step("stepIn", "f:2", "top level:14")
	f.step("next", "f:4", "top level:14")
	f.step("stepIn", "g:7", "f:4", "top level:14")
	f.step("next", "g:8", "f:4", "top level:14")
	f.step("stepOut", "top level:15")
	f.goOn("next", done)
	// A step over a function with a breakpoint stops there.
	f.breakAt(debugged, 10, 7)
	done = f.execute(debugged)
	f.stops()
	f.at("top level:10")
	f.step("next", "top level:11")
	f.step("next", "top level:12")
	f.step("next", "g:7", "f:4", "top level:12")
	f.breakAt(debugged)
	f.step("stepOut", "top level:11")
	f.goOn("continue", done)
}

// scope returns the variables of a scope of the innermost frame.
func (f *debugFront) scope(name string) []string {
	f.t.Helper()
	for _, s := range f.ask("scopes", object{"frameId": f.frame(0)})["scopes"].([]any) {
		if s := s.(object); s["name"] == name {
			return f.variables(s["variablesReference"])
		}
	}
	f.t.Fatalf("there is no scope %s", name)
	return nil
}

func TestStopsShowVariables(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	code := `h <- function(a, b = a + 1, none) {
  l <- list(x = 1:3, list("deep"))
  d <- head(cars, 2)
  makeActiveBinding("now", function() stop("it was looked at"), environment())
  inner <- function() {
    k <- "v\"w"
    k
  }
  inner()
}
h(5)`
	f.breakAt(code, 7)
	done := f.execute(code)
	f.stops()
	f.at("inner:7", "h:9", "top level:11")
	for name, want := range map[string][]string{
		"Locals": {`k="v\"w"`},
		"Enclosing 1": {"a=5", "b=not evaluated yet: a + 1", "d='data.frame':\t2 obs. of  2 variables",
			"inner=function()", "l=List of 2", `none=argument "none" is missing, with no default`, "now=active binding"},
		"Globals": {"h=function(a, b = a + 1, none)"},
	} {
		if got := f.scope(name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// What is in an object, and how R names it.
	var around []any
	for _, s := range f.ask("scopes", object{"frameId": f.frame(1)})["scopes"].([]any) {
		if s := s.(object); s["name"] == "Locals" {
			around = f.ask("variables", object{"variablesReference": s["variablesReference"]})["variables"].([]any)
		}
	}
	for _, v := range around {
		v := v.(object)
		switch v["name"] {
		case "l":
			if got, want := f.variables(v["variablesReference"]), []string{"x=int [1:3] 1 2 3", "[[2]]=List of 1"}; !slices.Equal(got, want) {
				t.Errorf("l: %q", got)
			}
			second := f.ask("variables", object{"variablesReference": v["variablesReference"], "start": 1, "count": 1})["variables"].([]any)[0].(object)
			deep := f.ask("variables", object{"variablesReference": second["variablesReference"]})["variables"].([]any)[0].(object)
			if deep["value"] != `"deep"` || deep["evaluateName"] != "l[[2]][[1]]" {
				t.Errorf("in l: %v", deep)
			}
		case "d":
			if got := f.variables(v["variablesReference"]); !slices.Equal(got, []string{"speed=num [1:2] 4 4", "dist=num [1:2] 2 10"}) {
				t.Errorf("d: %q", got)
			}
		}
	}
	// A frame's variable as a cell shows it, and as a global one.
	rich := f.ask("richInspectVariables", object{"variableName": "d", "frameId": f.frame(1)})["data"].(object)
	if !strings.Contains(rich["text/html"].(string), "<table") || !strings.Contains(rich["text/plain"].(string), "speed dist") {
		t.Errorf("d: %v", rich)
	}
	f.ask("copyToGlobals", object{"srcVariableName": "d", "dstVariableName": "kept", "srcFrameId": f.frame(1)})
	// Code in a frame.
	got := f.ask("evaluate", object{"expression": "cat('said\n'); k <- nchar(k); k + 1", "frameId": f.frame(0)})
	if got["result"] != "[1] 4" || got["type"] != "numeric" {
		t.Errorf("evaluate: %v", got)
	}
	if _, err := f.try("evaluate", object{"expression": "stop('wrong')", "frameId": f.frame(0)}); err == nil || !strings.Contains(err.Error(), "wrong") {
		t.Errorf("evaluate: %v", err)
	}
	f.goOn("continue", done)
	if got, want := f.all(), []string{"stdout|said\n", "result|[1] 3"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := f.globals(), []string{"h=function(a, b = a + 1, none)", "kept='data.frame':\t2 obs. of  2 variables"}; !slices.Equal(got, want) {
		t.Errorf("afterwards %q, want %q", got, want)
	}
}

// globals lists the global variables.
func (f *debugFront) globals() []string {
	f.t.Helper()
	var list []string
	for _, v := range f.ask("inspectVariables", nil)["variables"].([]any) {
		v := v.(object)
		list = append(list, fmt.Sprintf("%v=%v", v["name"], v["value"]))
	}
	return list
}

// frame returns the id of a frame.
func (f *debugFront) frame(i int) float64 {
	f.t.Helper()
	return f.ask("stackTrace", object{"threadId": 1})["stackFrames"].([]any)[i].(object)["id"].(float64)
}

func TestAnErrorStops(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.ask("setExceptionBreakpoints", object{"filters": []string{"error"}})
	done := f.execute("f <- function(x) {\n  stop(\"no \", x)\n}\ntry(f(0), silent = TRUE)\nf(1)")
	if why := f.stops(); why != "exception" {
		t.Errorf("stopped: %s", why)
	}
	f.at("f:2", "top level:5")
	f.ask("continue", nil)
	f.event("continued")
	err, _ := errors.AsType[*kernel.Error](<-done)
	if err == nil || err.Value != "no 1" || !strings.Contains(strings.Join(err.Traceback, "\n"), "1: f(1)") {
		t.Errorf("the error is %v", err)
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
		f.breakAt(code, line)
		done := f.execute(code)
		f.stops()
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
	f.breakAt(code, 2)
	done := f.execute(code)
	f.stops()
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

func TestTheEndOfDebuggingLetsTheCellGoOn(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "for (i in 1:3) {\n  cat(i)\n}"
	f.breakAt(code, 2)
	done := f.execute(code)
	f.stops()
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
	const function = "f <- function() {\n  'f'\n}"
	f.run(function)
	f.ask("disconnect", nil)
	f.breakAt(function, 2)
	f.run("f()")
}

// A breakpoint may come after the function was made, and goes with whoever calls it.
func TestABreakpointOfAnEarlierCell(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "square <- function(x) {\n  y <- x^2\n  y\n}"
	f.run(code)
	f.run("squares <- function(...) sapply(c(...), square)")
	f.breakAt(code, 3)
	source := f.path
	done := f.execute("squares(2, 3)")
	f.stops()
	f.at("FUN:3", "squares:1", "top level:1")
	top := f.ask("stackTrace", nil)["stackFrames"].([]any)[0].(object)
	if path := top["source"].(object)["path"]; path != source {
		t.Errorf("the source is %v, want %v", path, source)
	}
	if got := f.ask("source", object{"source": object{"path": source}})["content"]; got != code {
		t.Errorf("the source is %q", got)
	}
	f.step("continue", "FUN:3", "squares:1", "top level:1")
	f.ask("setBreakpoints", object{"source": object{"path": source}, "breakpoints": []object{}})
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
	f.breakAt(code, 3)
	done := f.execute(code)
	f.stops()
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
f("a")`
	err, _ := errors.AsType[*kernel.Error](<-f.execute(code))
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{"stdout|function(x) { # a comment\n  x + 1\n}\n", "input|who? ", "stdout|[1] \"text\"\n[1] 1 2 3\n"}
	if got := f.all(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := err.Traceback, []string{"Error in x + 1 : non-numeric argument to binary operator"}; !slices.Equal(got, want) {
		t.Errorf("the traceback is %q, want %q", got, want)
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

func TestBreakpointsMoveToCode(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	code := `x <- c(1,
       2)

f <- function(a) {
  # nothing

  if (a) {
    b <- 1
  } else {
  }
}
# the end`
	got := f.breakAt(code, 1, 2, 3, 4, 5, 8, 9, 11, 12, 40)
	if want := []int{1, 1, 4, 4, 7, 8, -9, -11, -12, -40}; !slices.Equal(got, want) {
		t.Errorf("breakpoints at %v, want %v", got, want)
	}
	info := f.ask("debugInfo", nil)
	if got, want := fmt.Sprint(info["breakpoints"]), fmt.Sprintf("[map[breakpoints:[map[line:1] map[line:4] map[line:7] map[line:8]] source:%s]]", f.path); got != want {
		t.Errorf("debugInfo: %v, want %v", got, want)
	}
	file := f.ask("setBreakpoints", object{"source": object{"path": "/tmp/a.R"}, "breakpoints": []object{{"line": 1}}})
	if b := file["breakpoints"].([]any)[0].(object); b["verified"] != false || b["message"] != "only code of cells can stop" {
		t.Errorf("a breakpoint in a file: %v", b)
	}
	if got := f.breakAt("1 +", 1); !slices.Equal(got, []int{1}) { // not valid, yet
		t.Errorf("a breakpoint at %v", got)
	}
}

// While a cell runs, its variables are what they were, and breakpoints can be set.
func TestTheDebuggerAnswersWhileACellRuns(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.run("a <- 1")
	if got := f.globals(); !slices.Equal(got, []string{"a=1"}) {
		t.Errorf("%q", got)
	}
	done := f.execute("a <- 2; cat('runs\\n'); repeat Sys.sleep(60)")
	f.wait(t, "runs")
	if got := f.globals(); !slices.Equal(got, []string{"a=1"}) {
		t.Errorf("%q", got)
	}
	f.breakAt("x <- 1\nx", 2)
	if _, err := f.try("pause", nil); err != nil { // it sleeps, and never gets there
		t.Errorf("pause: %v", err)
	}
	for _, command := range []string{"stackTrace", "continue", "evaluate", "scopes"} {
		if _, err := f.try(command, object{"expression": "1"}); err == nil {
			t.Errorf("%s while a cell runs: no error", command)
		}
	}
	f.r.Interrupt(nil)
	if err := <-done; err == nil {
		t.Error("no error")
	}
	if got := f.globals(); !slices.Equal(got, []string{"a=2"}) {
		t.Errorf("%q", got)
	}
	if got := f.ask("evaluate", object{"expression": "a + 1"})["result"]; got != "[1] 3" {
		t.Errorf("a + 1 is %v", got)
	}
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
		{"setExceptionBreakpoints", object{"filters": []string{"raised"}}, `there is "error"`},
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

// The hash is that by which front ends know cells; these are ipykernel's.
func TestMurmur2(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint32{
		"": 3990065800, "a": 2167009006, "ab": 2805137849, "abc": 3350977461, "abcd": 804720481,
		"x <- 1\nf(x)": 2240692372, "é€😀": 3159310966,
	} {
		if got := murmur2(text, hashSeed); got != want {
			t.Errorf("murmur2(%q) = %d, want %d", text, got, want)
		}
	}
}
