//go:build linux || darwin

package rkernel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

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

func TestStopsShowVariables(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	code := `h <- function(a, b = a + 1, none) {
  l <- list(x = 1:3, list("deep")); .hidden <- 1
  d <- head(cars, 2)
  makeActiveBinding("now", function() stop("it was looked at"), environment())
  inner <- function() {
    k <- "v\"w"
    k
  }
  inner()
}
h(5)`
	done := f.stopAt(code, 7)
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
			if rest := f.ask("variables", object{"variablesReference": v["variablesReference"], "start": 1, "count": 9})["variables"].([]any); len(rest) != 1 {
				t.Errorf("of l from the second on: %v", rest)
			}
			deep := f.ask("variables", object{"variablesReference": second["variablesReference"]})["variables"].([]any)[0].(object)
			if deep["value"] != `"deep"` || deep["variablesReference"] != 0.0 || deep["evaluateName"] != "l[[2]][[1]]" {
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
	f.ask("copyToGlobals", object{"srcVariableName": "b", "dstVariableName": "forced", "srcFrameId": f.frame(1)})
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
	if got, want := f.globals(), []string{"forced=6", "h=function(a, b = a + 1, none)", "kept='data.frame':\t2 obs. of  2 variables"}; !slices.Equal(got, want) {
		t.Errorf("afterwards %q, want %q", got, want)
	}
}

// A variable that cannot be described is one of many.
func TestVariablesThatAreNoText(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.run(`a <- 1
bytes <- "caf\xe9"
object <- structure(list(), class = "broken")
missing <- NA_character_
long <- strrep("x", 1000)
assign("n\xe9", 2)
registerS3method("length", "broken", function(x) stop("it has no length"), baseenv())`)
	want := []string{"a=1", `bytes="caf\xe9"`, `long="` + strings.Repeat("x", 500) + `"`, "missing=NA",
		`n\xe9=2`, "object=it has no length"}
	if got := slices.Sorted(slices.Values(f.globals())); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// While a cell runs, its variables are what they were, and breakpoints can be set.
func TestTheDebuggerAnswersWhileACellRuns(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.run("a <- 1")
	done := f.execute("cat('asked first\\n'); repeat Sys.sleep(60)")
	f.wait(t, "asked first")
	if got := f.globals(); len(got) > 0 { // nobody has looked yet
		t.Errorf("%q", got)
	}
	f.r.Interrupt(nil)
	if err := <-done; err == nil {
		t.Error("no error")
	}
	if got := f.globals(); !slices.Equal(got, []string{"a=1"}) {
		t.Errorf("%q", got)
	}
	done = f.execute("a <- 2; cat('runs\\n'); repeat Sys.sleep(60)")
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

// What R does not listen to while it sleeps is told later, in its newest form: the socket
// to R has no room for all that a front end may say, and each request is answered.
func TestTheDebuggerAnswersWhileRDoesNotListen(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	done := f.execute("cat('runs\\n'); repeat Sys.sleep(60)")
	f.wait(t, "runs")
	for range 400 {
		f.ask("pause", nil)
		f.ask("disconnect", nil)
		if _, err := f.try("pause", nil); err == nil {
			t.Fatal("pause without a front end: no error")
		}
		f.ask("attach", nil)
		f.event("initialized")
	}
	const code = "x <- 1\nx"
	f.breakAt(code, 2)
	f.r.Interrupt(nil)
	if err := <-done; !isInterrupt(err) {
		t.Errorf("ended by %v", err)
	}
	done = f.execute(code)
	if why := f.stops(); why != "breakpoint" {
		t.Errorf("stopped: %s", why)
	}
	f.at("top level:2")
	f.goOn("continue", done)
}

// A variable, or what is in it, takes the value of R code, which sees the frame.
func TestVariablesAreSet(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	const code = `setClass("P", slots = c(x = "numeric"))
fixed <- 1
lockBinding("fixed", globalenv())
f <- function(a, b = stop("not asked for")) {
  l <- list(x = 1, list(2), ab = 3)
  e <- new.env()
  e$n <- 4
  e$"o\x60d" <- 6
  p <- new("P", x = 5)
  cat(sapply(list(a, b, l, e$n, e$"o\x60d", p@x), deparse), get("f", globalenv()), sep = " | ")
  cat("\n")
}
f(0)`
	done := f.stopAt(code, 10)
	refs := map[string]any{}
	list := func(prefix string, ref any) {
		for _, v := range f.ask("variables", object{"variablesReference": ref})["variables"].([]any) {
			v := v.(object)
			refs[prefix+v["name"].(string)] = v["variablesReference"]
		}
	}
	for _, s := range f.ask("scopes", object{"frameId": f.frame(0)})["scopes"].([]any) {
		s := s.(object)
		refs[s["name"].(string)] = s["variablesReference"]
	}
	list("", refs["Locals"])
	list("l$", refs["l"])
	for _, set := range []struct{ in, name, value, want string }{
		{"Locals", "a", "nchar('four') + a", "4"},
		{"Locals", "b", "quote(a + b)", "a + b"},
		{"l", "[[2]]", "list(7, 8)", "List of 2"},
		{"l", "x", "NULL", "NULL"}, // takes it away, as in R
		{"e", "n", "a * 10", "40"},
		{"e", "o`d", "e$n + 1", "41"},
		{"p", "x", "c(1, 2)", "num [1:2] 1 2"},
		{"Globals", "f", "'é'", `"é"`},
	} {
		got := f.ask("setVariable", object{"variablesReference": refs[set.in], "name": set.name, "value": set.value})
		if got["value"] != set.want {
			t.Errorf("%v: %v", set, got)
		}
		if set.name == "[[2]]" {
			if got := f.variables(got["variablesReference"]); !slices.Equal(got, []string{"[[1]]=7", "[[2]]=8"}) {
				t.Errorf("in what was set: %q", got)
			}
		}
	}
	for in, set := range map[string]struct{ name, value, want string }{
		"Locals":  {"c", "1", "no variable 'c'"},
		"Globals": {"fixed", "2", "cannot change value of locked binding"},
		"e":       {"n", "1 +", "unexpected end of input"},
		"p":       {"x", "'text'", "not valid"},
		"l":       {"ab", "nothing", "'nothing' not found"},
	} {
		_, err := f.try("setVariable", object{"variablesReference": refs[in], "name": set.name, "value": set.value})
		if err == nil || !strings.Contains(err.Error(), set.want) {
			t.Errorf("%v: %v", set, err)
		}
	}
	f.goOn("continue", done)
	if got, want := f.text("stdout"), "4 | a + b | list(list(7, 8), ab = 3) | 40 | 41 | c(1, 2) | é\n"; got != want {
		t.Errorf("the cell says %q, want %q", got, want)
	}
}
