//go:build linux || darwin

package rkernel

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/internal/child"
	"github.com/adrastea-kernel/adrastea/rkernel/host"
	"github.com/adrastea-kernel/adrastea/rkernel/rscript"
)

// A process is one R process and the lanes that join us to it. Its methods may
// be called from any goroutine.
//
// It runs two goroutines, reap and pump, and one more for each prompt that
// waits for its answer and each frame that R does not read yet; they end with R.
type process struct {
	logger         *slog.Logger
	comms          *comms        // nil if there are none; read-only after start
	debugger       *debugger     // nil if there is none; read-only after start
	pid            int           // read-only after start
	interruptGrace time.Duration // see Config; read-only after start
	callBudget     time.Duration // see there; read-only after start
	graceQuit      time.Duration // see there; read-only after start
	sock           int           // the event socket; closed by pump
	text           [3]int        // the pipes, by descriptor number in R; owned by pump
	wake           [2]*os.File   // reap writes to wake[1] when R has ended
	listener       *listener     // to sock, text and wake[0]; owned by pump

	readyc chan struct{} // closed when R is at its first prompt
	done   chan struct{} // closed when R has ended and all it said was taken

	wmu sync.Mutex // guards writing to sock: frames go out whole

	mu      sync.Mutex
	closed  bool             // sock is closed; guarded by mu and wmu
	reaped  bool             // pid is no longer ours; guarded by mu
	out     output           // where output goes; guarded by mu
	run     *run             // the cell that runs, or nil; guarded by mu
	parked  *prompt          // asked while R starts, nobody to ask; guarded by mu
	asking  *prompt          // whose answer is waited for, or nil; guarded by mu
	calls   map[string]*call // guarded by mu
	stopped *stop            // where run has stopped, or nil; guarded by mu
	news    news             // of the debugger; guarded by mu
	ids     int              // guarded by mu
	end     ending           // set before done is closed

	pump pumpState // owned by the pump
}

// An ending is how an R process ended.
type ending struct {
	wanted bool   // by quit()
	shut   bool   // by our shutdown
	deaf   bool   // by us: it did not take an interrupt
	told   bool   // a cell has the end as its error
	status int    // the exit status
	why    string // for an end nobody wanted
	fatal  string // R could not start
}

// newProcess makes a process that start starts. out gets what R says before the
// first cell.
func newProcess(out output, logger *slog.Logger) *process {
	return &process{
		logger: logger,
		out:    out,
		readyc: make(chan struct{}),
		done:   make(chan struct{}),
		calls:  map[string]*call{},

		callBudget: callBudget,
		graceQuit:  graceQuit,
	}
}

// start starts R. It returns as soon as the process runs; R is ready when readyc
// is closed.
func (p *process) start(inst *Installation, args []string) error {
	if !host.Available {
		return &InstallationError{
			Problem: "this program was built without cgo, so it cannot run R",
			Remedy:  "Build it with CGO_ENABLED=1 and a C compiler, or install a released binary."}
	}
	self, err := ownProgram()
	if err != nil {
		return err
	}
	theirs, err := p.openLanes()
	defer closeAll(theirs)
	if err != nil {
		p.closeLanes()
		return startFault(inst, err)
	}
	cmd := exec.Command(inst.Path, append([]string{"CMD", self}, args...)...)
	env := withoutRHome(os.Environ())
	how := append([]string{"3", strconv.Itoa(os.Getpid())}, addedByCMD(inst.Home, env)...)
	cmd.Env = append(env, host.Variable+"="+strings.Join(how, ","))
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = theirs[1], theirs[2], theirs[:1]
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	started := make(chan error)
	go p.reap(cmd, started)
	if err := <-started; err != nil {
		p.closeLanes()
		return startFault(inst, err)
	}
	go p.runPump()
	return nil
}

// startFault is the error of an R whose process could not be made.
func startFault(inst *Installation, err error) error {
	if isScarcity(err) {
		return scarcityError("start "+inst.Path, err)
	}
	return fmt.Errorf("start %s: %w", inst.Path, err)
}

// ownProgram returns a path of the program that runs. Where that was removed or
// replaced since, as by an upgrade, the system still has it; where there is no /proc,
// it has only a name.
func ownProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		if path, err = exec.LookPath(os.Args[0]); err != nil {
			return "", err
		}
		return filepath.Abs(path)
	}
	// Opened, and not only looked at: where QEMU runs a program of another processor, as
	// in containers, that gives the program, and os.Stat QEMU itself.
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		return path, nil
	}
	defer exe.Close()
	running, err := exe.Stat()
	if err != nil {
		return path, nil
	}
	if file, err := os.Stat(path); err == nil && os.SameFile(file, running) {
		return path, nil
	}
	pid, err := os.Readlink("/proc/self") // not os.Getpid: /proc may count in another namespace
	return "/proc/" + pid + "/exe", err
}

