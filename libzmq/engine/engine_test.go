package engine

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// with runs a go command on the main module that has this engine.
func with(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "../with", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestKernelProtocol runs the tests of package kernel that run over real
// sockets with the sockets of this engine.
func TestKernelProtocol(t *testing.T) {
	files, err := filepath.Glob("../../kernel/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(.*\{ run\(t,`).FindAllSubmatch(text, -1) {
			names = append(names, string(m[1]))
		}
	}
	if len(names) < 10 {
		t.Fatalf("package kernel has only %d tests that run over every transport: %q", len(names), names)
	}
	with(t, "test", "-count=1", "-timeout=15m", "-run=^("+strings.Join(names, "|")+")$/^(tcp|ipc|curve)$", "./kernel")
}

// TestCommand runs R cells in a kernel that was started with --engine libzmq:
// from our own client, and from Jupyter's front ends.
func TestCommand(t *testing.T) {
	testenv.Command(t, "R")
	binary := filepath.Join(t.TempDir(), "adrastea")
	with(t, "build", "-o", binary, "./cmd/adrastea")
	spec := &jupyter.KernelSpec{
		Argv:          []string{binary, "kernel", "--engine", "libzmq", "--connection-file", "{connection_file}"},
		Language:      "R",
		InterruptMode: jupyter.InterruptByMessage,
		Metadata:      jupyter.Object{"supported_encryption": []any{"curve"}},
	}
	for _, test := range []struct {
		name string
		cfg  client.Config
	}{
		{"tcp", client.Config{}},
		{"ipc", client.Config{Transport: "ipc"}},
		{"curve", client.Config{Encryption: client.EncryptionRequired}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.cfg.RuntimeDir = t.TempDir()
			test.cfg.Env = []string{"XDG_STATE_HOME=" + t.TempDir()} // its cells are not the user's
			testCells(t, spec, &test.cfg)
		})
	}
	for _, file := range []string{
		"test_notebook.py",     // nbclient
		"test_kernel_suite.py", // jupyter_kernel_test
		"test_encryption.py",   // jupyter_client
	} {
		t.Run(file, func(t *testing.T) { testFrontEnd(t, binary, file) })
	}
}

// testFrontEnd runs a file of tests from outside.
func testFrontEnd(t *testing.T, binary, file string) {
	python := testenv.Python(t, "jupyter_client", "jupyter_kernel_test", "nbclient", "psutil", "pytest", "pytest_timeout")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-m", "pytest", "-q", file)
	cmd.Dir = filepath.Join(testenv.Root(t), "e2e")
	dir, err := os.MkdirTemp("", "e2e") // for whatever they leave behind
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "ADRASTEA_BIN="+binary, "ADRASTEA_ENGINE=libzmq")
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || !regexp.MustCompile(`\d passed`).Match(out) || strings.Contains(string(out), "skipped") {
		t.Errorf("pytest: %v\n%s", err, out)
	}
}

func testCells(t *testing.T, spec *jupyter.KernelSpec, cfg *client.Config) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c, err := client.Start(ctx, spec, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var printed strings.Builder
	output := func(m *jupyter.Message) {
		content, err := m.Parse()
		if err != nil {
			t.Error(err)
		}
		if s, ok := content.(*jupyter.Stream); ok {
			printed.WriteString(s.Text)
		}
	}
	answer := func(context.Context, *jupyter.InputRequest) (string, error) { return "Ada", nil }
	for range 20 {
		printed.Reset()
		reply, err := c.Execute(ctx, `cat("before\n"); cat(nchar(readline("who? ")), "\n"); for (i in 1:100) cat(i, "")`,
			&client.ExecuteOptions{Output: output, Input: answer})
		if err != nil {
			t.Fatal(err)
		}
		if reply.Status != "ok" || !strings.HasPrefix(printed.String(), "before\n") ||
			!strings.HasSuffix(printed.String(), " 99 100 ") {
			t.Fatalf("status %s, output %q", reply.Status, printed.String())
		}
	}
	if err := c.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
