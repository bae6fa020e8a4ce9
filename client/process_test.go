package client_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// modeVariable makes a process of this test binary a kernel; its value is one of
// processModes.
const modeVariable = "ADRASTEA_TEST_KERNEL"

// fakeProcess is the kernel.
func fakeProcess(mode, file string) int {
	if mode == "words" {
		return runWords()
	}
	conn, err := jupyter.ReadConnectionFile(file)
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return processModes[mode](conn)
}

// processModes are kernels that differ in how they end. They print what they
// are asked about themselves.
var processModes = map[string]func(conn *jupyter.ConnectionInfo) int{
	"polite": func(conn *jupyter.ConnectionInfo) int { return runFake(conn, true, nil) },
	// "deaf" takes no shutdown_request, but SIGINT ends it.
	"deaf": func(conn *jupyter.ConnectionInfo) int {
		return runFake(conn, false, []os.Signal{syscall.SIGINT})
	},
	// "deafer" ends with SIGTERM only.
	"deafer": func(conn *jupyter.ConnectionInfo) int {
		signal.Ignore(syscall.SIGINT)
		return runFake(conn, false, []os.Signal{syscall.SIGTERM})
	},
	// "stubborn" has to be killed.
	"stubborn": func(conn *jupyter.ConnectionInfo) int {
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM)
		return runFake(conn, false, nil)
	},
	// "broken" cannot start.
	"broken": func(*jupyter.ConnectionInfo) int {
		fmt.Fprintln(os.Stderr, "no such package: xyz")
		return 7
	},
	// "mute" takes no shutdown_request, and says nothing when it starts for the
	// second time.
	"mute": func(conn *jupyter.ConnectionInfo) int {
		marker := os.Getenv("ADRASTEA_TEST_MARKER")
		if _, err := os.Stat(marker); err == nil {
			os.WriteFile(marker+"-again", nil, 0o600)
			time.Sleep(time.Hour)
		}
		os.WriteFile(marker, nil, 0o600)
		signal.Ignore(syscall.SIGINT)
		return runFake(conn, false, []os.Signal{syscall.SIGTERM})
	},
	// "slow" takes hundreds of attempts to connect to it.
	"slow": func(conn *jupyter.ConnectionInfo) int {
		if err := turnAway(conn, jupyter.Control, 400); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return runFake(conn, true, nil)
	},
	// "unlucky" finds its port taken when it starts for the first time.
	"unlucky": func(conn *jupyter.ConnectionInfo) int {
		marker := os.Getenv("ADRASTEA_TEST_MARKER")
		if _, err := os.Stat(marker); err != nil {
			os.WriteFile(marker, nil, 0o600)
			fmt.Println("Address already in use")
			return 1
		}
		return runFake(conn, true, nil)
	},
}

// turnAway closes n connections to a socket of conn.
func turnAway(conn *jupyter.ConnectionInfo, ch jupyter.Channel, n int) error {
	ln, err := net.Listen("tcp", strings.TrimPrefix(conn.Endpoint(ch), "tcp://"))
	if err != nil {
		return err
	}
	defer ln.Close()
	for range n {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		c.Close()
	}
	return nil
}

// runFake serves until a shutdown_request, if it is polite, or one of signals,
// whose number is then its exit status.
func runFake(conn *jupyter.ConnectionInfo, polite bool, signals []os.Signal) int {
	sigs := make(chan os.Signal, 1)
	if len(signals) > 0 {
		signal.Notify(sigs, signals...)
	}
	interrupts := make(chan os.Signal, 1)
	if polite {
		signal.Notify(interrupts, syscall.SIGINT)
	}
	ended := make(chan int, 1)
	k, err := serveFake(conn, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		switch m.Header.MsgType {
		case jupyter.TypeShutdownRequest:
			if polite {
				k.send(ch, m, &jupyter.ShutdownReply{Status: jupyter.StatusOK})
				ended <- 0
				return
			}
			fmt.Println("not now")
		case jupyter.TypeExecuteRequest:
			runFakeCode(k, ch, m, interrupts, ended)
		}
	}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	select {
	case code := <-ended:
		k.stop()
		return code
	case s := <-sigs:
		return int(s.(syscall.Signal))
	}
}

