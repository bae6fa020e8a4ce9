package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipeline is a console without a terminal.
type pipeline struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	out    io.Closer
	home   string
}

// startPipeline starts "adrastea console --kernel plain args...".
func startPipeline(t *testing.T, args ...string) *pipeline {
	t.Helper()
	return startCommand(t, exec.Command("adrastea", append([]string{"console", "--kernel", "plain"}, args...)...))
}

// startCommand starts a command that is such a console.
func startCommand(t *testing.T, cmd *exec.Cmd) *pipeline {
	t.Helper()
	p := &pipeline{home: t.TempDir(), cmd: cmd}
	writePlainKernel(t, p.home)
	p.cmd.Env = append(os.Environ(), "HOME="+p.home, "JUPYTER_PATH="+p.home,
		"JUPYTER_RUNTIME_DIR="+filepath.Join(p.home, "run"), "PLAINKERN_ENDED="+filepath.Join(p.home, "ended"))
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout, p.out = bufio.NewReader(out), out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	return p
}

// line reads a line of the output.
func (p *pipeline) line(t *testing.T, want string) {
	t.Helper()
	got, err := p.stdout.ReadString('\n')
	if err != nil || got != want+"\n" {
		t.Fatalf("output is %q, %v; want %q", got, err, want)
	}
}

// ends checks how the console ends, that its kernel ends in peace, and that nothing is
// left behind.
func (p *pipeline) ends(t *testing.T, status int) {
	t.Helper()
	p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != status {
		t.Errorf("exit status %d, want %d", got, status)
	}
	if _, err := os.Stat(filepath.Join(p.home, "ended")); err != nil {
		t.Errorf("the kernel was killed: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(p.home, "run", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left in the runtime directory: %v, %v", left, err)
	}
}

// TestSignals is about a console that somebody else ends.
func TestSignals(t *testing.T) {
	// What is caught here is not ignored in children, also under nohup.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for name, c := range map[string]struct {
		signal syscall.Signal
		status int
	}{
		"interrupted": {syscall.SIGINT, 130},
		"terminated":  {syscall.SIGTERM, 143},
		"hung up":     {syscall.SIGHUP, 129},
		"quit":        {syscall.SIGQUIT, 131},
	} {
		t.Run(name+" while code runs", func(t *testing.T) {
			p := startPipeline(t, "-e", "wait", "-e", "say unreachable")
			p.line(t, "waiting")
			p.cmd.Process.Signal(c.signal)
			rest, err := io.ReadAll(p.stdout)
			if err != nil || strings.Contains(string(rest), "unreachable") {
				t.Errorf("more output: %q, %v", rest, err)
			}
			p.ends(t, c.status)
		})
		t.Run(name+" while it waits for code", func(t *testing.T) {
			p := startPipeline(t)
			io.WriteString(p.stdin, "say one\n")
			p.line(t, "one")
			p.cmd.Process.Signal(c.signal)
			p.ends(t, c.status)
		})
		t.Run(name+" while the code waits for an answer", func(t *testing.T) {
			p := startPipeline(t)
			io.WriteString(p.stdin, "ask name\n")
			p.line(t, "name? ")
			p.cmd.Process.Signal(c.signal)
			p.ends(t, c.status)
		})
		t.Run(name+" while the kernel starts", func(t *testing.T) {
			home := t.TempDir()
			writeKernel(t, home, "slow", "sh", "-c", `echo >"$HOME/starts"; exec sleep 1000`)
			starts := openFIFO(t, filepath.Join(home, "starts"))
			cmd := exec.Command("adrastea", "console", "--kernel", "slow")
			cmd.Env = append(os.Environ(), "HOME="+home, "JUPYTER_PATH="+home,
				"JUPYTER_RUNTIME_DIR="+filepath.Join(home, "run"))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := starts.Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
			cmd.Process.Signal(c.signal)
			cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("exit status %d, want %d", got, c.status)
			}
		})
	}
	t.Run("interrupted while it asks whether code is complete", func(t *testing.T) {
		ponders := filepath.Join(t.TempDir(), "ponders")
		file := openFIFO(t, ponders)
		t.Setenv("PLAINKERN_PONDERS", ponders)
		p := startPipeline(t, "-e", "say one", "-e", "ponder", "-e", "say unreachable")
		p.line(t, "one")
		if _, err := file.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		p.cmd.Process.Signal(syscall.SIGINT)
		rest, err := io.ReadAll(p.stdout)
		if err != nil || len(rest) > 0 {
			t.Errorf("more output: %q, %v", rest, err)
		}
		p.ends(t, interruptStatus)
	})
	t.Run("hung up under nohup", func(t *testing.T) {
		p := startCommand(t, exec.Command("sh", "-c", `trap "" HUP; exec adrastea console --kernel plain`))
		io.WriteString(p.stdin, "say one\n")
		p.line(t, "one")
		p.cmd.Process.Signal(syscall.SIGHUP)
		io.WriteString(p.stdin, "say two\n")
		p.line(t, "two")
		p.stdin.Close()
		p.ends(t, 0)
	})
	t.Run("nobody reads", func(t *testing.T) {
		p := startPipeline(t)
		io.WriteString(p.stdin, "say one\n")
		p.line(t, "one")
		p.out.Close()
		io.WriteString(p.stdin, strings.Repeat("say more\n", 10))
		p.ends(t, 128+int(syscall.SIGPIPE))
	})
}
