//go:build linux

package rkernel

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// R1: everything that is printed, by R, C code, or child processes, arrives in
// the order in which it was written, on both streams.
func TestR1TextKeepsItsOrder(t *testing.T) {
	p := startR(t)
	for name, test := range map[string]struct {
		code string
		want []string
	}{
		"R and a child": {
			`cat("a\n"); system("echo b"); cat("c\n"); system("echo d; echo e")`,
			[]string{"stdout|a\nb\nc\nd\ne\n"}},
		"stdout and stderr": {
			`cat("a\n"); message("b"); cat("c\n"); message("d")`,
			[]string{"stdout|a\n", "stderr|b\n", "stdout|c\n", "stderr|d\n"}},
		"stderr, then a child's stdout": {
			`message("a"); system("echo b"); message("c"); system("echo d")`,
			[]string{"stderr|a\n", "stdout|b\n", "stderr|c\n", "stdout|d\n"}},
		"stdout, then a child's stderr": {
			`cat("a\n"); system("echo b >&2"); cat("c\n"); system("echo d >&2"); invisible(1)`,
			[]string{"stdout|a\n", "stderr|b\n", "stdout|c\n", "stderr|d\n"}},
		"a value between": {
			`1; message("m"); 2; system("echo s"); 3`,
			[]string{"stdout|[1] 1\n", "stderr|m\n", "stdout|[1] 2\ns\n", "result|[1] 3"}},
		"a print method": {
			`print.m <- function(x, ...) { cat("a\n"); system("echo b"); message("c"); cat("d\n") }; structure(1, class = "m")`,
			[]string{"stderr|c\n", "result|a\nb\nd"}},
		"programs one after the other": {
			`cat("a\n"); system("echo b >&2"); system("echo c"); system2("echo", "d", stderr = ""); system("echo e >&2"); system("echo f", intern = FALSE, timeout = 9); invisible()`,
			[]string{"stdout|a\n", "stderr|b\n", "stdout|c\nd\n", "stderr|e\n", "stdout|f\n"}},
		"programs whose output R reads, and forks": {
			`system("echo a"); x <- system("echo b >&2", intern = TRUE); system("echo c"); p <- pipe("cat >&2", "w"); writeLines("d", p); close(p)
invisible(parallel::mccollect(parallel::mcparallel(cat("e\n")))); system("echo f >&2")`,
			[]string{"stdout|a\n", "stderr|b\n", "stdout|c\n", "stderr|d\n", "stdout|e\n", "stderr|f\n"}},
		"methods amid a list that is printed": {
			`print.k <- function(x, ...) system("echo k; echo e >&2"); print(list(1, structure(2, class = "k"), 3)); invisible()`,
			[]string{"stdout|[[1]]\n[1] 1\n\n[[2]]\nk\n", "stderr|e\n", "stdout|\n[[3]]\n[1] 3\n\n"}},
		"warnings": {
			`f <- function() { cat("a\n"); warning("w"); cat("b\n") }; f(); cat("c\n")`,
			[]string{"stdout|a\nb\n", "stderr|Warning message:\nIn f() : w\n", "stdout|c\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 20 {
				if i%2 == 0 { // R writes to the other pipe first
					runCell(t, p, `message("before")`)
				}
				if got := runCell(t, p, test.code); !slices.Equal(got, test.want) {
					t.Fatalf("%q, want %q", got, test.want)
				}
			}
		})
	}
}

// R's print() writes a line in pieces, which wait for its end. Where it is interrupted
// amid one, the handler may run a program.
func TestR1ALineThatIsNotEndedKeepsItsPlace(t *testing.T) {
	p := startR(t)
	if got, err := p.call(t.Context(), ".know_printers"); err != nil || !slices.Equal(got, []string{"TRUE"}) {
		t.Errorf("pieces are not joined: %q, %v", got, err)
	}
	finishCell(t, p, newRecorder(), `options(max.print = 1e9); x <- numeric(1e7)`)
	amid := 0
	for i := range 40 {
		c := begin(p, `tryCatch(print(x), interrupt = function(i) system("echo caught"))`)
		c.rec.waitFor(t, "text", func(event string) bool { return len(event) > 1000*i })
		p.interrupt()
		if err := c.end(t); err != nil {
			t.Fatal(err)
		}
		text := c.rec.text("stdout")
		printed, ok := strings.CutSuffix(text, "caught\n")
		if !ok || strings.Contains(printed, "caught") {
			t.Fatalf("ended by %q", text[max(0, len(text)-200):])
		}
		if !strings.HasSuffix(printed, "\n") {
			amid++
		}
	}
	if amid == 0 {
		t.Error("no line was interrupted")
	}
}

