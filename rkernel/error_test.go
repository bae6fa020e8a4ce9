//go:build linux

package rkernel

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// What a failing cell is to its front end: class, message, and what R printed
// with the calls that led there.
func TestErrors(t *testing.T) {
	p := startR(t)
	for _, test := range []struct{ code, want string }{
		{`stop("no")`, "simpleError|no|Error: no"},
		{`f <- function(x) stop("bad ", x)` + "\nf(3)",
			"simpleError|bad 3|Error in f(3) : bad 3\nTraceback:\n2: stop(\"bad \", x) at #1\n1: f(3)"},
		{`log("a")`, "simpleError|non-numeric argument to mathematical function|" +
			`Error in log("a") : non-numeric argument to mathematical function`},
		{`stop(structure(class = c("http_404", "error", "condition"), list(message = "gone", call = NULL)))`,
			"http_404|gone|Error: gone"},
		{`stop(errorCondition("typed", class = "mine", call = quote(f(a : b))))`, "mine|typed|Error in f(a:b) : typed"},
		{`f <- function() { warning("w"); stop("e") }` + "\nf()",
			"simpleError|e|Error in f() : e\nIn addition: Warning message:\nIn f() : w\nTraceback:\n2: stop(\"e\") at #1\n1: f()"},
		{`f <- function() stop("M\xfcller"); f()`, `simpleError|M\xfcller|Error in f() : M\xfcller`},
		{`stop("two\nlines")`, "simpleError|two\nlines|Error: two\nlines"},
		{`stop("in \"quotes\" : and more")`, "simpleError|in \"quotes\" : and more|Error: in \"quotes\" : and more"},
		{`f <- function(x) log(x)` + "\n" + `f("a : b")`, "simpleError|non-numeric argument to mathematical function|" +
			`Error in log(x) : non-numeric argument to mathematical function`},
		{`log("Men's", base = 'a " : b')`, "simpleError|non-numeric argument to mathematical function|" +
			`Error in log("Men's", base = "a \" : b") : ` + "\n  non-numeric argument to mathematical function"},
		{"f <- function(`it's : \"`) sum(`it's : \"`)\nf('a')",
			"simpleError|invalid 'type' (character) of argument|Error in sum(`it's : \"`) : invalid 'type' (character) of argument"},
		{`cat(list(1, list()))`, "simpleError|argument 1 (type 'list') cannot be handled by 'cat'|" +
			"Error in cat(list(1, list())) : \n  argument 1 (type 'list') cannot be handled by 'cat'"},
		{`x y`, `parseError|unexpected symbol in "x y"|Error: unexpected symbol in "x y"`},
		{"1\nx y", "parseError|unexpected symbol in \"x y\"|Error: unexpected symbol in \"x y\"\nat line 2, column 3 of the cell"},
		{`f(`, "parseError|unexpected end of input|Error: <cell>:2:0: unexpected end of input\n1: f(\n   ^"},
		{`"open`, "parseError|unexpected INCOMPLETE_STRING|Error: <cell>:1:1: unexpected INCOMPLETE_STRING\n1: \"open\n"},
		{"x <- '\xc3\x28'", "parseError|"},
		{"options(error = quote(stop('again')))", ""},
		{`stop("first")`, "simpleError|first|Error: first\nError during wrapup: again\n"},
		{"options(error = NULL)", ""},
		{`invokeRestart("abort")`, "abort|"},
		{`options(show.error.messages = FALSE); f <- function() stop("hidden"); f()`, "simpleError|hidden|Error in f() : hidden"},
		{"options(show.error.messages = TRUE)", ""},
		{`con <- file(tempfile(), "w"); sink(con, type = "message"); stop("sunk")`, "simpleError|sunk|Error: sunk"},
		{`sink(type = "message"); close(con)`, ""},
		{`tryCatch(stop("a"), error = function(e) stop("b"))`, "simpleError|b|Error in value[[3L]](cond) : b\nTraceback:\n5: stop(\"b\")"},
		// As errors of C++ are raised, by way of Rcpp.
		{`f <- function(e) eval(as.call(list(quote(stop), e)))` + "\n" +
			`f(structure(class = c("of_cpp", "error", "condition"), list(message = "no", call = NULL, stack = 1:99)))`,
			"of_cpp|no|Error: no\nTraceback:\n4: stop(<of_cpp>)\n3: eval(as.call(list(quote(stop), e)))\n2: eval("},
		{"Sys.setLanguage('de'); 1", ""},
	} {
		got := runCell(t, p, test.code)
		last := ""
		if len(got) > 0 {
			last = got[len(got)-1]
		}
		if test.want == "" {
			if strings.HasPrefix(last, "error|") {
				t.Errorf("%s: %q", test.code, got)
			}
			continue
		}
		if !strings.HasPrefix(last, "error|"+test.want) {
			t.Errorf("%s: %q, want %q", test.code, got, test.want)
		}
		if len(got) > 1 {
			t.Errorf("%s: more than the error: %q", test.code, got)
		}
	}
}

