package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A terminal is a console on a pseudo-terminal, with a user who types and reads.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	done chan struct{} // closed when the console has gone and its output is all here

	mu       sync.Mutex
	raw      strings.Builder // everything that was written; guarded by mu
	lines    strings.Builder // the whole lines of raw, as text has them; guarded by mu
	stripped int             // where in raw these end; guarded by mu

	mark  int // what the user has read, in text; belongs to the test
	grown chan struct{}
}

// expectTimeout bounds how long a user waits for anything.
const expectTimeout = 30 * time.Second

// openTerminal starts "adrastea console args..." with env besides what every
// test of a terminal has.
func openTerminal(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	return openCommand(t, env, exec.Command("adrastea", append([]string{"console"}, args...)...))
}

// openShell starts a shell that runs script.
func openShell(t *testing.T, script string) *terminal {
	t.Helper()
	return openCommand(t, nil, exec.Command("sh", "-c", script))
}

func openCommand(t *testing.T, env []string, cmd *exec.Cmd) *terminal {
	t.Helper()
	home := t.TempDir()
	writePlainKernel(t, home)
	term := &terminal{t: t, cmd: cmd, done: make(chan struct{}), grown: make(chan struct{}, 1)}
	term.cmd.Env = append(os.Environ(), append([]string{
		"TERM=xterm", "LC_ALL=C.UTF-8", "HOME=" + home, "TMPDIR=" + home, "NO_COLOR=", "PAGER=cat",
		"TMUX=", "STY=", "KITTY_WINDOW_ID=", "TERM_PROGRAM=", "LC_TERMINAL=", "R_HOME=",
		"JUPYTER_PATH=" + home, "JUPYTER_RUNTIME_DIR=" + home, "XDG_STATE_HOME=" + home, "ADRASTEA_HISTORY=",
	}, env...)...)
	var err error
	term.tty, err = pty.StartWithSize(term.cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	go term.read()
	t.Cleanup(func() {
		// The console ends its kernel, which has files in home until then.
		term.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-term.done:
		case <-time.After(expectTimeout):
			t.Errorf("the console does not end; it shows\n%q", term.text())
			term.cmd.Process.Kill()
			<-term.done
		}
		term.tty.Close()
	})
	return term
}

func writePlainKernel(t *testing.T, home string) {
	t.Helper()
	writeKernel(t, home, "plain", "plainkern", "{connection_file}")
}

// writeKernel makes a kernel that is started by argv known below home.
func writeKernel(t *testing.T, home, name string, argv ...string) {
	t.Helper()
	spec := jupyter.KernelSpec{
		Argv: argv, DisplayName: name, Language: name, InterruptMode: jupyter.InterruptByMessage,
	}
	if _, err := spec.Install(filepath.Join(home, "kernels"), name, nil); err != nil {
		t.Fatal(err)
	}
}

// openFIFO makes a file that another process writes to when it has come somewhere.
func openFIFO(t *testing.T, path string) *os.File {
	t.Helper()
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	file.SetReadDeadline(time.Now().Add(expectTimeout))
	return file
}

func (x *terminal) read() {
	defer close(x.done)
	buf := make([]byte, 4096)
	for {
		n, err := x.tty.Read(buf)
		x.mu.Lock()
		x.raw.Write(buf[:n])
		x.mu.Unlock()
		select {
		case x.grown <- struct{}{}:
		default:
		}
		if err != nil { // EIO: the console has ended
			x.cmd.Wait()
			return
		}
	}
}

// text returns what was written, without escape sequences and bells.
func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	strip := func(s string) string { return strings.ReplaceAll(ansi.ReplaceAllString(s, ""), "\a", "") }
	raw := x.raw.String()
	// Whole lines once: no sequence goes beyond the end of its line.
	if end := strings.LastIndexByte(raw, '\n') + 1; end > x.stripped {
		x.lines.WriteString(strip(raw[x.stripped:end]))
		x.stripped = end
	}
	return x.lines.String() + strip(raw[x.stripped:])
}

// written returns everything that was written.
func (x *terminal) written() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw.String()
}

// expect waits until want is in what was written since the last expect. Ends of
// lines in it are the terminal's.
func (x *terminal) expect(want string) {
	x.t.Helper()
	want = strings.ReplaceAll(want, "\n", "\r\n")
	timeout := time.NewTimer(expectTimeout)
	defer timeout.Stop()
	for {
		text := x.text()
		if i := strings.Index(text[min(x.mark, len(text)):], want); i >= 0 {
			x.mark += i + len(want)
			return
		}
		select {
		case <-x.grown:
		case <-timeout.C:
			x.t.Fatalf("the terminal does not show %q; last it shows\n%q",
				want, text[max(x.mark, len(text)-2000):])
		case <-x.done:
			if text := x.text(); !strings.Contains(text[min(x.mark, len(text)):], want) {
				x.t.Fatalf("the console ended without %q; last it showed\n%q", want,
					text[min(x.mark, len(text)):])
			}
		}
	}
}

// keys types.
func (x *terminal) keys(keys string) {
	x.t.Helper()
	if _, err := io.WriteString(x.tty, keys); err != nil {
		x.t.Fatal(err)
	}
}

// line types a line and the Enter key, and waits for what it should lead to.
func (x *terminal) line(line, want string) {
	x.t.Helper()
	x.keys(line + "\r")
	x.expect(want)
}

// awaitJob waits until the shell that was opened has given the terminal to a job.
func (x *terminal) awaitJob() {
	x.t.Helper()
	conn, err := x.tty.SyscallConn()
	if err != nil {
		x.t.Fatal(err)
	}
	for deadline := time.Now().Add(expectTimeout); ; time.Sleep(time.Millisecond) {
		var group int
		var errno error
		err := conn.Control(func(fd uintptr) { group, errno = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) })
		switch {
		case err != nil || errno != nil:
			x.t.Fatal(err, errno)
		case group != x.cmd.Process.Pid:
			return
		case time.Now().After(deadline):
			x.t.Fatal("the shell keeps the terminal")
		}
	}
}

// ends waits for the end of the console and checks its exit status.
func (x *terminal) ends(status int) {
	x.t.Helper()
	select {
	case <-x.done:
	case <-time.After(expectTimeout):
		x.t.Fatalf("the console does not end; it shows\n%q", x.text())
	}
	if got := x.cmd.ProcessState.ExitCode(); got != status {
		x.t.Errorf("exit status %d, want %d; the console showed\n%s", got, status, x.text())
	}
}

// Keys.
const (
	keyCtrlA     = "\x01"
	keyCtrlC     = "\x03"
	keyCtrlD     = "\x04"
	keyCtrlR     = "\x12"
	keyCtrlZ     = "\x1a"
	keyUp        = "\x1b[A"
	keyLeft      = "\x1b[D"
	keyAppLeft   = "\x1bOD" // in application mode
	keyBackspace = "\x7f"
)