// What Go's poller hears wakes one of its threads with each write of R. So a pipe is
// heard once, and not again before what was written is taken.
func TestThePollerHearsAPipeOnce(t *testing.T) {
	p := startR(t)
	infos, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil {
		t.Fatal(err)
	}
	polled := 0
	for _, name := range infos {
		info, err := os.ReadFile(name)
		if err != nil {
			continue // closed meanwhile
		}
		for line := range strings.Lines(string(info)) {
			var fd int
			var events uint32
			if _, err := fmt.Sscanf(line, "tfd: %d events: %x", &fd, &events); err != nil {
				continue
			}
			if fd != p.text[1] && fd != p.text[2] {
				continue
			}
			polled++
			if events&unix.EPOLLONESHOT == 0 {
				t.Errorf("descriptor %d, a pipe of R's text, is heard each time", fd)
			}
		}
	}
	if polled != 2 {
		t.Errorf("%d pipes are polled", polled)
	}
}

func TestR1StreamsAlternate(t *testing.T) {
	p := startR(t)
	got := runCell(t, p, `for (i in 1:500) { cat("o", i, "\n"); message("e", i) }`)
	if len(got) != 1000 {
		t.Fatalf("%d pieces of output", len(got))
	}
	for i := range 500 {
		if got[2*i] != fmt.Sprintf("stdout|o %d \n", i+1) || got[2*i+1] != fmt.Sprintf("stderr|e%d\n", i+1) {
			t.Fatalf("%q, %q", got[2*i], got[2*i+1])
		}
	}
}

func TestR1LargeOutputIsWhole(t *testing.T) {
	p := startR(t)
	got := runCell(t, p, `for (i in 1:20) cat(strrep("0123456789abcdef", 65536)); system("head -c 5000000 /dev/zero | tr '\\0' x"); cat("end")`)
	want := strings.Repeat("0123456789abcdef", 20*65536) + strings.Repeat("x", 5000000) + "end"
	if len(got) != 1 || got[0] != "stdout|"+want {
		t.Fatalf("%d pieces of output, the first of %d bytes", len(got), len(got[0]))
	}
}

func TestR1BothStreamsOfAChildFlow(t *testing.T) {
	p := startR(t)
	rec := newRecorder()
	finishCell(t, p, rec, `system("for i in 1 2 3; do head -c 300000 /dev/zero | tr '\\0' o; head -c 300000 /dev/zero | tr '\\0' e >&2; done")`)
	if o, e := len(rec.text("stdout")), len(rec.text("stderr")); o != 900000 || e != 900000 {
		t.Fatalf("%d bytes on stdout, %d on stderr", o, e)
	}
}

const nonblockCode = `
#include <fcntl.h>
void nonblock(void) { fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK); }
`

// A child may make the pipe that it shares with R non-blocking, as node and ssh
// do: R's own text waits for room all the same.
func TestR1AChildMakesThePipeNonBlocking(t *testing.T) {
	const n = 8 << 20
	p := startR(t)
	rec := newRecorder()
	finishCell(t, p, rec, fmt.Sprintf(`dyn.load(%s)
invisible(.C("nonblock"))
cat(strrep("x", %d))`, compileC(t, nonblockCode), n))
	if got := len(rec.text("stdout")); got != n {
		t.Errorf("%d of %d bytes have come", got, n)
	}
}

