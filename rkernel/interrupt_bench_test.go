//go:build linux || darwin

package rkernel

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// An interruptCell is code that runs until it is interrupted. Before, it says
// that it runs: it prints "go", or it asks.
type interruptCell struct {
	name, code string
	asks       bool
}

// warmInterrupts uses what interruptCells use: an R function that is interrupted
// twice while R loads it lazily is broken for good ("promise already under
// evaluation"), which is R's own doing.
const warmInterrupts = "Sys.sleep(0); suspendInterrupts(allowInterrupts(1)); invisible(parallel::mclapply(1:2, identity)); invisible(sort(c(2, 1)))"

// interruptCells are cells for all that can be interrupted. silent is the port
// of a server that says nothing.
func interruptCells(silent string) []interruptCell {
	return []interruptCell{
		{"loop", `cat("go\n"); while (TRUE) {}`, false},
		{"repeat", `cat("go\n"); repeat sin(1)`, false},
		{"sleep", `cat("go\n"); Sys.sleep(60)`, false},
		{"system", `system("echo go; sleep 60")`, false},
		{"intern", `x <- system("echo go >&2; sleep 60", intern = TRUE)`, false},
		{"timeout", `system2("sh", c("-c", "'echo go; sleep 60'"), timeout = 50)`, false},
		{"pipe", `x <- readLines(pipe("echo go >&2; sleep 60"))`, false},
		{"printing", `cat("go\n"); repeat print(1:100)`, false},
		{"huge", `local({ x <- as.list(1:1e6); cat("go\n"); x })`, false},
		{"messages", `message("go"); repeat message("m")`, false},
		{"mclapply", `x <- parallel::mclapply(1:4, function(i) { system("echo go"); Sys.sleep(60) }, mc.cores = 2)`, false},
		{"collect", `j <- parallel::mcparallel(Sys.sleep(60)); cat("go\n"); parallel::mccollect(j)`, false},
		{"sort", `x <- runif(1e5); cat("go\n"); repeat sort(x)`, false},
		{"autoprint", `print.slow <- function(x, ...) { message("go"); Sys.sleep(60) }; structure(1, class = "slow")`, false},
		{"rest", `{ cat("go\n"); Sys.sleep(60) }; cat("never\n")`, false},
		{"accept", `s <- serverSocket(0); cat("go\n"); socketAccept(s, timeout = 60)`, false},
		{"socket", `s <- socketConnection("127.0.0.1", ` + silent + `, open = "r", blocking = TRUE); cat("go\n"); readLines(s)`, false},
		{"download", `cat("go\n"); download.file("http://127.0.0.1:` + silent + `/", tempfile(), quiet = TRUE)`, false},
		{"url", `cat("go\n"); readLines(url("http://127.0.0.1:` + silent + `/"))`, false},
		{"allowed", `suspendInterrupts({ x <- 1; allowInterrupts({ cat("go\n"); Sys.sleep(60) }) })`, false},
		{"lapply", `cat("go\n"); x <- lapply(1:1e6, function(i) sum(sin(1:1e4)))`, false},
		{"regex", `cat("go\n"); for (i in 1:1e9) gsub("a+", "b", "caat")`, false},
		{"source", `f <- tempfile(); writeLines(c("cat('go\\n')", "Sys.sleep(60)", "cat('never\\n')"), f); source(f)`, false},
		{"gc", `cat("go\n"); repeat gc()`, false},
		{"readline", `readline("? ")`, true},
		{"menu", `menu(c("a", "b"))`, true},
		{"scan", `scan()`, true},
		{"readLines", `readLines(stdin())`, true},
		{"password", `getOption("askpass")("? ")`, true},
	}
}

// begin begins the cell and returns when it runs.
func (cell interruptCell) begin(t testing.TB, p *process) *interruptible {
	t.Helper()
	c := begin(p, cell.code+"; cat('never')")
	deadline := time.After(patience)
	for !slices.ContainsFunc(c.rec.all(), func(event string) bool {
		if cell.asks {
			return strings.HasPrefix(event, "input|") || strings.HasPrefix(event, "password|")
		}
		return strings.Contains(event, "go")
	}) {
		select {
		case <-c.rec.notify:
		case err := <-c.done:
			t.Fatalf("%s ended before it was interrupted: %v, %q", cell.name, err, c.rec.all())
		case <-deadline:
			t.Fatalf("%s does not begin: %q", cell.name, c.rec.all())
		}
	}
	return c
}

// interrupt interrupts what begin began.
func (cell interruptCell) interrupt(c *interruptible) {
	if cell.asks {
		c.interruptPrompt()
	} else {
		c.p.interrupt()
	}
}