// silentStop is the end of a function that has shown an error, cnd.
const silentStop = `  fallback <- cnd
  fallback$message <- ""
  class(fallback) <- "condition"
  old <- options(show.error.messages = FALSE)
  on.exit(options(old))
  stop(fallback)
}
`

// abort shows an error itself and then has R end with the rest of its condition, as
// the abort() of rlang and that of renv do.
const abort = `abort <- function(message, class = NULL, call = NULL) {
  cnd <- structure(class = c(class, "error", "condition"), list(message = message, call = call))
  signalCondition(cnd)
  message("! ", message)
` + silentStop + `conditionMessage.with_more <- function(c) paste0(c$message, "\nand more")`

// An error that was shown by a function and not by R has its class and message all
// the same.
func TestErrorsShownByFunctions(t *testing.T) {
	p := startR(t)
	runCell(t, p, abort+"\nconditionMessage.loud <- function(c) { cat('aloud\\n'); c$message }")
	for _, test := range [][2]string{
		{`abort("no")`, "error|error|no|Error: no\nTraceback:\n2: stop(fallback)"},
		{`abort("again")`, "error|error|again|Error: again\nTraceback:"}, // R's own text is the same
		{`abort("no", "mine", quote(f(x)))`, "error|mine|no|Error in f(x) : no\nTraceback:"},
		{`abort("no", "with_more")`, "error|with_more|no\nand more|Error: no\nand more\nTraceback:"},
		{`stop("")`, "error|simpleError||Error: "},
	} {
		got := runCell(t, p, test[0])
		if last := got[len(got)-1]; !strings.HasPrefix(last, test[1]) {
			t.Errorf("%s: %q, want %q", test[0], got, test[1])
		}
	}
	// R may ask a method for the message, too; the kernel does in silence.
	if got := runCell(t, p, `abort("no", "loud")`); strings.Count(strings.Join(got, ""), "aloud") > 1 {
		t.Errorf("%q, want it aloud once at most", got)
	}
}

// A call that holds much data is not all told to the front end.
func TestATracebackIsNoLongerThanItsCalls(t *testing.T) {
	p := startR(t)
	got := strings.Join(runCell(t, p, `f <- function(x) stop("no"); do.call("f", list(strrep("x", 1e6)))`), "\n")
	if len(got) > 20000 || !strings.Contains(got, "xxx...\n1: do.call(") {
		t.Errorf("%d bytes: %.200q ... %.200q", len(got), got, got[max(0, len(got)-200):])
	}
}

// The reply to an error does not wait for the calls of which it tells nothing.
func TestATracebackOfManyCallsIsMadeInTime(t *testing.T) {
	p := startR(t)
	runCell(t, p, `stop("so that there is a traceback")`)
	runCell(t, p, `assign(".Traceback", as.pairlist(rep(list(quote(f(n + 1))), 50000)), baseenv())`)
	report, err := p.call(t.Context(), ".report", "", "no", "simpleError") // interrupted after 2 s
	if err != nil || len(report) != 43 || report[22] != "... 49960 more; traceback() shows all" {
		t.Errorf("%d lines, %v: %.200q", len(report), err, report)
	}
	runCell(t, p, `assign(".Traceback", as.pairlist(rep(list(quote(f(n + 1))), 40)), baseenv())`)
	report, err = p.call(t.Context(), ".report", "", "no", "simpleError")
	if err != nil || len(report) != 42 || strings.Contains(strings.Join(report, ""), "more") {
		t.Errorf("of 40 calls %d lines, %v: %.200q", len(report), err, report)
	}
}

// What is asked of R when its stack is full leaves its compiler alone.
func TestAFullStackLeavesTheCompilerOn(t *testing.T) {
	for n := range 3 {
		p := startR(t)
		for range n {
			runCell(t, p, `stop("an error before")`)
		}
		got := runCell(t, p, "options(expressions = 500000); f <- function(x) f(x); f(1)")
		// From R 4.4 on it is the stack of compiled code that is full first.
		if len(got) != 1 || !strings.Contains(got[0], "C stack usage") && !strings.Contains(got[0], "node stack overflow") {
			t.Errorf("the error: %.200q", got)
		}
		if got := runCell(t, p, "compiler::enableJIT(-1)"); len(got) != 1 || got[0] != "result|[1] 3" {
			t.Errorf("after %d errors and a full stack R compiles at level %q, want 3", n, got)
		}
	}
}

