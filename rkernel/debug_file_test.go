//go:build linux || darwin

package rkernel

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const helpers = `twice <- function(x) {
  y <- 2 * x
  y
}

total <- 0
for (i in 1:2) {
  total <- total + twice(i)
}
total`

// file writes a file that cells source, and returns its path.
func (f *debugFront) file(code string) string {
	f.t.Helper()
	dir, err := filepath.EvalSymlinks(f.t.TempDir())
	if err != nil {
		f.t.Fatal(err)
	}
	path := filepath.Join(dir, "helpers é.R")
	if err := os.WriteFile(path, []byte(code), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

// breakIn sets the breakpoints of a file.
func (f *debugFront) breakIn(path string, lines ...int) (answers []string) {
	f.t.Helper()
	for _, b := range f.setIn(path, atLines(lines)) {
		answers = append(answers, fmt.Sprint(b["verified"], " ", b["line"], " ", b["message"]))
	}
	return answers
}

// modules lists the files that can stop.
func (f *debugFront) modules() (paths []string) {
	f.t.Helper()
	for _, m := range f.ask("modules", nil)["modules"].([]any) {
		paths = append(paths, m.(object)["path"].(string))
	}
	return paths
}

func TestAFileStopsAsItIsSourced(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	path := f.file(helpers)
	if got, want := f.breakIn(path, 2, 5, 8), []string{"true 2 <nil>", "true 6 <nil>", "true 8 <nil>"}; !slices.Equal(got, want) {
		t.Errorf("breakpoints: %q, want %q", got, want)
	}
	code := fmt.Sprintf("n <- 1\nsource(%q)\ntotal", path)
	done := f.execute(code)
	f.stops()
	f.at("top level:6", "top level:2")
	f.step("next", "top level:7", "top level:2")
	f.step("continue", "top level:8", "top level:2")
	f.step("stepIn", "twice:2", "top level:8", "top level:2")
	f.step("stepOut", "top level:8", "top level:2")
	f.breakIn(path)
	f.goOn("continue", done)
	if got := f.text("result"); got != "[1] 6" {
		t.Errorf("the cell's value is %q", got)
	}
}

func TestStepsIntoAFileAndOverIt(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	path := f.file(helpers)
	done := f.stopAt(fmt.Sprintf("n <- 1\nsource(%q)\ntotal\nsource(%q)", path, path), 2)
	f.step("next", "top level:3")
	f.step("next", "top level:4")
	f.step("stepIn", "top level:1", "top level:4")
	if got := f.modules(); !slices.Equal(got, []string{path}) {
		t.Errorf("the modules are %q", got)
	}
	frames := f.ask("stackTrace", nil)["stackFrames"].([]any)
	if got := frames[0].(object)["source"].(object)["path"]; got != path {
		t.Errorf("the file is %q, want %q", got, path)
	}
	f.step("next", "top level:6", "top level:4")
	f.goOn("stepOut", done)
}

// A file that a function sources runs among the variables of that function; others may
// be sourced in it, from wherever they are.
func TestFilesInFunctionsAndFiles(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	inner := f.file("b <- a + 1\nb * 2")
	outer := f.file("a <- 1\nsource('link.R', local = TRUE)\nc <- b")
	link := filepath.Join(filepath.Dir(outer), "link.R")
	if err := os.Symlink(inner, link); err != nil {
		t.Fatal(err)
	}
	f.breakIn(link, 2)
	done := f.execute(fmt.Sprintf("f <- function() {\n  source(%q, local = TRUE, chdir = TRUE)\n  c\n}\nf()", outer))
	f.stops()
	f.at("top level:2", "top level:2", "f:2", "top level:5")
	if got, want := f.scope("Locals"), []string{"a=1", "b=2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	f.step("next", "top level:3", "f:2", "top level:5")
	f.step("next", "f:3", "top level:5")
	f.goOn("continue", done)
}

// What is sourced is what it is otherwise: its values, what it shows, where its
// functions say that they are; and what cannot stop runs.
func TestADebuggedFileIsTheSameFile(t *testing.T) {
	t.Parallel()
	const code = `x <- 1 # one

f <- function() {
  x
}
f(); invisible(2)
NULL
f
"last"`
	f := newDebugFront(t)
	path := f.file(code)
	cell := fmt.Sprintf(`file <- %q
source(file)
withVisible(source(file))
source(file, echo = TRUE)
source(file, print.eval = TRUE, keep.source = FALSE)
con <- textConnection(readLines(file)); source(con, echo = TRUE); close(con)
source(exprs = expression(x <- 2, x), echo = TRUE)
getSrcLocation(f); getSrcFilename(f)
try(source(paste0(file, ".none")))
writeLines(c("1", "x y"), bad <- paste0(file, ".bad"))
try(withCallingHandlers(source(bad), error = function(e) print(conditionCall(e))))
"end"`, path)
	f.run(cell)
	debugged := f.all()
	f.ask("disconnect", nil)
	f.run(cell)
	if plain := f.all()[len(debugged):]; !slices.Equal(debugged, plain) {
		t.Errorf("%q, otherwise %q", debugged, plain)
	}
}

// A front end that begins to debug hears of files that were sourced before. They stop
// when they are sourced again.
func TestFilesThatWereSourcedBefore(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	f.ask("disconnect", nil)
	path := f.file(helpers)
	f.run(fmt.Sprintf("source(%q)", path))
	f.ask("attach", nil)
	f.event("initialized")
	if got := f.modules(); !slices.Equal(got, []string{path}) {
		t.Fatalf("the modules are %q, want %q", got, path)
	}
	if got := f.ask("source", object{"source": object{"path": path}})["content"]; got != helpers {
		t.Errorf("the source is %q", got)
	}
	f.breakIn(path, 2)
	f.run("twice(3)")
	done := f.execute(fmt.Sprintf("setwd(dirname(%q))\nsource(basename(%q))", path, path))
	f.stops()
	f.at("twice:2", "top level:8", "top level:2")
	f.breakIn(path)
	f.goOn("continue", done)
}

func TestBreakpointsWhereNoFileIs(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	missing := filepath.Join(t.TempDir(), "missing.R")
	for path, want := range map[string]string{
		missing:     "false 1 source unavailable: lstat " + missing + ": no such file or directory",
		"helpers.R": "false 1 source unavailable: helpers.R is not an absolute path",
	} {
		if got := f.breakIn(path, 1); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	f.run("1")
}

// Where R knows no line of the code that runs, as of a loop that it has compiled, it is
// the last at which the code could have stopped.
func TestAnErrorInAFileStops(t *testing.T) {
	t.Parallel()
	f := newDebugFront(t)
	path := f.file("f <- function(x) {\n  log(x)\n}\nfor (x in list(1, 2,\n               'a')) f(x)")
	f.ask("setExceptionBreakpoints", object{"filters": []string{"error"}})
	done := f.execute(fmt.Sprintf("1\nsource(%q)", path))
	f.stops()
	f.at("f:2", "top level:4", "top level:2")
	f.ask("continue", nil)
	f.event("continued")
	if err := <-done; err == nil {
		t.Error("no error")
	}
}
