//go:build linux

package rkernel

import (
	"regexp"
	"strings"
	"testing"
)

// What a fresh session differs in from plain R, with the reason for each; the
// test below finds no other difference, and each of these. docs/r.md has the
// same list.
var differences = map[string]string{
	"option askpass":                   "passwords are asked for by the front end",
	"option browser":                   "a link in the notebook; a profile's own function is kept",
	"option device":                    "plots are messages",
	"option editor":                    "there is no terminal and no window; a profile's own function is kept",
	"option jupyter.base_display_func": "packages written for IRkernel call it",
	"option jupyter.clear_output_func": "packages written for IRkernel call it",
	"option echo":                      "plain R was started with --no-echo for this test",
	"option jupyter.comm_manager":      "packages written for IRkernel's comms use it",
	"option jupyter.in_kernel":         "packages written for IRkernel look at it",
	"option pager":                     "pages are shown by the front end; a profile's own function is kept",
	"option pdfviewer":                 "a file is shown by its name, by a program in tempdir()",
	"option viewer":                    "pages are shown in the notebook",
}

// The session of a fresh kernel is that of plain R, but for what is listed.
func TestSessionIsPlain(t *testing.T) {
	t.Setenv("TEXINPUTS", "/my/tex:")
	t.Setenv("R_BROWSER", "mine")
	p, plain := startR(t), startPlainR(t)
	for _, code := range []string{
		`writeLines(sort(loadedNamespaces()))`,
		`writeLines(search())`,
		`writeLines(.libPaths())`,
		`writeLines(ls(all.names = TRUE, globalenv()))`,
		`for (n in search()) cat(n, length(ls(n, all.names = TRUE)), environmentName(as.environment(n)), "\n")`,
		`writeLines(sort(ls(baseenv(), all.names = TRUE)))`,
		`for (n in loadedNamespaces()) cat(n, length(ls(asNamespace(n), all.names = TRUE)), "\n")`,
		`cat(interactive(), R.home(), getwd() != "", "\n")`,
		`writeLines(getTaskCallbackNames()); cat(is.null(getOption("error")), sys.nframe(), sys.parent(), "\n")`,
		`length(globalCallingHandlers()); length(computeRestarts())`,
		`writeLines(sort(vapply(getLoadedDLLs(), function(d) d[["name"]], "")))`,
		`cat(exists(".Random.seed"), exists(".Last.value"), exists("last.warning", baseenv()), exists(".Traceback", baseenv()), "\n")`,
		`dev.list(); names(dev.cur()); .Device`,
		`cat(basename(commandArgs()[1]), "\n")`,
		`showConnections(all = TRUE); sink.number(); sink.number(type = "message")`,
		`writeLines(Sys.getlocale()); l10n_info()`,
		`RNGkind(); .Machine$double.eps; .Platform$GUI; R.version.string; nlevels(factor(1))`,
		`capabilities()[c("jpeg", "png", "cairo", "fifo", "cledit", "iconv", "libcurl")]`,
		`environmentIsLocked(baseenv()); bindingIsLocked("T", baseenv()); isNamespaceLoaded("utils"); is.primitive(c)`,
		`hasName(as.list(.GlobalEnv), "x"); nchar(tempdir()) > 0; file.exists(tempdir()); setdiff(list.files(tempdir()), "adrastea-pdfviewer")`,
		`getHook("plot.new"); getHook("before.plot.new"); getHook("persp")`,
		`Sys.umask(); is.function(getOption("askYesNo")); Sys.time() > 0`,
		`cat(names(formals(View)), class(View), environmentName(environment(quit)), environmentName(environment(print)), "\n")`,
	} {
		want, wantErr := plain.run(code)
		got, gotErr := consoleText(runCell(t, p, code))
		if strings.TrimSuffix(got, "\n") != strings.TrimSuffix(want, "\n") || gotErr != wantErr {
			t.Errorf("%s\n%q %q, want\n%q %q", code, got, gotErr, want, wantErr)
		}
	}
	found := map[string]bool{}
	for kind, code := range map[string]string{
		"option": `for (n in names(options())) cat(n, "=", substr(gsub("0x[0-9a-f]+", "", paste(deparse(getOption(n)), collapse = " ")), 1, 200), "\n")`,
		// What the terminal of plain R brings, or is different for every process.
		"variable": `for (n in setdiff(names(Sys.getenv()), c("TERM", "COLUMNS", "LINES", "INPUTRC", "R_SESSION_TMPDIR"))) cat(n, "=", Sys.getenv(n), "\n")`,
	} {
		want, _ := plain.run(code)
		got, _ := consoleText(runCell(t, p, code))
		for name := range different(settingsOf(got), settingsOf(want)) {
			if _, ok := differences[kind+" "+name]; !ok {
				t.Errorf("%s %s is %q, in R %q", kind, name, settingsOf(got)[name], settingsOf(want)[name])
			}
			found[kind+" "+name] = true
		}
	}
	for name := range differences {
		if !found[name] {
			t.Errorf("%s is as in R", name)
		}
	}
}

var settingLine = regexp.MustCompile(`(?m)^([^ \n]+) = (.*) $`)

func settingsOf(text string) map[string]string {
	m := map[string]string{}
	for _, f := range settingLine.FindAllStringSubmatch(text, -1) {
		m[f[1]] = f[2]
	}
	return m
}

// different returns the names whose values differ.
func different(a, b map[string]string) map[string]bool {
	names := map[string]bool{}
	for _, m := range []map[string]string{a, b} {
		for name := range m {
			x, inA := a[name]
			y, inB := b[name]
			if inA != inB || x != y {
				names[name] = true
			}
		}
	}
	return names
}
