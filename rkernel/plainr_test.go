//go:build linux

package rkernel

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A plainR is R as it is at a terminal, the reference for what a cell does. Its
// standard input is a pseudo-terminal without echo, so that it is interactive
// and reads a line at a time; its standard output and error are pipes.
type plainR struct {
	t        testing.TB
	cmd      *exec.Cmd
	tty      *os.File
	out, err *watched
	marks    int
}

// A watched is text that arrives, and can be waited for.
type watched struct {
	mu   sync.Mutex
	cond *sync.Cond
	text bytes.Buffer
	eof  bool
}

func watch(r io.Reader) *watched {
	w := &watched{}
	w.cond = sync.NewCond(&w.mu)
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := r.Read(buf)
			w.mu.Lock()
			w.text.Write(buf[:n])
			w.eof = err != nil
			w.cond.Broadcast()
			w.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return w
}

// until returns what came before mark, and forgets it.
func (w *watched) until(t testing.TB, mark string) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	stop := time.AfterFunc(patience, func() {
		w.mu.Lock()
		w.eof = true
		w.cond.Broadcast()
		w.mu.Unlock()
	})
	defer stop.Stop()
	for {
		if before, after, ok := strings.Cut(w.text.String(), mark); ok {
			w.text.Reset()
			w.text.WriteString(after)
			return before
		}
		if w.eof {
			t.Fatalf("plain R said only %q", w.text.String())
		}
		w.cond.Wait()
	}
}

// openTTY opens a pseudo-terminal that passes every character but ends lines.
func openTTY(t testing.TB) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	mode, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	mode.Iflag = 0
	mode.Oflag = 0
	mode.Lflag = unix.ICANON
	if err := unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// rest returns what comes until the end.
func (w *watched) rest(t testing.TB) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	late := false
	stop := time.AfterFunc(patience, func() {
		w.mu.Lock()
		late = true
		w.cond.Broadcast()
		w.mu.Unlock()
	})
	defer stop.Stop()
	for !w.eof {
		if late {
			t.Fatalf("plain R does not end; it said %q", w.text.String())
		}
		w.cond.Wait()
	}
	return w.text.String()
}

func startPlainR(t testing.TB) *plainR {
	t.Helper()
	master, slave := openTTY(t)
	cmd := exec.Command(findR(t).Path, "--no-save", "--no-restore", "--no-echo", "--interactive", "--no-readline")
	cmd.Env = append(os.Environ(), "TERM=xterm", "COLUMNS=100000", "INPUTRC=/dev/null")
	cmd.Stdin = slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as at a terminal
	outR, outW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = outW, errW
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	closeAll([]*os.File{slave, outW, errW})
	t.Cleanup(func() {
		master.Close() // the end of its input: R removes its files and ends
		late := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		late.Stop()
		closeAll([]*os.File{outR, errR})
	})
	return &plainR{t: t, cmd: cmd, tty: master, out: watch(outR), err: watch(errR)}
}

// interrupt sends SIGINT to R and its children, as a terminal does.
func (r *plainR) interrupt() { unix.Kill(-r.cmd.Process.Pid, unix.SIGINT) }

// run feeds R lines and returns what it printed on its two outputs.
func (r *plainR) run(lines string) (stdout, stderr string) {
	r.t.Helper()
	r.marks++
	mark := fmt.Sprintf("\x01mark %d\x01", r.marks)
	quoted := strconv.Quote(mark)
	if !strings.HasSuffix(lines, "\n") {
		lines += "\n"
	}
	lines += "base::local(for (f in base::c('/dev/stdout', '/dev/stderr')) { " + // past any sink
		"k <- base::file(f, 'w', raw = TRUE); base::cat(" + quoted + ", file = k); base::close(k) })\n"
	if _, err := io.WriteString(r.tty, lines); err != nil {
		r.t.Fatal(err)
	}
	return withoutReadline.Replace(r.out.until(r.t, mark)), r.err.until(r.t, mark)
}

// last feeds R lines that end it. It returns what R printed to its end, and the
// status it ended with.
func (r *plainR) last(lines string) (stdout, stderr string, status int) {
	r.t.Helper()
	if _, err := io.WriteString(r.tty, lines); err != nil {
		r.t.Fatal(err)
	}
	stdout, stderr = r.out.rest(r.t), r.err.rest(r.t)
	r.cmd.Wait() // the state says it all
	return withoutReadline.Replace(stdout), stderr, r.cmd.ProcessState.ExitCode()
}

// withoutReadline removes what the readline library writes around each line it
// reads; it does not echo the line where the terminal does not.
var withoutReadline = strings.NewReplacer("\x1b[?2004h", "", "\x1b[?2004l\r\n", "")
