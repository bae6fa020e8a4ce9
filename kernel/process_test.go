//go:build unix

package kernel_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// writeConnection writes a connection file whose ports are for the kernel to
// choose.
func writeConnection(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "kernel.json")
	info := jupyter.NewConnectionInfo()
	info.Transport = "ipc"
	info.IP = filepath.Join(filepath.Dir(file), "k")
	info.Ports = [5]int{1, 2, 3, 4, 5}
	must(t, info.WriteFile(file))
	return file
}

// attach connects to the kernel that runs on file.
func attach(t *testing.T, file string) *kerneltest.Client {
	t.Helper()
	info, err := jupyter.ReadConnectionFile(file)
	must(t, err)
	return kerneltest.Attach(t, info)
}

func TestK8Signals(t *testing.T) {
	file := writeConnection(t)
	cmd := kernelCommand(file)
	must(t, cmd.Start())
	c := attach(t, file)
	// SIGINT takes the path of interrupt_request; SIGPIPE does nothing.
	must(t, cmd.Process.Signal(syscall.SIGPIPE))
	r := c.Execute("ask x")
	c.ExpectStart(r, 1)
	c.ExpectPrompt(r, "x")
	must(t, cmd.Process.Signal(syscall.SIGINT))
	c.ExpectError(r, "Interrupted", "the execution was interrupted")
	done(c, r, "error")
	r = c.Execute("wait")
	c.ExpectStart(r, 2)
	must(t, cmd.Process.Signal(syscall.SIGTERM))
	c.ExpectError(r, "Shutdown", "the kernel is shutting down")
	done(c, r, "error")
	must(t, cmd.Wait())
}

// A terminated is an Engine of a process that is told to end as it binds.
type terminated struct{ kernel.Engine }

func (e terminated) Bind(typ zmq.Type, endpoint string, cfg *zmq.Config) (kernel.Socket, string, error) {
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		return nil, "", err
	}
	return e.Engine.Bind(typ, endpoint, cfg)
}

// SIGTERM ends a kernel in order from the first socket on: they can be files.
func TestK8SignalAsTheKernelBinds(t *testing.T) {
	status, err := kernel.Serve(t.Context(), newScript(), writeConnection(t), &kernel.Config{
		Engine: terminated{kerneltest.NewNetwork()},
	})
	if status != 0 || err != nil {
		t.Errorf("Serve = %d, %v, want 0 and no error", status, err)
	}
}

func TestK8ExitStatus(t *testing.T) {
	file := writeConnection(t)
	cmd := kernelCommand(file)
	must(t, cmd.Start())
	c := attach(t, file)
	r := c.Execute("exit 3")
	c.ExpectStart(r, 1)
	done(c, r, "ok")
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 3 {
		t.Errorf("exit status %d, want 3", got)
	}
}

