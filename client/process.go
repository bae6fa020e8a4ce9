//go:build unix

package client

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/child"
)

// A process is a kernel's process. It runs two goroutines, one that waits for
// its end and one that takes its output; both have ended when donec is closed.
type process struct {
	cmd   *exec.Cmd
	tail  tail
	donec chan struct{} // closed when the process has ended
	state *os.ProcessState

	mu     sync.Mutex
	reaped bool // guarded by mu: its group may be another's
}

// pipeGrace is how long the output of a process that has ended is waited for:
// children it left behind may hold the pipe open for ever.
const pipeGrace = 200 * time.Millisecond

// startProcess starts argv. What it writes to its standard output and error goes
// to out, if not nil, and its end is kept.
//
// The process leads a group of its own: a Ctrl-C in the terminal is then not a
// signal for the kernel, but for the front end, which decides what it means; and
// a signal for the kernel reaches its children too, as jupyter_client does it.
func startProcess(argv, env []string, dir string, out io.Writer) (*process, error) {
	if len(argv) == 0 {
		return nil, errors.New("client: the kernelspec has no argv")
	}
	if dir != "" { // the error of Start would be that of argv[0]
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("client: directory of the kernel: %w", err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	p := &process{donec: make(chan struct{})}
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Env = env
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = w, w
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = p.cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("client: start the kernel: %w", err)
	}
	if out == nil {
		out = io.Discard
	}
	// A writer that fails must not end the copying: the kernel would block on the
	// pipe.
	both := io.MultiWriter(&p.tail, ignoreErrors{out})
	var copied sync.WaitGroup
	copied.Go(func() {
		io.Copy(both, r) // the error is the end of the pipe or the deadline below
	})
	go func() {
		defer close(p.donec)
		defer r.Close()
		if child.WaitExited(p.cmd.Process.Pid) != nil {
			p.cmd.Wait() // this system has no other: a signal may come too late
		}
		// Children may still have its output open.
		r.SetReadDeadline(time.Now().Add(pipeGrace))
		copied.Wait()
		takeRest(both, r)
		p.mu.Lock()
		p.cmd.Wait() // its error is in the state
		p.reaped = true
		p.mu.Unlock()
		p.state = p.cmd.ProcessState
	}()
	return p, nil
}

// maxRest is more than a pipe holds.
const maxRest = 1 << 20

// takeRest writes to w what is in the pipe r and does not wait for more: on a
// machine with much to do, the deadline may have passed before the copying came
// to what the process said last.
func takeRest(w io.Writer, r *os.File) {
	r.SetReadDeadline(time.Time{})
	raw, err := r.SyscallConn()
	if err != nil {
		return
	}
	raw.Read(func(fd uintptr) bool {
		buf := make([]byte, 32<<10)
		for taken := 0; taken < maxRest; {
			n, err := syscall.Read(int(fd), buf)
			if n <= 0 || err != nil {
				break
			}
			taken += n
			w.Write(buf[:n])
		}
		return true
	})
}

// ignoreErrors is a writer that takes everything.
type ignoreErrors struct{ w io.Writer }

func (i ignoreErrors) Write(b []byte) (int, error) {
	i.w.Write(b)
	return len(b), nil
}

// signal sends sig to the process and its group. A process that has ended gets
// none.
func (p *process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return nil
	}
	err := syscall.Kill(-p.cmd.Process.Pid, sig)
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EPERM) {
		return nil // it is ending; the second is what macOS says of one that has ended
	}
	if err != nil {
		return fmt.Errorf("client: %v for the kernel: %w", sig, err)
	}
	return nil
}

// kill ends the process and its group at once.
func (p *process) kill() { p.signal(syscall.SIGKILL) }

// exitError says how the process ended. It may be called after donec is closed.
func (p *process) exitError() *ExitError {
	e := &ExitError{Code: p.state.ExitCode(), Output: p.tail.String()}
	if ws, ok := p.state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.Signal = ws.Signal()
	}
	return e
}

// tailSize is how much of a kernel's own output is kept for errors.
const tailSize = 8 << 10

// A tail is a writer that keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte // guarded by mu
	cut bool   // guarded by mu: buf is not all of it
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut = t.cut || len(t.buf)+len(b) > tailSize
	t.buf = append(t.buf, b[max(0, len(b)-tailSize):]...)
	t.buf = t.buf[:copy(t.buf, t.buf[max(0, len(t.buf)-tailSize):])]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut {
		return "..." + string(t.buf)
	}
	return string(t.buf)
}

// explain adds to the error of a kernel that was not ready in time what it said.
func (p *process) explain(err error) error {
	if out := strings.TrimSpace(p.tail.String()); errors.Is(err, errSlowStart) && out != "" {
		return fmt.Errorf("%w; it said: %s", err, out)
	}
	return err
}
