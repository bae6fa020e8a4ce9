//go:build linux

package rkernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// R6: whatever ends R, the running cell says how.
func TestR6DeathIsReported(t *testing.T) {
	for name, test := range map[string]struct{ code, want string }{
		"killed": {`cat("before\n"); tools::pskill(Sys.getpid(), 9)`, "signal 9 (killed)"},
		"memory": {`tools::pskill(Sys.getpid(), 9)`, "no memory left"}, // it may have been that
		"segv":   {`tools::pskill(Sys.getpid(), 11); Sys.sleep(60)`, "signal 11 (segmentation fault)"},
		"abort":  {`tools::pskill(Sys.getpid(), 6); Sys.sleep(60)`, "signal 6 (aborted)"},
		"term":   {`tools::pskill(Sys.getpid(), 15); Sys.sleep(60)`, "signal 15 (terminated)"},
		"in C":   {`message("last words"); tools::pskill(Sys.getpid(), 11); Sys.sleep(60)`, "last words"},
	} {
		t.Run(name, func(t *testing.T) {
			p := startR(t)
			got := runCell(t, p, test.code)
			last := got[len(got)-1]
			if !strings.HasPrefix(last, "error|RDied|") || !strings.Contains(last, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
			if got := runCell(t, p, "1"); !strings.HasPrefix(got[0], "error|RDied|") {
				t.Errorf("a cell for a dead R: %q", got)
			}
		})
	}
}

// R6: the next cell starts a new R, and says what is lost.
func TestR6TheNextCellStartsANewR(t *testing.T) {
	r := New(nil)
	t.Cleanup(func() { r.Shutdown(context.Background(), false) })
	run := func(code string) ([]string, error) {
		rec := newRecorder()
		_, err := r.execute(context.Background(), rec, cell{code: code})
		return rec.all(), err
	}
	run("x <- 1")
	if _, err := run("tools::pskill(Sys.getpid(), 9)"); err == nil {
		t.Fatal("no error")
	}
	got, err := run(`exists("x")`)
	if want := []string{"stderr|" + lostNote, "result|[1] FALSE"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if got, _ := run("2"); !slices.Equal(got, []string{"result|[1] 2"}) {
		t.Errorf("%q", got)
	}
}

// R6: what ends R between cells costs no cell: it runs in the new R, however
// soon it comes, and whoever has made the new R start.
func TestR6DeathBetweenCells(t *testing.T) {
	r := New(nil)
	t.Cleanup(func() { r.Shutdown(context.Background(), false) })
	for i := range 20 {
		rec := newRecorder()
		_, err := r.execute(context.Background(), rec, cell{code: fmt.Sprint(i)})
		want := []string{fmt.Sprintf("result|[1] %d", i)}
		if i > 0 {
			want = append([]string{"stderr|R has ended since the last cell: signal 9 (killed).\n" + lostNote}, want...)
		}
		if got := rec.all(); err != nil || !slices.Equal(got, want) {
			t.Fatalf("round %d: %q, %v", i, got, err)
		}
		p := r.p
		p.signal(unix.SIGKILL)
		switch i % 4 {
		case 1:
			<-p.done
		case 2:
			<-p.done
			if _, err := r.ready(); err != nil { // as completion does
				t.Fatal(err)
			}
		case 3:
			for {
				p.mu.Lock()
				reaped := p.reaped
				p.mu.Unlock()
				if reaped {
					break
				}
			}
		}
	}
}

// R6: a cell that R had not begun runs in the new R, also when R ended by its own
// will, as when code that runs between cells calls quit().
func TestR6QuitBetweenCells(t *testing.T) {
	r := startLanguage(t, nil)
	first := beginIn(r, "1")
	if err := first.end(t); err != nil {
		t.Fatal(err)
	}
	now := filepath.Join(t.TempDir(), "now")
	serveHelp(t, r.running(), fmt.Sprintf(`{
		cat("in between\n")
		while (!file.exists(%q)) Sys.sleep(0.01)
		quit("no", 7)
	}`, now), "in between")
	c := beginIn(r, "2")
	awaitRun(t, r.running(), func(run *run) bool { return run != nil && run.sent })
	if err := os.WriteFile(now, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := c.end(t)
	if want := []string{"stderr|" + lostNote, "result|[1] 2"}; err != nil || !slices.Equal(c.rec.all(), want) {
		t.Errorf("%q, %v, want %q", c.rec.all(), err, want)
	}
}

func TestQuitEndsTheCellAndThenTheKernel(t *testing.T) {
	for code, want := range map[string][]string{
		`quit()`:                                 {"exit|0"},
		`q("no", 7)`:                             {"exit|7"},
		`cat("bye\n"); quit(status = 3)`:         {"stdout|bye\n", "exit|3"},
		`.Last <- function() cat("last\n"); q()`: {"stdout|last\n", "exit|0"},
		`f <- function() { on.exit(cat("not run\n")); q("no") }; f()`:                {"exit|0"},
		`reg.finalizer(globalenv(), function(e) cat("final\n"), onexit = TRUE); q()`: {"stdout|NULL\n" + "final\n", "exit|0"},
		`q("ask")`:  {"input|Save workspace image? [y/n/c]: ", "exit|0"},
		`1; q(); 2`: {"stdout|[1] 1\n", "exit|0"},
	} {
		p := startR(t)
		if got := runCell(t, p, code, "n"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
		if dir := p.pump.tempDir; dir == "" {
			t.Error("no temporary directory")
		} else if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: %s is left behind", code, dir)
		}
	}
}

// A killed R removes nothing. The kernel does, from the time on at which R has
// something.
func TestKilledRLeavesNoTemporaryDirectory(t *testing.T) {
	const fill = `cat(file.create(file.path(tempdir(), "file")), "\n")`
	profile := filepath.Join(t.TempDir(), "profile.R")
	if err := os.WriteFile(profile, []byte(fill+"; repeat Sys.sleep(1)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"in a profile", "in a cell"} {
		t.Run(when, func(t *testing.T) {
			rec := newRecorder()
			if when == "in a profile" {
				t.Setenv("R_PROFILE_USER", profile)
			}
			p, err := startProcess(findR(t), rArgs, rec, testLogger())
			if err != nil {
				t.Fatal(err)
			}
			if when == "in a profile" {
				rec.wait(t, "TRUE")
			} else {
				runCell(t, p, fill)
			}
			p.signal(unix.SIGKILL)
			<-p.done
			if dir := p.pump.tempDir; dir == "" {
				t.Error("no temporary directory")
			} else if _, err := os.Stat(dir); err == nil {
				t.Errorf("%s is left behind", dir)
			}
		})
	}
}

func TestQuitPayload(t *testing.T) {
	p := startR(t)
	result, err := p.execute(context.Background(), newRecorder(), cell{code: "quit(status = 4)"})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Exit || result.ExitStatus != 4 || len(result.Payload) != 1 || result.Payload[0]["source"] != "ask_exit" {
		t.Errorf("%+v", result)
	}
}

// What R started ends with it.
func TestChildrenEndWithR(t *testing.T) {
	p := startR(t)
	got := runCell(t, p, `system("sleep 100 >/dev/null & echo $!", intern = TRUE)`)
	var pid int
	fmt.Sscanf(got[0], `result|[1] "%d"`, &pid)
	if pid == 0 || unix.Kill(pid, 0) != nil {
		t.Fatalf("no child in %q", got)
	}
	runCell(t, p, "quit()")
	for unix.Kill(pid, 0) == nil { // it may be a zombie until it is reaped
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(state), ") Z ") {
			break
		}
		time.Sleep(time.Millisecond)
	}
}

func TestShutdown(t *testing.T) {
	for name, code := range map[string]string{
		"idle":   "",
		"busy":   `cat("go\n"); repeat {}`,
		"asleep": `cat("go\n"); Sys.sleep(100)`,
		"system": `cat("go\n"); system("sleep 100")`,
		"deaf":   `suspendInterrupts({ cat("go\n"); repeat {} })`,
		"stuck":  `cat("go\n"); tools::pskill(Sys.getpid(), tools::SIGSTOP)`,
	} {
		t.Run(name, func(t *testing.T) {
			p := startR(t)
			runCell(t, p, ".Last <- function() file.create('"+filepath.Join(t.TempDir(), "last")+"')")
			var c *interruptible
			if code != "" {
				c = begin(p, code)
				c.rec.wait(t, "go")
			}
			if name == "stuck" {
				awaitStop(t, p.pid)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			start := time.Now()
			p.shutdown(ctx)
			if took := time.Since(start); took > 30*time.Second { // 2 s on a machine with time
				t.Errorf("it took %v", took)
			}
			if c != nil && c.end(t) == nil {
				t.Error("the cell ended in peace")
			}
		})
	}
}

// awaitStop returns when a process is stopped.
func awaitStop(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("it does not stop: %s, %v", state, err)
		}
		if strings.Contains(string(state), ") T ") {
			return
		}
	}
}

// R reads nothing, and a cell waits that is longer than the socket holds.
func TestShutdownWhileRReadsNothing(t *testing.T) {
	p := startR(t)
	runCell(t, p, "1")
	unix.Kill(p.pid, unix.SIGSTOP)
	c := begin(p, strings.Repeat("x", 4<<20))
	awaitRun(t, p, func(r *run) bool { return r != nil && r.sent })
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	p.shutdown(ctx)
	if err := c.end(t); !errors.Is(err, kernel.ErrShutdown) {
		t.Errorf("ended by %v", err)
	}
}

func TestShutdownRunsLast(t *testing.T) {
	p := startR(t)
	file := filepath.Join(t.TempDir(), "last")
	rec := newRecorder()
	finishCell(t, p, rec, ".Last <- function() { cat('\\n'); cat('last words\\n'); invisible(file.create('"+file+"')) }")
	p.shutdown(context.Background())
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if got := rec.all(); !slices.Equal(got, []string{"stdout|\nlast words\n"}) {
		t.Errorf("%q", got)
	}
}

// The kernel gives up what runs before it shuts R down. R is interrupted all the same,
// and ends in peace.
func TestShutdownOfABusyRRunsLast(t *testing.T) {
	for name, run := range map[string]func(ctx context.Context, p *process, out *recorder) error{
		"cell": func(ctx context.Context, p *process, out *recorder) error {
			_, err := p.execute(ctx, out, cell{code: "busy()"})
			return err
		},
		"comm": func(ctx context.Context, p *process, out *recorder) error {
			_, err := p.message(ctx, out, "comm_opened", []string{"id", "busy", "o0", "o0"}, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startR(t)
			file := filepath.Join(t.TempDir(), "last")
			runCell(t, p, `busy <- function(...) { cat("go\n"); repeat {} }
getOption("jupyter.comm_manager")()$register_target("busy", busy)
.Last <- function() invisible(file.create("`+file+`"))`)
			ctx, cancel := context.WithCancelCause(context.Background())
			rec, gone := newRecorder(), make(chan error, 1)
			go func() { gone <- run(ctx, p, rec) }()
			rec.wait(t, "go")
			cancel(kernel.ErrShutdown)
			if err := <-gone; !errors.Is(err, kernel.ErrShutdown) {
				t.Errorf("given up by %v", err)
			}
			p.shutdown(context.Background())
			if _, err := os.Stat(file); err != nil {
				t.Error(err)
			}
		})
	}
}

// A .Last that fails does not keep R from ending: it is said, and R ends.
func TestShutdownWithAFailingLast(t *testing.T) {
	p := startR(t)
	runCell(t, p, ".Last <- function() { cat('trying\\n'); stop('in .Last') }")
	rec := newRecorder()
	p.mu.Lock()
	p.out = rec
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p.shutdown(ctx)
	if ctx.Err() != nil {
		t.Error("R did not end by itself")
	}
	if got := rec.all(); !slices.Equal(got, []string{"stdout|trying\n", "stderr|Error in .Last() : in .Last\n"}) {
		t.Errorf("%q", got)
	}
}

// R's start is its own: its profiles run, print, fail and ask.
func TestStart(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "profile with spaces é.R")
	text := `cat("profile\n"); message("to stderr")
name <- readline("name? ")
.First <- function() cat("first", name, "\n")
options(from.profile = TRUE)
stop("profile fails")
`
	if err := os.WriteFile(profile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("R_PROFILE_USER", profile)
	rec := newRecorder()
	p, err := startProcess(findR(t), rArgs, rec, testLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.shutdown(context.Background()) })
	rec.wait(t, "to stderr")
	got := runCell(t, p, `getOption("from.profile")`, "Ada")
	want := []string{"input|name? ", "stderr|Error: profile fails\n", "stdout|first Ada \n", "result|[1] TRUE"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q; before %q", got, want, rec.all())
	}
}

// A start-up file that quits is told of, and ends no kernel: front ends start it again
// without a word.
func TestStartThatQuits(t *testing.T) {
	dir := t.TempDir()
	profile := filepath.Join(dir, "profile.R")
	t.Setenv("R_PROFILE_USER", profile)
	write(t, profile, "quit(status = 5)\n")
	r := New(nil)
	t.Cleanup(func() { r.Shutdown(context.Background(), false) })
	for range 2 {
		rec := newRecorder()
		_, err := r.execute(t.Context(), rec, cell{code: "1"})
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Value != "R ended while it started: exit status 5" ||
			!strings.Contains(strings.Join(e.Traceback, "\n"), "quit() was called: look for it in your start-up files") {
			t.Errorf("the cell: %#v", err)
		}
		if got := rec.all(); len(got) > 0 {
			t.Errorf("shown: %q", got)
		}
	}
	write(t, profile, "")
	rec := newRecorder()
	if _, err := r.execute(t.Context(), rec, cell{code: "1"}); err != nil || !slices.Equal(rec.all(), []string{"result|[1] 1"}) {
		t.Errorf("without it: %q, %v", rec.all(), err)
	}
}

// TestMain gives R in the kernel, and plain R that it is compared with, one locale.
func TestMain(m *testing.M) {
	os.Setenv("LC_ALL", "C.UTF-8")
	os.Exit(m.Run())
}

// TestLocales starts R where a service or a container gives it no locale, or one
// that is not installed or not UTF-8: LC_ALL, LC_CTYPE and LANG, and what becomes of
// them.
func TestLocales(t *testing.T) {
	const probe = `x <- "größe 世界"; cat(x, nchar(x), l10n_info()$"UTF-8", "\n")
cat(paste0(c("LC_ALL=", "LC_CTYPE=", "LANG="), Sys.getenv(c("LC_ALL", "LC_CTYPE", "LANG"))))`
	for _, test := range []struct{ all, ctype, lang, want string }{
		{"C.UTF-8", "", "C", "LC_ALL=C.UTF-8 LC_CTYPE= LANG=C"},
		{"", "C.UTF-8", "C", "LC_ALL= LC_CTYPE=C.UTF-8 LANG=C"},
		{"", "", "C.UTF-8", "LC_ALL= LC_CTYPE= LANG=C.UTF-8"},
		{"", "", "", "LC_ALL= LC_CTYPE=C.UTF-8 LANG="},
		{"", "", "C", "LC_ALL= LC_CTYPE=C.UTF-8 LANG=C"},
		{"", "C", "C.UTF-8", "LC_ALL= LC_CTYPE=C.UTF-8 LANG=C.UTF-8"},
		{"POSIX", "", "C.UTF-8", "LC_ALL= LC_CTYPE=C.UTF-8 LANG=POSIX"},
		{"", "", "xx_YY.UTF-8", "LC_ALL= LC_CTYPE=C.UTF-8 LANG=xx_YY.UTF-8"},
		{"xx_YY.UTF-8", "", "C", "LC_ALL= LC_CTYPE=C.UTF-8 LANG=xx_YY.UTF-8"},
		{"", "nonsense", "C", "LC_ALL= LC_CTYPE=C.UTF-8 LANG=C"},
	} {
		t.Run(fmt.Sprintf("LC_ALL=%s,LC_CTYPE=%s,LANG=%s", test.all, test.ctype, test.lang), func(t *testing.T) {
			t.Setenv("LC_ALL", test.all)
			t.Setenv("LC_CTYPE", test.ctype)
			t.Setenv("LANG", test.lang)
			p := startR(t)
			got := runCell(t, p, probe) // R may warn before
			if want := "stdout|größe 世界 8 TRUE \n" + test.want; got[len(got)-1] != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestStdinRefused(t *testing.T) {
	p := startR(t)
	for code, want := range map[string]string{
		`readline("? ")`:               "Error in readline(\"? \") : \n  the front end does not allow input",
		`menu(c("a", "b"))`:            "the front end does not allow input",
		`scan()`:                       "the front end does not allow input",
		`readLines(stdin())`:           "Error in readLines(stdin()) : \n  the front end does not allow input",
		`getOption("askpass")("pw: ")`: "the front end does not allow input",
	} {
		rec := newRecorder()
		_, err := p.execute(context.Background(), rec, cell{code: code})
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || !strings.Contains(strings.Join(e.Traceback, "\n"), want) {
			t.Errorf("%s: %v, want %q", code, err, want)
		}
	}
	rec := newRecorder()
	_, err := p.execute(context.Background(), rec, cell{code: "f <- function() {\n  browser()\n  x <- 1\n  'end'\n}\nf()"})
	want := []string{"stdout|Called from: f()\n", "stderr|browser: the front end does not allow input; continuing\n", `result|[1] "end"`}
	if err != nil || !slices.Equal(rec.all(), want) {
		t.Errorf("browser: %q, %v", rec.all(), err)
	}
}

func TestStdinAnswers(t *testing.T) {
	p := startR(t)
	long := strings.Repeat("0123456789", 500)
	for _, test := range []struct {
		code, answer string
		want         string
	}{
		{`readline()`, "", `result|[1] ""`},
		{`readline()`, "  é世界  ", `result|[1] "é世界"`},
		{`nchar(readline())`, long, "result|[1] 5000"},
		{`nchar(readLines(stdin(), 1))`, long + long, "result|[1] 10000"},
		{`readline()`, "a\x00b", "error|simpleError|the answer contains a nul character"},
		{`readLines(stdin(), n = 2)`, "a\nb", `result|[1] "a" "b"`},
		{`c(readline(), readline())`, "a\nb", `result|[1] "a" "b"`},
		{`readline()`, "a\nb", `result|[1] "a"`},
		{`readline()`, "not b", `result|[1] "not b"`},
		{`readLines(stdin())`, "\x04", "result|character(0)"},
		{`scan(quiet = TRUE)`, "1 2 3\n", "result|[1] 1 2 3"},
	} {
		got := runCell(t, p, test.code, test.answer)
		if last := got[len(got)-1]; !strings.HasPrefix(last, test.want) {
			t.Errorf("%s with %.20q: %q, want %q", test.code, test.answer, got, test.want)
		}
	}
	if got := runCell(t, p, "readline('next? ')", "fresh"); !slices.Equal(got, []string{"input|next? ", `result|[1] "fresh"`}) {
		t.Errorf("afterwards: %q", got)
	}
}

// An answer is taken by who asked for it, and what follows asks again.
func TestAPasswordIsNoOtherAnswer(t *testing.T) {
	p := startR(t)
	code := `ask <- getOption("askpass"); c(readline("user? "), ask("password? "), readline("sure? "), ask("again? "))`
	want := []string{"input|user? ", "password|password? ", "input|sure? ", "password|again? ", `result|[1] "ada"    "secret" "yes"    "secret"`}
	if got := runCell(t, p, code, "ada", "secret", "yes", "secret"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCall(t *testing.T) {
	p := startR(t)
	ctx := context.Background()
	if got, err := p.call(ctx, ".message", "Error in f(\"a : b\") : the message\n"); err != nil || !slices.Equal(got, []string{"the message"}) {
		t.Errorf("%q, %v", got, err)
	}
	_, err := p.call(ctx, "no such function")
	if e, ok := errors.AsType[*callError](err); !ok || !strings.Contains(e.Message, "no such function") {
		t.Errorf("%v", err)
	}
	// It waits for its turn, and leaves no trace.
	c := begin(p, `x <- 5; cat("go\n"); Sys.sleep(0.2); x`)
	c.rec.wait(t, "go")
	if _, err := p.call(ctx, ".message", "x"); err != nil {
		t.Error(err)
	}
	if err := c.end(t); err != nil {
		t.Error(err)
	}
	if got := runCell(t, p, ".Last.value"); !slices.Equal(got, []string{"result|[1] 5"}) {
		t.Errorf("%q", got)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	busy := begin(p, `invisible(readline("? "))`)
	busy.rec.wait(t, "input|")
	if _, err := p.call(short, ".message", "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	busy.answers <- "" // until then the call had no turn
	if err := busy.end(t); err != nil {
		t.Error(err)
	}
}

// What takes too long while R is idle is interrupted.
func TestACallHasABudget(t *testing.T) {
	p := startR(t)
	runCell(t, p, "1")
	p.callBudget = 50 * time.Millisecond
	for _, code := range []string{"repeat {}", "Sys.sleep(60)", "system('sleep 60'); repeat {}"} {
		_, err := p.call(t.Context(), "evaluate", code)
		if e, ok := errors.AsType[*callError](err); !ok || e.Message != "interrupted" {
			t.Errorf("%s: %v", code, err)
		}
	}
	if got := runCell(t, p, "1"); !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("afterwards: %q", got)
	}
}

// R5: R's own event loop runs between cells, woken by file descriptors.
func TestR5EventLoopRunsBetweenCells(t *testing.T) {
	p := startR(t)
	rec := newRecorder()
	finishCell(t, p, rec, `port <- tools::startDynamicHelp(NA)
if (port <= 0) port <- suppressMessages(tools::startDynamicHelp(TRUE))
cat("port", port, "\n")`)
	var port int
	fmt.Sscanf(rec.text("stdout"), "port %d", &port)
	if port <= 0 {
		t.Skipf("no help server: %q", rec.all())
	}
	body := httpGet(t, fmt.Sprintf("127.0.0.1:%d", port), "/doc/html/index.html")
	if !strings.Contains(body, "200 OK") {
		t.Errorf("%.200q", body)
	}
}

// R that waits for the kernel takes no time of the processor, whatever else runs.
func TestR5AnIdleRWaits(t *testing.T) {
	p := startR(t)
	before := cpu(t, p)
	start := cpu(t, startR(t)) // which is time for the first to run in
	if took := cpu(t, p) - before; took > start/3 {
		t.Errorf("R took %v while it waited for the start of another, which took %v", took, start)
	}
}

func httpGet(t *testing.T, address, path string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", path)
	body, err := io.ReadAll(conn)
	if err != nil && len(body) == 0 {
		t.Fatal(err)
	}
	return string(body)
}
