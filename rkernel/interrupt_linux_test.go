package rkernel

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// R's system2(timeout = ) takes SIGINT itself, and where it has no child yet, or
// does not know it yet, it ends R.
func TestK5InterruptsWhileAProgramIsStarted(t *testing.T) {
	t.Parallel()
	p := startR(t)
	for range 50 {
		c := begin(p, `cat("go\n"); repeat system2("true", timeout = 50)`)
		c.rec.wait(t, "go")
		p.interrupt()
		if err := c.end(t); !isInterrupt(err) {
			t.Fatalf("ended by %v", err)
		}
	}
}

// losesOne is a program that the first SIGINT does not end, as a shell may be that has
// just begun to start another.
const losesOne = `system("trap 'trap - INT' INT; echo go; while :; do sleep 0.1; done")`

// An interrupt and the kernel's question about it can reach R in one moment, if R was
// held up: then the interrupt counts first, and R's children are looked after.
func TestK5InterruptOfAnRThatWasHeldUp(t *testing.T) {
	t.Parallel()
	p := startR(t)
	c := begin(p, losesOne)
	c.rec.wait(t, "go")
	p.signal(unix.SIGSTOP)
	p.interrupt()
	c.rec.wait(t, "R has not reacted")
	p.signal(unix.SIGCONT)
	if err := c.end(t); !isInterrupt(err) {
		t.Errorf("ended by %v", err)
	}
}

// A program that ignores SIGINT at first, as some do while they start, is hit again
// later, however often R was asked by then: others send that signal too.
func TestK5InterruptOfAProgramThatIsDeafAtFirst(t *testing.T) {
	t.Parallel()
	p := startR(t)
	ready := filepath.Join(t.TempDir(), "ready")
	c := begin(p, fmt.Sprintf(`system("trap '' INT; echo go; until test -e %s; do sleep 0.05; done; trap - INT; sleep 60")`, ready))
	c.rec.wait(t, "go")
	p.interrupt()
	for range 100 {
		unix.Kill(p.pid, unix.SIGWINCH)
		awaitTaken(t, p.pid, unix.SIGWINCH)
	}
	if err := os.WriteFile(ready, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.end(t); !isInterrupt(err) {
		t.Errorf("ended by %v", err)
	}
}

// awaitTaken returns when a signal does not wait for a process any more.
func awaitTaken(t *testing.T, pid int, s unix.Signal) {
	t.Helper()
	for waits := true; waits; runtime.Gosched() {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(status), "ShdPnd:\t")
		set, err := strconv.ParseUint(after[:16], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		waits = set&(1<<(s-1)) != 0
	}
}
