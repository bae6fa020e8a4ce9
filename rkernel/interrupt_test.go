//go:build linux || darwin

package rkernel

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// interruptible runs a cell in the background.
type interruptible struct {
	p         *process
	rec       *recorder
	answers   chan string   // to prompts
	interrupt chan struct{} // ends the wait of a prompt as kernel's Input does
	done      chan error
}

func begin(p *process, code string) *interruptible {
	c := &interruptible{p: p, rec: newRecorder(), answers: make(chan string, 1),
		interrupt: make(chan struct{}, 1), done: make(chan error, 1)}
	c.rec.onInput = func(ctx context.Context, prompt string) (string, error) {
		select {
		case answer := <-c.answers:
			return answer, nil
		case <-c.interrupt:
			return "", kernel.ErrInterrupted
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
	go func() {
		_, err := p.execute(context.Background(), c.rec, code, true)
		c.done <- err
	}()
	return c
}

// interruptPrompt interrupts a cell that waits for an answer.
func (c *interruptible) interruptPrompt() {
	c.interrupt <- struct{}{}
	c.p.interrupt()
}

// end returns how the cell ended.
func (c *interruptible) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-c.done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("the cell goes on: %q", c.rec.all())
		return nil
	}
}

func isInterrupt(err error) bool {
	e, ok := errors.AsType[*kernel.Error](err)
	return ok && e.Name == "interrupt"
}

func TestK5InterruptEndsWhateverRuns(t *testing.T) {
	p := startR(t)
	silent := listenSilently(t)
	// An R function that is interrupted twice while R loads it lazily is broken
	// for good ("promise already under evaluation"): R's own doing.
	runCell(t, p, "Sys.sleep(0); suspendInterrupts(allowInterrupts(1)); invisible(parallel::mclapply(1:2, identity))")
	for name, code := range map[string]string{
		"loop":      `cat("go\n"); while (TRUE) {}`,
		"repeat":    `cat("go\n"); repeat sin(1)`,
		"sleep":     `cat("go\n"); Sys.sleep(60)`,
		"system":    `system("echo go; sleep 60")`,
		"intern":    `x <- system("echo go >&2; sleep 60", intern = TRUE)`,
		"timeout":   `system2("sh", c("-c", "'echo go; sleep 60'"), timeout = 50)`,
		"pipe":      `x <- readLines(pipe("echo go >&2; sleep 60"))`,
		"printing":  `cat("go\n"); repeat print(1:100)`,
		"huge":      `x <- as.list(1:1e6); cat("go\n"); x`,
		"messages":  `message("go"); repeat message("m")`,
		"mclapply":  `x <- parallel::mclapply(1:4, function(i) { system("echo go"); Sys.sleep(60) }, mc.cores = 2)`,
		"collect":   `j <- parallel::mcparallel(Sys.sleep(60)); cat("go\n"); parallel::mccollect(j)`,
		"sort":      `x <- runif(1e5); cat("go\n"); repeat sort(x)`,
		"autoprint": `print.slow <- function(x, ...) { message("go"); Sys.sleep(60) }; structure(1, class = "slow")`,
		"rest":      `{ cat("go\n"); Sys.sleep(60) }; cat("never\n")`,
		"accept":    `s <- serverSocket(0); cat("go\n"); socketAccept(s, timeout = 60)`,
		"socket":    `s <- socketConnection("127.0.0.1", ` + silent + `, open = "r", blocking = TRUE); cat("go\n"); readLines(s)`,
		"download":  `cat("go\n"); download.file("http://127.0.0.1:` + silent + `/", tempfile(), quiet = TRUE)`,
		"url":       `cat("go\n"); readLines(url("http://127.0.0.1:` + silent + `/"))`,
		"allowed":   `suspendInterrupts({ x <- 1; allowInterrupts({ cat("go\n"); Sys.sleep(60) }) })`,
		"lapply":    `cat("go\n"); x <- lapply(1:1e9, function(i) i)`,
		"regex":     `cat("go\n"); for (i in 1:1e9) gsub("a+", "b", "caat")`,
		"source":    `f <- tempfile(); writeLines(c("cat('go\\n')", "Sys.sleep(60)", "cat('never\\n')"), f); source(f)`,
		"gc":        `cat("go\n"); repeat gc()`,
	} {
		t.Run(name, func(t *testing.T) {
			c := begin(p, code)
			c.rec.wait(t, "go")
			start := time.Now()
			p.interrupt()
			err := c.end(t)
			if !isInterrupt(err) {
				t.Errorf("ended by %v", err)
			}
			if took := time.Since(start); took > interruptBound {
				t.Errorf("it took %v", took)
			}
			if out := strings.Join(c.rec.all(), ""); strings.Contains(out, "never") {
				t.Errorf("the rest of the cell ran: %q", out)
			}
			got := runCell(t, p, "1 + 1")
			if name == "mclapply" || name == "collect" {
				got = got[len(got)-1:] // its children may still say that they end
			}
			// R closes what interrupted cells have left open, at some time.
			got = slices.DeleteFunc(got, func(e string) bool { return strings.Contains(e, "closing unused connection") })
			if want := []string{"result|[1] 2"}; !slices.Equal(got, want) {
				t.Errorf("the next cell: %q", got)
			}
		})
	}
}

// interruptBound is generous: the tests may have little of the machine. What is
// promised is 100 ms; TestInterruptLatency logs what it takes.
const interruptBound = 5 * time.Second