// heldKernel starts a kernel by another process, which it returns, and how is
// explained at holdKernel.
func heldKernel(t *testing.T, file, how string) (holder *exec.Cmd, pid int) {
	t.Helper()
	holder = kernelCommand(file)
	holder.Env = append(holder.Env, holdKernel+"="+how)
	stdout, err := holder.StdoutPipe()
	must(t, err)
	must(t, holder.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	pid, err = strconv.Atoi(strings.TrimSpace(line))
	must(t, err)
	return holder, pid
}

// TestK8AKernelUnderNohupOutlivesItsParent: of a shell that is left, say, at the
// other end of ssh.
func TestK8AKernelUnderNohupOutlivesItsParent(t *testing.T) {
	file := writeConnection(t)
	holder, pid := heldKernel(t, file, "nohup")
	c := attach(t, file)
	must(t, holder.Process.Kill())
	holder.Wait()
	for n := range 100 { // time enough to hear of the death
		ranEmpty(c, n+1)
	}
	s := shutdown(c, false)
	c.ExpectBusy(s)
	expectShutdown(c, s)
	awaitExit(t, pid)
}

func TestK8TheKernelEndsWithItsParent(t *testing.T) {
	file := writeConnection(t)
	holder, pid := heldKernel(t, file, "hold")
	c := attach(t, file)
	r := c.Execute("wait")
	c.ExpectStart(r, 1)
	start := time.Now()
	must(t, holder.Process.Kill())
	holder.Wait()
	c.ExpectError(r, "Shutdown", "the kernel is shutting down")
	done(c, r, "error")
	awaitExit(t, pid)
	t.Logf("the kernel ended %v after its parent", time.Since(start))
}

func TestK8JPYParentPID(t *testing.T) {
	other := exec.Command("sleep", "1000")
	must(t, other.Start())
	file := writeConnection(t)
	cmd := kernelCommand(file)
	cmd.Env = append(cmd.Env, fmt.Sprint("JPY_PARENT_PID=", other.Process.Pid))
	must(t, cmd.Start())
	c := attach(t, file)
	r := c.Execute("wait")
	c.ExpectStart(r, 1)
	must(t, other.Process.Kill())
	other.Wait()
	c.ExpectError(r, "Shutdown", "the kernel is shutting down")
	done(c, r, "error")
	must(t, cmd.Wait())
}

// awaitExit waits for the end of a process that is no child.
func awaitExit(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); syscall.Kill(pid, 0) == nil; {
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there", pid)
		}
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
			return // ended; whoever adopted it has not looked yet
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestServeErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.json")
	status, err := kernel.Serve(t.Context(), newScript(), missing, nil)
	if status == 0 || err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("Serve = %d, %v", status, err)
	}
}

// A kernel whose starter is dead already ends in order, however far it has come.
func TestK8TheStarterIsDeadAtOnce(t *testing.T) {
	starter := exec.Command("true")
	must(t, starter.Start())
	defer starter.Wait() // until then there is a process of that number, which has ended
	t.Setenv("JPY_PARENT_PID", strconv.Itoa(starter.Process.Pid))
	for range 200 {
		status, err := kernel.Serve(t.Context(), newScript(), writeConnection(t), nil)
		if status != 0 || err != nil {
			t.Fatalf("Serve = %d, %v, want 0 and no error", status, err)
		}
	}
}

func TestServeWritesThePortsItChose(t *testing.T) {
	file := filepath.Join(t.TempDir(), "k.json")
	must(t, jupyter.NewConnectionInfo().WriteFile(file))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := kernel.Serve(ctx, newScript(), file, nil)
		ended <- err
	}()
	for {
		info, err := jupyter.ReadConnectionFile(file)
		must(t, err)
		if info.Ports[jupyter.Shell] != 0 {
			c := kerneltest.Attach(t, info)
			c.Heartbeat([]byte("x"))
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	must(t, <-ended)
}

func TestServeWarnsOfAFileThatOthersCanRead(t *testing.T) {
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true} {
		file := filepath.Join(t.TempDir(), "k.json")
		must(t, jupyter.NewConnectionInfo().WriteFile(file))
		must(t, os.Chmod(file, mode))
		var log strings.Builder
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := kernel.Serve(ctx, newScript(), file, &kernel.Config{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		must(t, err)
		if got := strings.Contains(log.String(), fmt.Sprintf("%#o", mode)); got != want {
			t.Errorf("mode %#o: a warning is %v, want %v: %s", mode, got, want, log.String())
		}
	}
}

func TestK8HangupEndsTheKernel(t *testing.T) {
	// What is caught here is not ignored in children, also under nohup.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	file := writeConnection(t)
	cmd := kernelCommand(file)
	must(t, cmd.Start())
	c := attach(t, file)
	r := c.Execute("wait")
	c.ExpectStart(r, 1)
	must(t, cmd.Process.Signal(syscall.SIGHUP))
	c.ExpectError(r, "Shutdown", "the kernel is shutting down")
	done(c, r, "error")
	must(t, cmd.Wait())
}
