//go:build linux || darwin

package rkernel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
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
		_, err := p.execute(context.Background(), c.rec, cell{code: code, allowStdin: true})
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
func (c *interruptible) end(t testing.TB) error {
	t.Helper()
	select {
	case err := <-c.done:
		return err
	case <-time.After(patience):
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
	runCell(t, p, warmInterrupts)
	forked := false // from then on children may still say that they end
	for _, cell := range interruptCells(listenSilently(t)) {
		ok := t.Run(cell.name, func(t *testing.T) {
			forked = forked || cell.name == "mclapply" || cell.name == "collect"
			c := cell.begin(t, p)
			cell.interrupt(c)
			if err := c.end(t); !isInterrupt(err) {
				t.Errorf("ended by %v", err)
			}
			if out := strings.Join(c.rec.all(), ""); strings.Contains(out, "never") {
				t.Errorf("the rest of the cell ran: %q", out)
			}
			got := runCell(t, p, "readline('again? ')", "yes")
			got = slices.DeleteFunc(got, func(e string) bool {
				// R closes what interrupted cells have left open, at some time.
				return strings.Contains(e, "closing unused connection") || forked && strings.HasPrefix(e, "std")
			})
			if want := []string{"input|again? ", `result|[1] "yes"`}; !slices.Equal(got, want) {
				t.Errorf("the next cell: %q", got)
			}
		})
		if !ok {
			return // nobody knows what R does now
		}
	}
}

// listenSilently returns the port of a server that never says anything.
func listenSilently(t testing.TB) (port string) {
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

func TestK5InterruptAtABrowserStaysThere(t *testing.T) {
	p := startR(t)
	c := begin(p, "f <- function() { browser(); 'end' }\nf()")
	c.rec.wait(t, "Browse")
	c.interruptPrompt()
	c.rec.wait(t, "stderr|") // it asks again
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
		{`tryCatch({ cat("go 1\n"); Sys.sleep(60) }, interrupt = function(i) message("")); message("a"); cat("b\n"); message("")`, 1,
			[]string{"stdout|go 1\n", "stderr|\na\n", "stdout|b\n", "stderr|\n"}},
		{`{ warning("w", call. = FALSE); cat("go 1\n"); Sys.sleep(60) }`, 1,
			[]string{"stdout|go 1\n", "stderr|Warning message:\nw \n"}},
		{`tryCatch({ cat("go 1\n"); Sys.sleep(60) }, finally = cat("finally\n"))`, 1,
			[]string{"stdout|go 1\nfinally\n"}},
		{`f <- function() { on.exit(cat("on exit\n")); cat("go 1\n"); Sys.sleep(60) }; f()`, 1,
			[]string{"stdout|go 1\non exit\n"}},
		{`x <- suppressWarnings(try({ cat("go 1\n"); Sys.sleep(60) }, silent = TRUE))`, 1,
			[]string{"stdout|go 1\n"}},
		{`tryCatch({ cat("go 1\n"); Sys.sleep(60) }, interrupt = function(i) invokeRestart("abort")) # as callr does`, 1,
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

// An interrupt that the code takes itself does not end the cell. What does may be an error
// that R does not print.
func TestAnErrorBehindAnInterruptIsAnError(t *testing.T) {
	p := startR(t)
	runCell(t, p, loud)
	c := begin(p, `tryCatch({ cat("go\n"); Sys.sleep(60) }, interrupt = function(i) cat("caught\n")); loud("no")`)
	c.rec.wait(t, "go")
	p.interrupt()
	e, ok := errors.AsType[*kernel.Error](c.end(t))
	if got := c.rec.all(); !ok || e.Name != "loud" || !slices.Equal(got, []string{"stdout|go\ncaught\n"}) {
		t.Errorf("%q ended by %v", got, e)
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

// A program that a shell runs in the background ignores SIGINT, and R inherits it.
// Beside other tests the script might not run: "text file busy", since a process that
// one of them is starting has it open for a moment, as this one had when it wrote it.
func TestK5InterruptWhereSIGINTWasIgnored(t *testing.T) {
	inst := *findR(t)
	script := fmt.Sprintf("#!/bin/sh\ntrap '' INT\nexec '%s' \"$@\"\n", inst.Path)
	inst.Path = filepath.Join(t.TempDir(), "R")
	if err := os.WriteFile(inst.Path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(&inst, rArgs, newRecorder(), testLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.shutdown(context.Background()) })
	for _, code := range []string{`cat("go\n"); repeat {}`, `system("echo go; sleep 60")`} {
		c := begin(p, code)
		c.rec.wait(t, "go")
		p.interrupt()
		if err := c.end(t); !isInterrupt(err) {
			t.Errorf("%s: %q, ended by %v", code, c.rec.all(), err)
		}
	}
}

// A callback between cells keeps R busy while a cell waits that is longer than
// the socket holds: the interrupt ends both.
func TestK5InterruptWhileRReadsNothing(t *testing.T) {
	p := startR(t)
	spin(t, p)
	c := begin(p, "# "+strings.Repeat("x", 4<<20)+"\n1")
	awaitRun(t, p, func(r *run) bool { return r != nil && r.sent })
	p.interrupt()
	if err := c.end(t); !isInterrupt(err) {
		t.Errorf("ended by %v", err)
	}
	if got := runCell(t, p, "1"); !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("afterwards: %q", got)
	}
}

// The signal says it all: an interrupt waits for nothing that is sent to R.
func TestK5InterruptWhileNothingCanBeSent(t *testing.T) {
	p := startR(t)
	for _, code := range []string{`cat("go\n"); repeat {}`, `message("go"); Sys.sleep(60)`, `system("echo go; sleep 60")`} {
		c := begin(p, code)
		c.rec.wait(t, "go")
		p.wmu.Lock()
		p.interrupt()
		err := c.end(t)
		p.wmu.Unlock()
		if !isInterrupt(err) || len(c.rec.all()) != 1 {
			t.Errorf("%s: %q, ended by %v", code, c.rec.all(), err)
		}
	}
}

// spin keeps R busy without a cell.
func spin(t *testing.T, p *process) {
	t.Helper()
	serveHelp(t, p, `{ cat("spinning\n"); repeat {} }`, "spinning")
}

// serveHelp has R run code between cells, by its help server, and returns when it has
// printed said.
func serveHelp(t *testing.T, p *process, code, said string) {
	t.Helper()
	rec := newRecorder()
	finishCell(t, p, rec, `port <- tools::startDynamicHelp(NA)
if (port <= 0) port <- suppressMessages(tools::startDynamicHelp(TRUE))
assign("served", function(...) `+code+`, envir = tools:::.httpd.handlers.env)
cat(port)`)
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+rec.text("stdout"), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprint(conn, "GET /custom/served HTTP/1.0\r\n\r\n")
	rec.wait(t, said)
}

// The kernel looks at each text that may be an error's: an interrupt that comes then
// is the cell's all the same.
func TestK5InterruptEndsALoopThatShowsErrors(t *testing.T) {
	p := startR(t)
	for i := range 40 {
		c := begin(p, `repeat try(stop("x"))`)
		c.rec.waitFor(t, "errors", func(event string) bool { return len(event) > 1000*i })
		p.interrupt()
		if err := c.end(t); !isInterrupt(err) {
			t.Fatalf("ended by %v", err)
		}
	}
}

// An interrupt that comes while a cell is parsed ends it, and leaves the session as
// it was.
func TestK5InterruptWhileTheCellIsParsed(t *testing.T) {
	p := startR(t)
	long := "Sys.sleep(60)\n" + strings.Repeat("x <- c(1, 2, 3, 4, 5)\n", 20_000)
	for range 20 {
		c := begin(p, long)
		awaitRun(t, p, func(r *run) bool { return r != nil && r.begun })
		p.interrupt()
		if err := c.end(t); !isInterrupt(err) {
			t.Fatalf("ended by %v", err)
		}
		got := runCell(t, p, `cat(getOption("warn"), getOption("keep.parse.data"))`)
		if !slices.Equal(got, []string{"stdout|0 TRUE"}) {
			t.Fatalf("afterwards: %q", got)
		}
	}
}

// awaitRun returns when the cell that runs, or nil, is such.
func awaitRun(t *testing.T, p *process, such func(*run) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		p.mu.Lock()
		is := such(p.run)
		p.mu.Unlock()
		if is {
			return
		}
		if p.hasEnded() || time.Now().After(deadline) {
			t.Fatal("it does not come to that")
		}
		runtime.Gosched()
	}
}

// A slowReader takes a while to take the first text.
type slowReader struct {
	*recorder
	reads, taken chan struct{}
}

func (s *slowReader) StreamBytes(name string, text []byte) error {
	close(s.reads)
	<-s.taken
	return s.recorder.StreamBytes(name, text)
}

// A cell that is interrupted before it has begun is interrupted, also if it is so
// short that it has ended when the interrupt reaches R.
func TestK5InterruptOfAShortCellBeforeItHasBegun(t *testing.T) {
	p := startR(t)
	file := filepath.Join(t.TempDir(), "file")
	runCell(t, p, fmt.Sprintf("system('(until test -e %s; do sleep 0.01; done; echo text) &')", file))
	slow := &slowReader{newRecorder(), make(chan struct{}), make(chan struct{})}
	p.mu.Lock()
	p.out = slow
	p.mu.Unlock()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	<-slow.reads
	c := begin(p, "x <- 1; x")
	const ended = 40 // bytes: more than that it has begun
	for n := 0; n < ended; runtime.Gosched() {
		n = unread(p.sock)
	}
	p.interrupt()
	close(slow.taken)
	if err := c.end(t); !isInterrupt(err) {
		t.Errorf("ended by %v", err)
	}
	if got := runCell(t, p, "x"); !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("afterwards: %q", got)
	}
}

func TestK5InterruptBeforeTheCellHasBegun(t *testing.T) {
	p := startR(t)
	for range 50 {
		c := begin(p, "Sys.sleep(60)")
		awaitRun(t, p, func(r *run) bool { return r != nil })
		p.interrupt()
		if err := c.end(t); !isInterrupt(err) {
			t.Fatalf("ended by %v", err)
		}
	}
}
