//go:build linux

package rkernel

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// An R that is installed while its kernel runs is there for the next cell.
func TestAnRThatComesLater(t *testing.T) {
	inst := findR(t)
	command := filepath.Join(t.TempDir(), "R")
	c := kerneltest.Start(t, New(&Config{R: command}), nil)
	r := c.Execute("1")
	c.ExpectStart(r, 1)
	c.ExpectError(r, "RNotFound", "--r names an R that cannot be run: "+command+": no such file or directory")
	c.ExpectReplyStatus(r, "error")
	c.ExpectIdle(r)
	if err := os.Symlink(inst.Path, command); err != nil {
		t.Fatal(err)
	}
	r = c.Execute("1")
	c.ExpectStart(r, 2)
	c.ExpectResult(r, "[1] 1")
	c.ExpectReplyStatus(r, "ok")
	c.ExpectIdle(r)
}

// scarcityVariable says to the test's own process when its files are used up: before
// R is looked for, or before it is started.
const scarcityVariable = "ADRASTEA_TEST_SCARCITY"

// A kernel that can open no more files when it starts says so, and not that R is to be
// installed; where it can open some again, the next cell runs.
func TestScarcityEnds(t *testing.T) {
	if when := os.Getenv(scarcityVariable); when != "" {
		testScarcity(t, when)
		return
	}
	for _, when := range []string{"find", "start"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			findR(t)
			cmd := exec.Command(os.Args[0], "-test.run=^TestScarcityEnds$")
			cmd.Env = append(os.Environ(), scarcityVariable+"="+when)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func testScarcity(t *testing.T, when string) {
	pipe, _, err := os.Pipe() // Go's runtime opens what it needs for itself
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	allow := func(files uint64) {
		if err := syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: files, Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
	}
	if when == "find" {
		allow(0)
	}
	r := startLanguage(t, nil)
	allow(0)
	if err := r.Start(t.Context(), nil); err != nil {
		t.Errorf("Start: %v", err)
	}
	for range 2 {
		err := beginIn(r, "1").end(t)
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || !strings.HasSuffix(e.Value, "too many open files") || !strings.Contains(e.Traceback[1], "ulimit") {
			t.Errorf("without files: %#v", err)
		}
	}
	allow(limit.Cur)
	c := beginIn(r, "1")
	if err := c.end(t); err != nil || !slices.Equal(c.rec.all(), []string{"result|[1] 1"}) {
		t.Errorf("with files: %q, %v", c.rec.all(), err)
	}
}
