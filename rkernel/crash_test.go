//go:build linux

package rkernel

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// crashes are ways in which C code ends the process.
const crashes = `
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
void c_segv(void) { *(volatile int *)8 = 1; }
void c_abort(void) { abort(); }
void c_exit(void) { exit(3); }
void c_exit_at_once(void) { _exit(4); }
void c_overflow(int *n) {
	volatile char frame[4096];
	memset((char *)frame, *n, sizeof frame);
	int next = *n + 1;
	if (next) c_overflow(&next);
	frame[0] = frame[1];
}
void c_memory(void) {
	struct rlimit limit = {256 << 20, 256 << 20};
	setrlimit(RLIMIT_AS, &limit);
	for (;;) {
		char *p = malloc(1 << 20);
		if (!p) abort(); // as C code does that has no other answer
		memset(p, 1, 1 << 20);
	}
}
`

// R6: however C code ends R, the cell says how, with what was printed before; the
// next cell runs in a new R.
func TestR6CrashesInC(t *testing.T) {
	r := startLanguage(t, nil)
	library := compileC(t, crashes)
	for name, want := range map[string]string{
		"c_segv":         "signal", // R's handler of SIGSEGV aborts
		"c_abort":        "signal 6 (aborted)",
		"c_exit":         "exit status 3",
		"c_exit_at_once": "exit status 4",
		"c_overflow":     "",
		"c_memory":       "signal 6 (aborted)",
	} {
		t.Run(name, func(t *testing.T) {
			c := beginIn(r, `dyn.load(`+library+`); cat("before\n"); message("last words"); .C("`+name+`", 1L)`)
			c.rec.wait(t, "last words")
			err := c.end(t)
			if name == "c_overflow" && err != nil && strings.Contains(c.rec.text("stderr"), "C stack overflow") {
				return // R has noticed, and lives
			}
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "RDied") {
				t.Errorf("%v, want %q", err, want)
			}
			if e, ok := errors.AsType[*kernel.Error](err); ok && name == "c_exit_at_once" {
				if want := []string{"R ended unexpectedly: exit status 4", "Its last words:", "last words",
					"All variables are lost. The next cell starts a new R."}; !slices.Equal(e.Traceback, want) {
					t.Errorf("the traceback is %q, want %q", e.Traceback, want)
				}
			}
			if got := c.rec.text("stdout"); !strings.HasPrefix(got, "before\n") {
				t.Errorf("stdout is %q", got)
			}
			next := beginIn(r, "1")
			if err := next.end(t); err != nil || !strings.Contains(next.rec.text("stderr"), "variables of before are lost") {
				t.Errorf("the next cell: %q, %v", next.rec.all(), err)
			}
		})
	}
}

// forgotten has R listen to a descriptor that is closed.
const forgotten = `
#include <unistd.h>
extern void *R_InputHandlers;
extern void *addInputHandler(void *, int, void (*)(void *), int);
static void heard(void *data) { (void)data; }
void c_forget(void) {
	int pipes[2];
	if (pipe(pipes)) return;
	addInputHandler(R_InputHandlers, pipes[0], heard, 99);
	close(pipes[0]);
	close(pipes[1]);
}
`

// R5: a package that closes a descriptor which R listens to, and does not say so, makes
// R deaf to nobody else.
func TestR5AForgottenDescriptor(t *testing.T) {
	p := startR(t)
	library := compileC(t, forgotten)
	for _, code := range []string{`dyn.load(` + library + `); invisible(.C("c_forget")); cat("1")`, `cat("1")`} {
		if got := runCell(t, p, code); !slices.Equal(got, []string{"stdout|1"}) {
			t.Errorf("%s: %q", code, got)
		}
	}
}