// loud shows an error on standard output, as rlang's abort() does at a console. By
// end it says whether that was the error which ends the cell.
const loud = `loud <- function(message, end = TRUE, colour = "") {
  cnd <- structure(class = c("loud", "error", "condition"), list(message = message, call = NULL))
  signalCondition(cnd)
  say <- function(...) cat(...)
  say(paste0(colour, "Error in \033[1mloud()\033[22m:\n! "), message, "\n", sep = "")
  if (!end) return(invisible())
` + silentStop + `print.shy <- function(x, ...) loud("no")`

// What a function shows of its error is told once: it is the text of the error in
// the reply, as R's own text for an error is.
func TestAShownErrorIsToldOnce(t *testing.T) {
	p := startR(t)
	runCell(t, p, loud)
	const text = "Error in \x1b[1mloud()\x1b[22m:\n! no\n"
	const told = "error|loud|no|" + text + "Traceback:\n"
	for _, test := range []struct {
		code string
		want []string // each the beginning of what is seen
	}{
		{`loud("no")`, []string{told + "2: stop(fallback)"}},
		{`cat("before\n"); loud("no")`, []string{"stdout|before\n", told}},
		{`{ message("before"); loud("no") }`, []string{"stderr|before\n", told}},
		{`{ warning("w"); loud("no") }`, []string{"error|loud|no|" + text + "Warning message:\nw \nTraceback:"}},
		{`structure(1, class = "shy")`, []string{told}},
		{`tryCatch(loud("no"), loud = function(e) cat("caught"))`, []string{"stdout|caught"}},
		{`loud("no", colour = "\033[1m\033[38;5;9m")`, []string{"error|loud|no|\x1b[1m\x1b[38;5;9m" + text + "Traceback:\n"}},
		{`try(loud("no"), silent = TRUE)`, nil},
		{`loud("no", FALSE)`, []string{"stdout|" + text}},
		{`loud("no", FALSE); 4`, []string{"stdout|" + text, "result|[1] 4"}},
		{`{ loud("no", FALSE); message("then"); stop("end") }`, []string{"stdout|" + text, "stderr|then\n", "error|simpleError|end|Error: end"}},
		{`{ loud("no", FALSE); loud("no", FALSE); loud("no") }`, []string{"stdout|" + text + text, told}},
		{`{ loud("no", FALSE); readline("more? ") }`, []string{"stdout|" + text, "input|more? ", `result|[1] "c"`}},
		{`{ sink(tempfile()); loud("no") }`, []string{"error|loud|no|Error: no\nTraceback:"}},
		{`sink(); options(error = quote(cat("bye\n"))); loud("no")`, []string{"error|loud|no|" + text + "bye\nTraceback:"}},
		{`options(error = NULL); cat("Error: of nobody\n")`, []string{"stdout|Error: of nobody\n"}},
	} {
		got := runCell(t, p, test.code, "c")
		same := len(got) == len(test.want)
		for i := range min(len(got), len(test.want)) {
			same = same && strings.HasPrefix(got[i], test.want[i])
		}
		if !same {
			t.Errorf("%s\n%q, want\n%q", test.code, got, test.want)
		}
	}
}

// The same with rlang itself, and cli, by which most packages raise their errors.
func TestErrorsOfRlangAreToldOnce(t *testing.T) {
	for _, name := range []string{"rlang", "cli"} {
		testenv.RPackage(t, name)
	}
	p := startR(t)
	for _, code := range []string{
		`f <- function() rlang::abort("no {x}"); f()`,
		`f <- function() cli::cli_abort("no {{x}}"); f()`,
		`f <- function() rlang::abort("no {x}", class = "mine", parent = simpleError("of this")); f()`,
	} {
		got := runCell(t, p, code)
		if len(got) != 1 || !strings.HasPrefix(got[0], "error|") || strings.Count(got[0], "Error in `f()`:\n") != 1 ||
			!strings.Contains(got[0], "|no {x}") || !strings.Contains(got[0], "\nTraceback:\n") {
			t.Errorf("%s\n%q", code, got)
		}
	}
	if got := runCell(t, p, `class(rlang::last_error())[1]`); len(got) != 1 || got[0] != `result|[1] "mine"` {
		t.Errorf("the last error: %q", got)
	}
}

