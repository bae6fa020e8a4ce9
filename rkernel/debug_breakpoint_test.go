//go:build linux || darwin

package rkernel

import (
	"fmt"
	"slices"
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
	file := f.ask("setBreakpoints", object{"source": object{"path": "/tmp/a.R"}, "breakpoints": []object{{"line": 1}}})
	if b := file["breakpoints"].([]any)[0].(object); b["verified"] != false || b["message"] != "only code of cells can stop" {
		t.Errorf("a breakpoint in a file: %v", b)
	}
	if got := f.breakAt("1 +", 1); !slices.Equal(got, []int{1}) { // not valid, yet
		t.Errorf("a breakpoint at %v", got)
	}
}