// runFakeCode runs code, which is one of a few words.
func runFakeCode(
	k *fakeKernel, ch jupyter.Channel, m *jupyter.Message, interrupts <-chan os.Signal, ended chan<- int,
) {
	word, arg, _ := strings.Cut(code(m), " ")
	switch word {
	case "env":
		k.whole(ch, m, okReply(), func() { k.stdout(m, os.Getenv(arg)) })
	case "wait":
		k.status(m, jupyter.StateBusy)
		k.stdout(m, "waiting")
		<-interrupts
		k.send(ch, m, &jupyter.ExecuteReply{Status: jupyter.StatusError})
		k.status(m, jupyter.StateIdle)
	case "quit":
		k.whole(ch, m, okReply(), func() { k.stdout(m, "bye") })
		ended <- 3
	case "crash":
		fmt.Fprintln(os.Stderr, "*** caught segfault ***")
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}

// startProcess starts a kernel of this test binary for the time of the test.
func startProcess(t *testing.T, mode string, cfg *client.Config) *client.Client {
	t.Helper()
	c, err := client.Start(testContext(t), processSpec(t, mode), config(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func processSpec(t *testing.T, mode string) *jupyter.KernelSpec {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &jupyter.KernelSpec{
		Argv: []string{self, "{connection_file}"},
		Env: map[string]string{
			modeVariable: mode, "GREETING": "hello ${GREETED}", "PLAIN": "$GREETED/bin:$GREETEDX",
			"ESCAPED": "$$GREETED costs 5$", "UNKNOWN": "${NO_SUCH_VARIABLE}",
		},
		Name: "fake",
	}
}

// config keeps the connection files of tests out of the user's directory.
func config(t *testing.T, cfg *client.Config) *client.Config {
	var c client.Config
	if cfg != nil {
		c = *cfg
	}
	c.RuntimeDir = t.TempDir()
	return &c
}

// run executes code and returns what it printed.
func run(t *testing.T, c *client.Client, code string) string {
	t.Helper()
	var got streams
	if _, err := c.Execute(testContext(t), code, &client.ExecuteOptions{Output: got.add}); err != nil {
		t.Fatalf("Execute(%q): %v", code, err)
	}
	return got.text.String()
}

func TestStartGivesTheKernelItsEnvironment(t *testing.T) {
	t.Setenv("GREETED", "world")
	c := startProcess(t, "polite", &client.Config{Env: []string{"EXTRA=more"}})
	for name, want := range map[string]string{
		"GREETING":       "hello world",
		"PLAIN":          "world/bin:$GREETEDX", // as jupyter_client has it, by Python's string.Template
		"ESCAPED":        "$GREETED costs 5$",
		"UNKNOWN":        "${NO_SUCH_VARIABLE}",
		"EXTRA":          "more",
		"JPY_PARENT_PID": fmt.Sprint(os.Getpid()),
	} {
		if got := run(t, c, "env "+name); got != want {
			t.Errorf("the kernel's %s is %q, want %q", name, got, want)
		}
	}
}

// TestC1SlowKernel starts a kernel that takes longer than the events of failed
// attempts to connect are kept.
func TestC1SlowKernel(t *testing.T) {
	client.ReconnectQuickly(t)
	c := startProcess(t, "slow", nil)
	if got := run(t, c, "env "+modeVariable); got != "slow" {
		t.Errorf("the kernel says %q", got)
	}
}

func TestConnectionFileIsPrivateAndRemoved(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			c := startProcess(t, "polite", &client.Config{Transport: transport})
			file := c.ConnectionFile()
			st, err := os.Stat(file)
			if err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("connection file: mode %v, error %v; want 0600", st.Mode(), err)
			}
			conn, err := jupyter.ReadConnectionFile(file)
			if err != nil || conn.Transport != transport {
				t.Errorf("connection file: transport %q, error %v", conn.Transport, err)
			}
			c.Close()
			left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left after Close: %v, %v", left, err)
			}
		})
	}
}

// TestC7ShutdownLadder holds the steps: shutdown_request, interrupt, SIGTERM,
// SIGKILL.
func TestC7ShutdownLadder(t *testing.T) {
	for _, c := range []struct {
		mode    string
		timeout time.Duration
		want    client.ExitError
	}{
		{"polite", time.Minute, client.ExitError{Code: 0}},
		// A quarter of the time is what these have to hear their signal, also on
		// a busy machine.
		{"deaf", 12 * time.Second, client.ExitError{Code: int(syscall.SIGINT)}},
		{"deafer", 12 * time.Second, client.ExitError{Code: int(syscall.SIGTERM)}},
		{"stubborn", 100 * time.Millisecond, client.ExitError{Code: -1, Signal: syscall.SIGKILL}},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			k := startProcess(t, c.mode, &client.Config{ShutdownTimeout: c.timeout})
			if err := k.Shutdown(testContext(t)); err != nil {
				t.Error(err)
			}
			got, ok := errors.AsType[*client.ExitError](k.Err())
			if !ok || got.Code != c.want.Code || got.Signal != c.want.Signal {
				t.Errorf("Err after Shutdown: %#v, want %#v", k.Err(), c.want)
			}
			select {
			case <-k.Done():
			default:
				t.Error("Done is open after Shutdown")
			}
		})
	}
}