// listenSilently returns the port of a server that never says anything.
func listenSilently(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

func TestK5InterruptEndsPrompts(t *testing.T) {
	p := startR(t)
	for name, code := range map[string]string{
		"readline":  `readline("? ")`,
		"menu":      `menu(c("a", "b"))`,
		"scan":      `scan()`,
		"readLines": `readLines(stdin())`,
		"password":  `getOption("askpass")("? ")`,
	} {
		t.Run(name, func(t *testing.T) {
			c := begin(p, code+"; cat('never')")
			c.rec.wait(t, "|")
			for !slices.ContainsFunc(c.rec.all(), func(e string) bool {
				return strings.HasPrefix(e, "input|") || strings.HasPrefix(e, "password|")
			}) {
				<-c.rec.notify
			}
			c.interruptPrompt()
			if err := c.end(t); !isInterrupt(err) {
				t.Errorf("ended by %v", err)
			}
			if got, want := runCell(t, p, "readline('again? ')", "yes"), []string{"input|again? ", `result|[1] "yes"`}; !slices.Equal(got, want) {
				t.Errorf("the next prompt: %q", got)
			}
		})
	}
}

func TestK5InterruptAtABrowserStaysThere(t *testing.T) {
	p := startR(t)
	c := begin(p, "f <- function() { browser(); 'end' }\nf()")
	c.rec.wait(t, "Browse")
	c.interruptPrompt()
	c.answers <- "c"
	if err := c.end(t); err != nil {
		t.Fatal(err)
	}
	want := []string{"stdout|Called from: f()\n", "input|Browse[1]> ", "stderr|\n", "input|Browse[1]> ", `result|[1] "end"`}
	if got := c.rec.all(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// As at a terminal: the answer is still wanted, and the interrupt comes after.
func TestK5SuspendedInterruptsComeLater(t *testing.T) {
	p := startR(t)
	c := begin(p, `x <- "none"; suspendInterrupts({ x <- readline("? "); cat("read", x, "\n") }); Sys.sleep(60)`)
	c.rec.wait(t, "input|")
	c.interruptPrompt()
	c.answers <- "late"
	if err := c.end(t); !isInterrupt(err) {
		t.Errorf("ended by %v", err)
	}
	if got := c.rec.text("stdout"); got != "read late \n" {
		t.Errorf("%q", c.rec.all())
	}
	if got := runCell(t, p, "x"); !slices.Equal(got, []string{`result|[1] "late"`}) {
		t.Errorf("%q", got)
	}
}

func TestK5HandlersOfInterruptsRun(t *testing.T) {
	p := startR(t)
	for _, test := range []struct {
		code       string
		interrupts int
		want       []string
	}{
		{`tryCatch({ cat("go 1\n"); Sys.sleep(60) }, interrupt = function(i) "caught")`, 1,
			[]string{"stdout|go 1\n", `result|[1] "caught"`}},
		{`for (i in 1:3) tryCatch({ cat("go", i, "\n"); repeat {} }, interrupt = function(i) cat("caught\n"))
"end"`, 3,
			[]string{"stdout|go 1 \ncaught\ngo 2 \ncaught\ngo 3 \ncaught\n", `result|[1] "end"`}},
		{`tryCatch({ cat("go 1\n"); Sys.sleep(60) }, finally = cat("finally\n"))`, 1,
			[]string{"stdout|go 1\nfinally\n"}},
		{`f <- function() { on.exit(cat("on exit\n")); cat("go 1\n"); Sys.sleep(60) }; f()`, 1,
			[]string{"stdout|go 1\non exit\n"}},
		{`x <- suppressWarnings(try({ cat("go 1\n"); Sys.sleep(60) }, silent = TRUE))`, 1,
			[]string{"stdout|go 1\n"}},
	} {
		c := begin(p, test.code)
		for i := range test.interrupts {
			c.rec.wait(t, "go "+string(rune('1'+i)))
			p.interrupt()
		}
		err := c.end(t)
		if err != nil && !isInterrupt(err) {
			t.Errorf("%s: %v", test.code, err)
		}
		if got := c.rec.all(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.code, got, test.want)
		}
	}
}

// An interrupt belongs to the cell that runs when it is sent: not to the next
// one, and also to one that R has not begun.
func TestK5InterruptNeverHitsTheNextCell(t *testing.T) {
	p := startR(t)
	runCell(t, p, "1")
	p.interrupt()        // nothing runs
	for i := range 200 { // so that R also collects garbage between cells
		c := begin(p, "invisible(1)")
		if i%2 == 0 {
			p.interrupt()
		}
		if err := c.end(t); err != nil && !isInterrupt(err) {
			t.Fatal(err)
		}
		p.interrupt()
		if got, want := runCell(t, p, "x <- 0; for (i in 1:1000) x <- x + i; x"), []string{"result|[1] 500500"}; !slices.Equal(got, want) {
			t.Fatalf("round %d: %q", i, got)
		}
	}
}

func TestK5InterruptBeforeTheCellHasBegun(t *testing.T) {
	p := startR(t)
	for range 50 {
		c := begin(p, "Sys.sleep(60)")
		for entered := false; !entered; {
			p.mu.Lock()
			entered = p.run != nil
			p.mu.Unlock()
			if p.hasEnded() {
				t.Fatal("R has ended")
			}
		}
		p.interrupt()
		if err := c.end(t); !isInterrupt(err) {
			t.Fatalf("ended by %v", err)
		}
	}
}

// TestInterruptLatency logs how long after an interrupt the cell is over.
func TestInterruptLatency(t *testing.T) {
	p := startR(t)
	for _, code := range []string{`cat("go\n"); while (TRUE) {}`, `cat("go\n"); Sys.sleep(60)`, `system("echo go; sleep 60")`} {
		var worst time.Duration
		for range 20 {
			c := begin(p, code)
			c.rec.wait(t, "go")
			start := time.Now()
			p.interrupt()
			c.end(t)
			worst = max(worst, time.Since(start))
		}
		t.Logf("%s: at most %v", code, worst)
	}
}
