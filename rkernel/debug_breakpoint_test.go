//go:build linux || darwin

package rkernel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

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
	for _, part := range []struct {
		start, levels int
		want          string
	}{{0, 1, "f"}, {1, 0, "top level"}, {1, 9, "top level"}, {9, 9, ""}} {
		stack := f.ask("stackTrace", object{"startFrame": part.start, "levels": part.levels})
		names := ""
		for _, s := range stack["stackFrames"].([]any) {
			names += fmt.Sprint(s.(object)["name"])
		}
		if names != part.want || stack["totalFrames"] != 2.0 {
			t.Errorf("frames of the stack from %d, %d: %v", part.start, part.levels, stack)
		}
	}
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
	if got := f.breakAt("1 +", 1); !slices.Equal(got, []int{1}) { // not valid, yet
		t.Errorf("a breakpoint at %v", got)
	}
}

// Where a breakpoint has conditions, it stops when they hold, in each run of the cell
// anew.
func TestConditionsOfBreakpoints(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "for (i in 1:6) {\n  j <- -i\n}"
	for _, test := range []struct {
		condition, hits string
		want            []string
	}{
		{"i == 4", "", []string{"4"}},
		{"i %in% c(2, 5)", "", []string{"2", "5"}},
		{"i - 5", "", []string{"1", "2", "3", "4", "6"}}, // as if (i - 5) would
		{"exists('j') && j < -4", "", []string{"6"}},
		{"FALSE", "", nil},
		{"k <- i; k == 3 # a comment", "", []string{"3"}},
		{"", "5", []string{"5", "6"}},
		{"", " > 5", []string{"6"}},
		{"", "= 3", []string{"3"}},
		{"", "<=2", []string{"1", "2"}},
		{"", "% 3", []string{"3", "6"}},
		{"", "7", nil},
		{"i %% 2 == 0", "== 2", []string{"4"}},
	} {
		f.run("rm(list = ls())")
		point := breakpoint{Line: 2, Condition: test.condition, HitCondition: test.hits}
		if set := f.set(code, point); set[0]["verified"] != true {
			t.Errorf("%q %q: %v", test.condition, test.hits, set)
		}
		done := f.execute(code)
		for _, i := range test.want {
			if why := f.stops(); why != "breakpoint" {
				t.Errorf("stopped: %s", why)
			}
			if got := f.ask("evaluate", object{"expression": "i"})["result"]; got != "[1] "+i {
				t.Errorf("%q %q: stopped at %s, want %s", test.condition, test.hits, got, i)
			}
			f.ask("continue", nil)
			f.event("continued")
		}
		f.end(done)
	}
}

// A condition that cannot be evaluated stops, and is said to be why; where R can tell, it
// is not let in.
func TestABreakpointWhoseConditionFails(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "f <- function(x) {\n  x + 1\n}\nf(2)"
	for condition, want := range map[string]string{
		"nothing > 1":          "object 'nothing' not found",
		"NA":                   "missing value where TRUE/FALSE needed",
		"c(TRUE, FALSE)":       "the condition has length > 1",
		"stop('this one')":     "this one",
		"# nothing but a word": "argument is of length zero",
	} {
		f.set(code, breakpoint{Line: 2, Condition: condition})
		done := f.execute(code)
		said := f.event("output")
		if text := said["output"].(string); said["category"] != "stderr" || !strings.Contains(text, want) || !strings.Contains(text, condition) {
			t.Errorf("%s: %v", condition, said)
		}
		if source := said["source"].(object)["path"]; source != f.path || said["line"] != 2 {
			t.Errorf("it is said of line %v of %v", said["line"], source)
		}
		f.stops()
		f.at("f:2", "top level:4")
		f.goOn("continue", done)
	}
	if got := f.text("stderr"); got != "" {
		t.Errorf("the cell says %q", got)
	}
	for _, b := range f.set(code,
		breakpoint{Line: 1, Condition: "x >"},
		breakpoint{Line: 2, HitCondition: "often"},
		breakpoint{Line: 2, HitCondition: "% 0"},
		breakpoint{Line: 4, Condition: "f(", HitCondition: "-1"},
	) {
		if b["verified"] != false || b["message"] == nil {
			t.Errorf("let in: %v", b)
		}
	}
	f.run(code)
	twice := f.set(code, breakpoint{Line: 2}, breakpoint{Line: 2}, breakpoint{Line: 2, Condition: "FALSE"})
	if twice[1]["verified"] != true || twice[2]["message"] != "line 2 has another breakpoint" {
		t.Errorf("%v", twice)
	}
}

// A breakpoint with a message says it, with values, and does not stop.
func TestBreakpointsThatOnlySaySomething(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = "for (i in 1:3) {\n  s <- letters[i]\n}\nx <- 1"
	f.set(code,
		breakpoint{Line: 2, Condition: "i > 1", LogMessage: "{i}: {if (i > 2) { s } else 'first'}, {nothing}, {{{1:3}}} {"},
		breakpoint{Line: 4, HitCondition: "1", LogMessage: "{paste0('é', \"}\")} {} }"})
	done := f.execute(code)
	for _, want := range []string{
		"2: first, {object 'nothing' not found}, {int [1:3] 1 2 3} {\n",
		"3: b, {object 'nothing' not found}, {int [1:3] 1 2 3} {\n",
		"é} {} }\n",
	} {
		if said := f.event("output"); said["output"] != want || said["category"] != "console" {
			t.Errorf("it said %v, want %q", said, want)
		}
	}
	f.end(done)
	if info := f.ask("debugInfo", nil); !strings.Contains(fmt.Sprint(info["breakpoints"]), "condition:i > 1 line:2 logMessage:{i}:") {
		t.Errorf("debugInfo: %v", info["breakpoints"])
	}
}

// What code of a breakpoint prints is shown; its errors, warnings and statements that
// could stop are not the cell's.
func TestCodeOfBreakpointsIsNotTheCells(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const function = "odd <- function(n) {\n  n %% 2 == 1\n}"
	f.run(function)
	f.set(function, breakpoint{Line: 2})
	const code = "try(stop('first'), silent = TRUE)\nx <- 3\ngeterrmessage()"
	f.set(code, breakpoint{Line: 2, Condition: "cat('seen\\n'); warning('careful'); try(stop('second'), TRUE); odd(2)"})
	done := f.execute(code)
	if said := f.event("output")["output"]; said != "Warning at the breakpoint: careful\n" {
		t.Errorf("it said %q", said)
	}
	f.end(done)
	want := []string{"stdout|seen\n", `result|[1] "Error in try(stop(\"first\"), silent = TRUE) : first\n"`}
	if got := f.all(); !slices.Equal(got, want) {
		t.Errorf("the cell says %q, want %q", got, want)
	}
}

// K5: an interrupt of a condition that does not end is one of its cell.
func TestK5InterruptOfACondition(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	for where, code := range map[string]string{"in f": "f <- function() {\n  1\n}\nf()", "at the top": "x <- 1\nx"} {
		f.set(code, breakpoint{Line: 2, Condition: fmt.Sprintf("{ cat(%q); repeat {} }", where)})
		done := f.execute(code)
		f.wait(t, where)
		f.r.Interrupt(nil)
		if err := <-done; !isInterrupt(err) {
			t.Errorf("the cell: %v", err)
		}
		f.ask("setBreakpoints", object{"source": object{"path": f.path}})
		f.run(code)
	}
}