// openLanes makes the three lanes and returns R's ends: socket, stdout, stderr.
func (p *process) openLanes() (theirs []*os.File, err error) {
	pair, err := openPair("socketpair", func(fds *[2]int) (err error) {
		*fds, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.sock = pair[0]
	theirs = append(theirs, os.NewFile(uintptr(pair[1]), "R events"))
	for lane := 1; lane <= 2; lane++ {
		// Not os.Pipe: each piece of text would wake Go's poller, for nobody.
		pipe, err := openPair("pipe", func(fds *[2]int) error { return unix.Pipe(fds[:]) })
		if err != nil {
			return theirs, err
		}
		widenPipe(pipe[1])
		unix.SetNonblock(pipe[0], true) // another may read what we saw in it
		p.text[lane] = pipe[0]
		theirs = append(theirs, os.NewFile(uintptr(pipe[1]), "R text"))
	}
	if p.wake[0], p.wake[1], err = os.Pipe(); err != nil {
		return theirs, err
	}
	p.listener, err = newListener(p.sock, int(p.wake[0].Fd()), p.text[1:])
	return theirs, err
}

// openPair makes two descriptors that no child inherits.
func openPair(what string, open func(*[2]int) error) (fds [2]int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := open(&fds); err != nil {
		return fds, os.NewSyscallError(what, err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return fds, nil
}

// closeAll closes files, which may be nil.
func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// closeLanes closes our ends.
func (p *process) closeLanes() {
	p.wmu.Lock()
	p.mu.Lock()
	if !p.closed && p.sock > 0 {
		unix.Close(p.sock)
	}
	p.closed = true
	p.mu.Unlock()
	p.wmu.Unlock()
	for _, fd := range p.text[1:] {
		if fd > 0 {
			unix.Close(fd)
		}
	}
	closeAll(p.wake[:])
	if p.listener != nil {
		p.listener.close()
	}
}

// reap starts R and waits for its end. R asks the system to be told when its
// parent ends, and for Linux the parent is the thread: so this goroutine keeps
// its thread for as long as R lives.
func (p *process) reap(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	if err == nil {
		p.pid = cmd.Process.Pid
	}
	started <- err
	if err != nil {
		return
	}
	// Before the process is reaped its group cannot be taken for another one:
	// children that R leaves behind end with it.
	child.WaitExited(p.pid) // an error is that there is no such child
	p.mu.Lock()
	unix.Kill(-p.pid, unix.SIGKILL)
	p.reaped = true
	p.mu.Unlock()
	cmd.Wait() // the state says it all
	p.setEnding(cmd.ProcessState)
	p.wake[1].Write([]byte{0})
}

// setEnding notes what the system says about the end.
func (p *process) setEnding(state *os.ProcessState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end.status = state.ExitCode()
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		p.end.status = 128 + int(ws.Signal())
		p.end.why = fmt.Sprintf("signal %d (%v)", int(ws.Signal()), ws.Signal())
		return
	}
	p.end.why = fmt.Sprintf("exit status %d", p.end.status)
}

// send writes a frame to R. It fails when R is gone, which others notice too.
func (p *process) send(kind byte, parts ...string) error {
	b := appendFrame(nil, kind, parts...)
	p.wmu.Lock()
	defer p.wmu.Unlock()
	if p.closed {
		return errors.New("R has ended")
	}
	for len(b) > 0 {
		n, err := send(p.sock, b)
		if errors.Is(err, unix.EAGAIN) {
			n, err = unix.SendmsgN(p.sock, b, nil, nil, sendFlags)
		}
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return os.NewSyscallError("sendmsg", err)
		}
		b = b[n:]
	}
	return nil
}

// signal sends a signal to R and its children.
func (p *process) signal(s unix.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signalLocked(s)
}

// hangUp sends SIGHUP to R alone, and has an R that was stopped go on to take it.
func (p *process) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		unix.Kill(p.pid, unix.SIGHUP)
		unix.Kill(p.pid, unix.SIGCONT)
	}
}

func (p *process) signalLocked(s unix.Signal) {
	if !p.reaped {
		unix.Kill(-p.pid, s)
	}
}

// newID names a cell or a call.
func (p *process) newID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids++
	return strconv.Itoa(p.ids)
}

// load gives R the code of our private environment.
func (p *process) load() {
	if err := p.send(cmdLoad, rscript.Files()...); err != nil {
		p.logger.Debug("load R code", "error", err) // R's end follows
	}
}

// hasEnded says that R is gone and all it said was taken.
func (p *process) hasEnded() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// wasReady says that R has been at its first prompt.
func (p *process) wasReady() bool {
	select {
	case <-p.readyc:
		return true
	default:
		return false
	}
}