// TestC7ShutdownOfABusyKernel is about kernels that do not end before their code
// has: they need not wait for the interrupt until half of the time is over.
func TestC7ShutdownOfABusyKernel(t *testing.T) {
	c := startProcess(t, "deaf", &client.Config{ShutdownTimeout: 10 * testTimeout})
	waiting := make(chan struct{})
	go c.Execute(testContext(t), "wait", &client.ExecuteOptions{
		Output: func(m *jupyter.Message) {
			if m.Header.MsgType == jupyter.TypeStream {
				close(waiting)
			}
		},
	})
	<-waiting
	if err := c.Shutdown(testContext(t)); err != nil {
		t.Error(err)
	}
	if exit, ok := errors.AsType[*client.ExitError](c.Err()); !ok || exit.Code != int(syscall.SIGINT) {
		t.Errorf("Err after Shutdown: %v, want the exit of a kernel that was interrupted", c.Err())
	}
}

// TestCloseKillsWhatItStarted: Close returns, so the process has ended. Its death is not
// why the client ends, whoever hears of it first.
func TestCloseKillsWhatItStarted(t *testing.T) {
	for range 10 {
		c := startProcess(t, "stubborn", nil)
		c.Close()
		if _, err := c.KernelInfo(testContext(t)); !errors.Is(err, client.ErrClosed) {
			t.Fatalf("KernelInfo after Close: %v, want %v", err, client.ErrClosed)
		}
	}
}

func TestStartTellsWhyTheKernelEnded(t *testing.T) {
	_, err := client.Start(testContext(t), processSpec(t, "broken"), config(t, nil))
	exit, ok := errors.AsType[*client.ExitError](err)
	if !ok || exit.Code != 7 || !strings.Contains(err.Error(), "no such package: xyz") {
		t.Errorf("Start: %v, want exit status 7 and its last words", err)
	}
}

func TestStartOfAProgramThatIsNotThere(t *testing.T) {
	spec := &jupyter.KernelSpec{Argv: []string{"/no/such/program", "{connection_file}"}}
	_, err := client.Start(testContext(t), spec, config(t, nil))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("Start: %v, want one that names the program", err)
	}
	if _, err := client.Start(testContext(t), &jupyter.KernelSpec{}, config(t, nil)); err == nil {
		t.Error("Start of a kernelspec without argv succeeded")
	}
}

// TestStartInADirectoryThatIsNotThere: the system's error is about the program.
func TestStartInADirectoryThatIsNotThere(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	_, err := client.Start(testContext(t), processSpec(t, "polite"), config(t, &client.Config{Dir: missing}))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("Start: %v, want one that names %s", err, missing)
	}
}

func TestStartThatTakesTooLong(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Start(testContext(t), &jupyter.KernelSpec{Argv: []string{sleep, "1000"}},
		config(t, &client.Config{StartTimeout: 50 * time.Millisecond}))
	if err == nil || !strings.Contains(err.Error(), "not ready in time") {
		t.Errorf("Start: %v, want that it was not ready in time", err)
	}
}

func TestStartTriesAgainWhenAPortIsTaken(t *testing.T) {
	t.Setenv("ADRASTEA_TEST_MARKER", filepath.Join(t.TempDir(), "tried"))
	startProcess(t, "unlucky", nil)
}

func TestInterruptBySignal(t *testing.T) {
	c := startProcess(t, "polite", nil)
	reply, err := c.Execute(testContext(t), "wait", &client.ExecuteOptions{
		Output: func(m *jupyter.Message) {
			if m.Header.MsgType == jupyter.TypeStream {
				if err := c.Interrupt(testContext(t)); err != nil {
					t.Error(err)
				}
			}
		},
	})
	if err != nil || reply.Status != jupyter.StatusError {
		t.Errorf("Execute = %+v, %v; want the reply of interrupted code", reply, err)
	}
}

// TestC5LastWordsOfAKernel is about messages that are still on their way when the
// process has ended.
func TestC5LastWordsOfAKernel(t *testing.T) {
	c := startProcess(t, "polite", nil)
	if got := run(t, c, "quit"); got != "bye" {
		t.Errorf("output of quit: %q, want bye", got)
	}
	<-c.Done()
	if exit, ok := errors.AsType[*client.ExitError](c.Err()); !ok || exit.Code != 3 {
		t.Errorf("Err: %v, want exit status 3", c.Err())
	}
}

func TestC5CrashEndsCalls(t *testing.T) {
	c := startProcess(t, "polite", nil)
	_, err := c.Execute(testContext(t), "crash", nil)
	exit, ok := errors.AsType[*client.ExitError](err)
	if !ok || exit.Signal != syscall.SIGKILL || !strings.Contains(err.Error(), "caught segfault") {
		t.Errorf("Execute: %v, want signal 9 and the kernel's last words", err)
	}
	if _, err := c.KernelInfo(testContext(t)); !errors.Is(err, error(exit)) {
		t.Errorf("KernelInfo after the crash: %v, want %v", err, exit)
	}
}

