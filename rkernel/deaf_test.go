//go:build linux

package rkernel

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// deafCode is C code that does not look for interrupts, until a file is there.
const deafCode = `
#include <unistd.h>
void deaf(char **file) {
	if (write(1, "go\n", 3)) {}
	while (access(*file, F_OK) != 0)
		usleep(1000);
}
`

// compileC makes a library that R can load, and returns its path quoted for R.
func compileC(t *testing.T, code string) string {
	t.Helper()
	dir := t.TempDir()
	source, library := filepath.Join(dir, "code.c"), filepath.Join(dir, "code.so")
	if err := os.WriteFile(source, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testenv.Command(t, "cc"), "-shared", "-fPIC", "-o", library, source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strconv.Quote(library)
}

// startLanguage starts an R that starts again when it ends.
func startLanguage(t *testing.T, config *Config) *R {
	t.Helper()
	r := New(config)
	t.Cleanup(func() { r.Shutdown(context.Background(), false) })
	return r
}

// beginIn runs a cell of r in the background.
func beginIn(r *R, code string) *interruptible {
	c := &interruptible{rec: newRecorder(), done: make(chan error, 1)}
	go func() {
		_, err := r.execute(context.Background(), c.rec, cell{code: code})
		c.done <- err
	}()
	return c
}

// awaitOffer waits until p knows that its user was told, which is an instant
// after the text was handed over. If the interrupt before came late, it has
// ended R, or will.
func awaitOffer(t *testing.T, p *process) {
	t.Helper()
	awaitRun(t, p, func(r *run) bool { return r == nil || r.wait.offered })
}

// R6: R that does not react to an interrupt ends by a second one, after its
// user was told. The kernel goes on.
func TestR6ASecondInterruptEndsADeafR(t *testing.T) {
	r := startLanguage(t, nil)
	library := compileC(t, deafCode)
	for name, code := range map[string]string{
		"C code":    `dyn.load(` + library + `); .C("deaf", "/never there")`,
		"suspended": `suspendInterrupts({ cat("go\n"); repeat {} })`,
		"stopped":   `cat("go\n"); Sys.sleep(60)`,
		"child":     `system("trap '' INT; echo go; sleep 60")`,
	} {
		t.Run(name, func(t *testing.T) {
			c := beginIn(r, code)
			c.rec.wait(t, "go")
			if name == "stopped" {
				r.p.signal(unix.SIGSTOP)
			}
			r.Interrupt(nil)
			r.Interrupt(nil) // nobody was told yet: it ends nothing
			c.rec.wait(t, "Interrupt again to end R")
			awaitOffer(t, r.p)
			r.Interrupt(nil)
			err := c.end(t)
			e, ok := err.(*kernel.Error)
			if !ok || e.Name != "RDied" || !strings.Contains(e.Value, "did not react to an interrupt") {
				t.Fatalf("ended by %v", err)
			}
			if last := e.Traceback[len(e.Traceback)-1]; !strings.Contains(last, "All variables are lost") {
				t.Errorf("the traceback ends with %q", last)
			}
			next := beginIn(r, "1 + 1")
			if err := next.end(t); err != nil || !slices.Equal(next.rec.all(), []string{"stderr|" + lostNote, "result|[1] 2"}) {
				t.Errorf("the next cell: %q, %v", next.rec.all(), err)
			}
		})
	}
}

// What R takes, late or not, is no reason to end it.
func TestInterruptsThatRTakesEndNothing(t *testing.T) {
	r := startLanguage(t, nil)
	library := compileC(t, deafCode)
	file := filepath.Join(t.TempDir(), "file")
	c := beginIn(r, `dyn.load(`+library+`); kept <- "kept"
tryCatch({ .C("deaf", `+strconv.Quote(file)+`); repeat {} }, interrupt = function(e) cat("taken 1\n"))
tryCatch({ cat("go 2\n"); repeat {} }, interrupt = function(e) cat("taken 2\n"))`)
	c.rec.wait(t, "go")
	r.Interrupt(nil)
	c.rec.wait(t, "Interrupt again to end R")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.rec.wait(t, "taken 1") // late
	c.rec.wait(t, "go 2")
	r.Interrupt(nil)
	if err := c.end(t); err != nil {
		t.Fatal(err)
	}
	next := beginIn(r, "kept")
	if err := next.end(t); err != nil || !slices.Equal(next.rec.all(), []string{`result|[1] "kept"`}) {
		t.Errorf("the next cell: %q, %v", next.rec.all(), err)
	}
}

func TestInterruptGraceEndsADeafR(t *testing.T) {
	r := startLanguage(t, &Config{InterruptGrace: 300 * time.Millisecond})
	c := beginIn(r, `suspendInterrupts({ cat("go\n"); repeat {} })`)
	c.rec.wait(t, "go")
	start := time.Now()
	r.Interrupt(nil)
	if err := c.end(t); err == nil || !strings.Contains(err.Error(), "did not react to an interrupt") {
		t.Fatalf("ended by %v", err)
	}
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("after %v", took)
	}
}

func TestTheOfferToEndRSaysWhenItEnds(t *testing.T) {
	const again = "R has not reacted to the interrupt yet. Interrupt again to end R: all variables will be lost.\n"
	for grace, want := range map[time.Duration]string{
		0: again, 90 * time.Second: again + "If it goes on, R will be ended 1m30s after the interrupt.\n",
	} {
		if got := offer(grace); got != want {
			t.Errorf("offer(%v) = %q, want %q", grace, got, want)
		}
	}
}

func TestInterruptGraceSparesAnRThatReacts(t *testing.T) {
	r := startLanguage(t, &Config{InterruptGrace: time.Minute}) // whatever else the machine does
	c := beginIn(r, `x <- "kept"; cat("go\n"); Sys.sleep(60)`)
	c.rec.wait(t, "go")
	r.Interrupt(nil)
	if err := c.end(t); !isInterrupt(err) {
		t.Errorf("ended by %v", err)
	}
	next := beginIn(r, "x")
	if err := next.end(t); err != nil || !slices.Equal(next.rec.all(), []string{`result|[1] "kept"`}) {
		t.Errorf("the next cell: %q, %v", next.rec.all(), err)
	}
}