// The same with callr and processx, who end with a condition that has lost its class.
func TestErrorsOfCallrAreToldOnce(t *testing.T) {
	for _, name := range []string{"callr", "processx"} {
		testenv.RPackage(t, name)
	}
	p := startR(t)
	for _, test := range []struct{ code, class, message, text string }{
		{
			`f <- function() processx::run("sh", c("-c", "echo out; echo why >&2; exit 3")); f()`,
			"system_command_status_error", "! System command 'sh' failed",
			"Exit status: 3\nStderr:\nwhy\n",
		},
		{`callr::r(function() stop("in there"))`, "callr_status_error", "! in callr subprocess", "in there\n"},
		{`{ warning("w"); callr::r(function() stop("in there")) }`, "callr_status_error", "! in callr subprocess", "Warning message:\nw"},
	} {
		got := runCell(t, p, test.code)
		want := "error|" + test.class + "|" + test.message
		if len(got) != 1 || !strings.HasPrefix(got[0], want) || !strings.Contains(got[0], test.text) ||
			strings.Count(got[0], test.message) != 2 { // the message and the text
			t.Errorf("%s\n%q, want %s and in it %q", test.code, got, want, test.text)
		}
	}
	if got := runCell(t, p, `class(.Last.error)[1]`); len(got) != 1 || got[0] != `result|[1] "callr_status_error"` {
		t.Errorf("the last error: %q", got)
	}
}

// Errors are told apart from other text, and their messages from R's words
// around them, in whatever language R speaks: these put the call in different
// places.
func TestErrorsInOtherLanguages(t *testing.T) {
	for _, language := range []string{"de", "ja", "ko", "pl"} {
		t.Run(language, func(t *testing.T) {
			t.Setenv("LANGUAGE", language)
			t.Setenv("LC_ALL", "")
			t.Setenv("LANG", "C.UTF-8")
			kernel, plain := startR(t), startPlainR(t)
			for _, p := range readPrograms(t, "testdata/languages.R") {
				t.Run(p.name, func(t *testing.T) { p.compare(t, kernel, plain) })
			}
			begin := strings.TrimPrefix(strings.Join(runCell(t, kernel, `stop("!")`), ""), "error|simpleError|!")
			begin = strings.TrimSuffix(begin, "!") + "<cell>:2:0: "
			if got := runCell(t, kernel, "f("); len(got) != 1 || !strings.Contains(got[0], begin) {
				t.Errorf("%q, want %q in it", got, begin)
			}
			message := runCell(t, kernel, `cat(tryCatch(log("a"), error = conditionMessage))`)
			want := "error|simpleError|" + strings.TrimPrefix(message[0], "stdout|") + "|"
			if got := runCell(t, kernel, `f <- function(x) log(x); f("a : b")`); len(got) != 1 || !strings.HasPrefix(got[0], want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestANulInTheCode(t *testing.T) {
	p := startR(t)
	want := []string{"error|parseError|nul character in the code|Error: nul character at byte 8 of the cell"}
	if got := runCell(t, p, "x <- 'a\x00b'"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What a report needs to look at is no business of the next cell's, nor of the
// handler that the user has for errors.
func TestReportsOfErrorsLeaveNothingBehind(t *testing.T) {
	p := startR(t)
	runCell(t, p, `handled <- 0; options(error = quote(handled <<- handled + 1))
f <- eval(parse(text = "function() stop('no')", keep.source = TRUE, srcfile = {
  file <- srcfile("x"); file$filename <- NULL; file }))`)
	for _, test := range []struct{ code, want string }{
		{"x <- 1.0L; y <- (", "error|parseError|unexpected end of input|"},
		{"options(warn = 2)", ""},
		{"x <- 1.0L; y <- (", "error|parseError|unexpected end of input|"},
		{"options(warn = 0)", ""},
		{"f()", "error|simpleError|no|Error in f() : no"},
		{"handled", "result|[1] 1"},
	} {
		got := runCell(t, p, test.code)
		if len(got) > 1 || !strings.HasPrefix(strings.Join(got, ""), test.want) {
			t.Errorf("%s: %q, want %q", test.code, got, test.want)
		}
	}
}

// R may have no memory left to tell what the error was.
func TestAnErrorOfWhichRTellsNothing(t *testing.T) {
	for held, want := range map[string]kernel.Error{
		"Error: no\nmore\n": {Name: "simpleError", Value: "Error: no\nmore", Traceback: []string{"Error: no", "more"}},
		"":                  {Name: "simpleError", Traceback: []string{"Error: "}},
	} {
		done, ok := readDone(frame{kind: evDone, parts: parts("1", "error", "0", "", "", "", "", held, "0")})
		if err := done.err(); !ok || !reflect.DeepEqual(err, &want) {
			t.Errorf("of %q: %+v, want %+v", held, err, &want)
		}
	}
	if done, ok := readDone(frame{kind: evDone, parts: parts("1", "error")}); ok || done.id != "1" {
		t.Errorf("too few parts are %+v", done)
	}
}