func TestRestart(t *testing.T) {
	c := startProcess(t, "deaf", &client.Config{ShutdownTimeout: 200 * time.Millisecond})
	file := c.ConnectionFile()
	waiting := make(chan struct{})
	result := make(chan error, 1)
	go func() {
		_, err := c.Execute(testContext(t), "wait", &client.ExecuteOptions{
			Output: func(m *jupyter.Message) {
				if m.Header.MsgType == jupyter.TypeStream {
					close(waiting)
				}
			},
		})
		result <- err
	}()
	<-waiting
	if err := c.Restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, client.ErrRestarted) {
		t.Errorf("Execute during Restart: %v, want %v", err, client.ErrRestarted)
	}
	if c.ConnectionFile() != file {
		t.Errorf("connection file is %s, want still %s", c.ConnectionFile(), file)
	}
	if got := run(t, c, "env ADRASTEA_TEST_KERNEL"); got != "deaf" {
		t.Errorf("after Restart the code printed %q", got)
	}
}

// TestC1NothingIsSentBeforeARestartedKernelIsReady: it could get lost.
func TestC1NothingIsSentBeforeARestartedKernelIsReady(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "started")
	t.Setenv("ADRASTEA_TEST_MARKER", marker)
	c := startProcess(t, "mute", &client.Config{ShutdownTimeout: 4 * time.Millisecond})
	restarted := make(chan error, 1)
	go func() { restarted <- c.Restart(testContext(t)) }()
	awaitFile(t, marker+"-again")
	if _, err := c.Execute(testContext(t), "env HOME", nil); !errors.Is(err, client.ErrRestarted) {
		t.Errorf("Execute before the kernel is ready: %v, want %v", err, client.ErrRestarted)
	}
	// A signal would end a process that does not catch it yet.
	if err := c.Interrupt(testContext(t)); !errors.Is(err, client.ErrRestarted) {
		t.Errorf("Interrupt before the kernel is ready: %v, want %v", err, client.ErrRestarted)
	}
	if c.Info() == nil {
		t.Error("Info during Restart is nil")
	}
	c.Close()
	if err := <-restarted; err == nil {
		t.Error("Restart of a kernel that never was ready: no error")
	}
}

// TestNothingIsSentToAKernelThatIsBeingRestarted: it would run there, and its
// results be gone.
func TestNothingIsSentToAKernelThatIsBeingRestarted(t *testing.T) {
	t.Setenv("ADRASTEA_TEST_MARKER", filepath.Join(t.TempDir(), "started"))
	said := make(spoken, 1)
	c := startProcess(t, "mute", &client.Config{ShutdownTimeout: 10 * testTimeout, Output: said})
	restarted := make(chan error, 1)
	go func() { restarted <- c.Restart(testContext(t)) }()
	<-said // that it does not take the shutdown_request
	if reply, err := c.Execute(testContext(t), "env HOME", nil); !errors.Is(err, client.ErrRestarted) {
		t.Errorf("Execute during Restart = %+v, %v; want %v", reply, err, client.ErrRestarted)
	}
	c.Close()
	<-restarted
}

// TestCloseEndsARestart closes a client whose Restart still waits for the old
// kernel: no new one is started, and none waited for.
func TestCloseEndsARestart(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "started")
	t.Setenv("ADRASTEA_TEST_MARKER", marker)
	said := make(spoken, 1)
	c := startProcess(t, "mute", &client.Config{ShutdownTimeout: 10 * testTimeout, Output: said})
	restarted := make(chan error, 1)
	go func() { restarted <- c.Restart(testContext(t)) }()
	<-said // that it does not take the shutdown_request
	c.Close()
	if err := <-restarted; !errors.Is(err, client.ErrClosed) {
		t.Errorf("Restart: %v, want %v", err, client.ErrClosed)
	}
	if _, err := os.Stat(marker + "-again"); err == nil {
		t.Error("a kernel was started for a client that was closed")
	}
}

// spoken receives what is written to it.
type spoken chan string

func (w spoken) Write(b []byte) (int, error) {
	w <- string(b)
	return len(b), nil
}

// awaitFile returns when there is a file of that name.
func awaitFile(t *testing.T, name string) {
	t.Helper()
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(name); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no file %s", name)
		}
	}
}

func TestRestartOfAnAttachedKernel(t *testing.T) {
	k := startFake(t, executing(nil))
	if err := attach(t, k, nil).Restart(testContext(t)); !errors.Is(err, client.ErrNotStarted) {
		t.Errorf("Restart: %v, want %v", err, client.ErrNotStarted)
	}
}
