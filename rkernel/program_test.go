//go:build linux

package rkernel

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// programVariable has TestR6WithAnotherProgram be the kernel of which it tells, in a
// copy of the test binary that may be removed.
const programVariable = "ADRASTEA_TEST_PROGRAM"

// R6: R starts, and starts again, while the program that runs is upgraded or removed,
// and where there is no /proc.
func TestR6WithAnotherProgram(t *testing.T) {
	if what := os.Getenv(programVariable); what != "" {
		beAnotherProgram(t, what)
		return
	}
	findR(t)
	for _, what := range []string{"removed", "replaced", "without /proc"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			copied := filepath.Join(t.TempDir(), "kernel")
			copyFile(t, os.Args[0], copied)
			cmd := exec.Command(copied, "-test.run=^TestR6WithAnotherProgram$")
			cmd.Env = append(os.Environ(), programVariable+"="+what)
			if what == "without /proc" {
				own := func(id int) []syscall.SysProcIDMap { return []syscall.SysProcIDMap{{HostID: id, Size: 1}} }
				cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
					UidMappings: own(os.Getuid()), GidMappings: own(os.Getgid())}
			}
			var out, errs strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &errs
			err := cmd.Run()
			if _, ended := err.(*exec.ExitError); err != nil && !ended && cmd.SysProcAttr != nil {
				t.Skipf("the system lets nobody here make a place without /proc: %v", err)
			}
			if got := out.String(); err != nil || !strings.HasPrefix(got, "[1] 1\n[1] 2\n") {
				t.Errorf("%v: %s%s", err, got, &errs)
			}
		})
	}
}

// beAnotherProgram has two R's run a cell, and prints what it shows. The second one
// starts when the program is gone.
func beAnotherProgram(t *testing.T, what string) {
	self, err := os.Executable()
	if what == "without /proc" && err == nil {
		if err := unix.Mount("none", "/proc", "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		// Go has looked for the program when it started.
		t.Fatal(unix.Exec(self, os.Args, os.Environ()))
	}
	for i := 1; i <= 2; i++ {
		fmt.Println(strings.TrimPrefix(runCell(t, startR(t), fmt.Sprint(i))[0], "result|"))
		switch what {
		case "removed":
			os.Remove(self)
		case "replaced":
			copyFile(t, "/bin/false", self+".new")
			if err := os.Rename(self+".new", self); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// copyFile makes a program at to. No child inherits it while it is written: it could
// not be run then.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err2 := out.Close(); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
}