func TestR1CharactersAndBytes(t *testing.T) {
	p := startR(t)
	for code, want := range map[string]string{
		`cat("a\xffb\n")`:                                      "stdout|a\\xffb\n",
		`system("printf 'a\\377b'")`:                           "stdout|a\\xffb",
		`system("printf '\\303'; sleep 0.05; printf '\\251'")`: "stdout|é",
		`cat("\xe2\x82"); cat("\xac\n")`:                       "stdout|€\n",
		`cat("\xe2\x82")`:                                      "stdout|\\xe2\\x82",
		`cat("50%\r100%\033[1mbold\n")`:                        "stdout|50%\r100%\x1b[1mbold\n",
	} {
		if got := runCell(t, p, code); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

// C code prints where R's own text is, in order, whatever the bytes are.
func TestR1TextOfC(t *testing.T) {
	p := startR(t)
	library := compileC(t, `
#include <stdio.h>
#include <unistd.h>
void print_c(void) { printf("C\n"); fprintf(stderr, "C error\n"); }
void print_nul(void) { if (write(1, "a\0b\n", 4)) {} }
`)
	runCell(t, p, "invisible(dyn.load("+library+"))")
	for code, want := range map[string][]string{
		`cat("a\n"); invisible(.C("print_c")); cat("b\n"); message("c")`: {"stdout|a\nC\n", "stderr|C error\n", "stdout|b\n", "stderr|c\n"},
		`cat("a\n"); invisible(.C("print_nul")); cat("b\n")`:             {"stdout|a\na\x00b\nb\n"},
	} {
		for range 10 {
			if got := runCell(t, p, code); !slices.Equal(got, want) {
				t.Fatalf("%s: %q, want %q", code, got, want)
			}
		}
	}
}

// hoardingCode prints while it holds an object that only it knows, and says whether R
// has collected that.
const hoardingCode = `
typedef void *SEXP;
extern SEXP R_NilValue, R_MakeExternalPtr(void *, SEXP, SEXP), Rf_ScalarLogical(int);
extern SEXP Rf_protect(SEXP);
extern void Rf_unprotect(int), R_RegisterCFinalizer(SEXP, void (*)(SEXP));
extern int *INTEGER(SEXP);
extern void Rprintf(const char *, ...), R_RunPendingFinalizers(void);
static SEXP hoarded;
static int lost;
static void finalize(SEXP x) { lost |= x == hoarded; }
SEXP hoard(SEXP text) {
	lost = 0;
	R_RegisterCFinalizer(hoarded = Rf_protect(R_MakeExternalPtr(0, R_NilValue, R_NilValue)), finalize);
	Rf_unprotect(1);
	Rprintf(INTEGER(text)[0] ? "Error of C\n" : "text of C\n");
	R_RunPendingFinalizers();
	return Rf_ScalarLogical(lost);
}
`

// C code of packages may print in the midst of what it does: no R code runs then, of ours
// neither, to send a plot or to look for task callbacks. At every so many allocations of
// such code R would collect its garbage here.
func TestNoRCodeRunsWhileCOfPackagesPrints(t *testing.T) {
	p := startR(t)
	finishCell(t, p, newRecorder(), "dyn.load("+compileC(t, hoardingCode)+`)
plain <- function(every, text = 0L) {
    gctorture2(every)
    on.exit(gctorture2(0L))
    .Call("hoard", text)
}
compiled <- compiler::cmpfun(plain)
print.hoarder <- function(x, ...) lost <<- x$call(1L)
shown <- function(f) structure(list(call = f), class = "hoarder")`)
	for _, f := range []string{"plain", "compiled"} {
		for _, code := range []string{
			"{ plot(1); lost <- " + f + "(500L) }",
			"lost <- " + f + "(1L, 1L)", // it may be an error's text
			"shown(" + f + ")",
		} {
			finishCell(t, p, newRecorder(), code)
			if got := runCell(t, p, "lost"); !slices.Equal(got, []string{"result|[1] FALSE"}) {
				t.Errorf("%s: %q", code, got)
			}
		}
	}
}

// R3: a forked child writes text, and never touches the event lane.
func TestR3ForkedChildren(t *testing.T) {
	p := startR(t)
	for range 5 {
		rec := newRecorder()
		got := finishCell(t, p, rec, `x <- parallel::mclapply(1:8, function(i) { cat(sprintf("out %d\n", i)); message("err ", i); i }, mc.cores = 4)
unlist(x)`)
		if !slices.Contains(got, "result|[1] 1 2 3 4 5 6 7 8") {
			t.Fatalf("%q", got)
		}
		for i := 1; i <= 8; i++ {
			if !strings.Contains(rec.text("stdout"), fmt.Sprintf("out %d\n", i)) ||
				!strings.Contains(rec.text("stderr"), fmt.Sprintf("err %d\n", i)) {
				t.Fatalf("output of child %d is missing in %q", i, got)
			}
		}
	}
	for code, want := range map[string]string{
		// What a fork would do on the lane, it must do without it.
		`j <- parallel::mcparallel({ print(1); plot(1); try(readline("? "), silent = TRUE); message("m"); "done" }); parallel::mccollect(j)[[1]]`: `result|[1] "done"`,
		`j <- parallel::mcparallel(stop("in a child")); class(parallel::mccollect(j)[[1]])`:                                                       `result|[1] "try-error"`,
		`j <- parallel::mcparallel(quit(status = 3)); parallel::mccollect(j)[[1]]`:                                                                "result|NULL",
	} {
		if got := runCell(t, p, code); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	if got := runCell(t, p, "1"); !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("afterwards: %q", got)
	}
}

// R4: no program that R starts inherits the lane.
func TestR4ChildrenInheritNoSocket(t *testing.T) {
	p := startR(t)
	got := runCell(t, p, `cat(system("ls -l /proc/self/fd", intern = TRUE), sep = "\n")`)
	if len(got) != 1 || strings.Contains(got[0], "socket:") || !strings.Contains(got[0], "pipe:") {
		t.Fatalf("%q", got)
	}
}

// R2: R waits until the kernel has acted on an event, and the kernel first takes
// the text that was written before it: nothing overtakes an event, and no event
// overtakes text, also that of a child.
func TestR2NothingOvertakesAnEvent(t *testing.T) {
	p := startR(t)
	code := `cat("a\n"); system("echo b"); View(data.frame(x = 1)); cat("c\n")
answer <- readline("who? "); message("d"); View(data.frame(x = 2)); system("echo e >&2")
cat(answer, "\n"); View(data.frame(x = 3)); 4`
	want := []string{"stdout", "display", "stdout", "input", "stderr", "display", "stderr",
		"stdout", "display", "result"}
	for range 20 {
		rec := newRecorder("f")
		finishCell(t, p, rec, code)
		var kinds []string
		for _, e := range rec.all() {
			kind, _, _ := strings.Cut(e, "|")
			kinds = append(kinds, kind)
		}
		if !slices.Equal(kinds, want) {
			t.Fatalf("%q, want %q", rec.all(), want)
		}
		if got := rec.text("stdout"); got != "a\nb\nc\nf \n" {
			t.Fatalf("stdout is %q", got)
		}
	}
}
