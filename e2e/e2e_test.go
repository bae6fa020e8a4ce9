package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

// TestFrontEnds runs the tests of every Python file of this folder. A test
// that pytest skips is a failure: nothing here is optional.
func TestFrontEnds(t *testing.T) {
	python := testenv.Python(t, "jupyter_client", "jupyter_kernel_test", "jupyter_console",
		"jupyter_resource_usage", "jupyter_server", "nbclient", "papermill", "pexpect",
		"psutil", "pytest", "pytest_timeout", "qtconsole")
	testenv.Command(t, "node")
	testenv.Command(t, "R")
	binary := build(t)
	files, err := filepath.Glob("test_*.py")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test_*.py here: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".py"), func(t *testing.T) { runFile(t, python, binary, file) })
	}
}

// build makes the binary under test, with the race detector where the tests
// have it.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "adrastea")
	args := []string{"build", "-buildvcs=false", "-o", binary} // the checkout may be another user's
	if raceDetector {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/adrastea")...)
	cmd.Dir = testenv.Root(t)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return binary
}

// An outcome is what conftest.py writes about one test.
type outcome struct {
	Name    string
	Outcome string // passed, failed or skipped
	Seconds float64
	Text    string // why it failed, and what it printed
}

// fileLimit ends a pytest that does not end by itself. Each of its tests has a
// limit of its own, in pytest.ini.
const fileLimit = 20 * time.Minute

// runFile runs one file with pytest, and reports each of its tests.
func runFile(t *testing.T, python, binary, file string) {
	dir := temporary(t)
	report := filepath.Join(dir, "report.jsonl")
	ctx, cancel := context.WithTimeout(t.Context(), fileLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-m", "pytest", "-q", file)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "ADRASTEA_BIN="+binary, "ADRASTEA_REPORT="+report,
		"PYTHONPATH=", "PYTEST_ADDOPTS=") // nobody's own
	out, runErr := said(t, cmd, filepath.Join(dir, "pytest.log"))
	outcomes, err := read(report)
	if err != nil {
		t.Fatalf("pytest: %v; its report: %v\n%s", runErr, err, out)
	}
	failed := false
	for _, o := range outcomes {
		t.Run(o.Name, func(t *testing.T) {
			if o.Outcome != "passed" {
				failed = true
				t.Errorf("%s: %s after %.2f s\n%s", file, o.Outcome, o.Seconds, o.Text)
			}
		})
	}
	if len(outcomes) == 0 || (runErr != nil && !failed) {
		t.Errorf("pytest: %v, after %d tests\n%s", runErr, len(outcomes), out)
	}
}

// temporary makes a directory for whatever the tests of a file leave behind, as a
// browser does, or an R that was killed. What is still being written when it is
// removed is no failure; and its name is short, for the sake of sockets below it.
func temporary(t *testing.T) string {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// said runs cmd and returns what it wrote into file. A pipe would have to be read
// until all that it has started have ended too.
func said(t *testing.T, cmd *exec.Cmd, file string) (out []byte, runErr error) {
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	runErr = cmd.Run()
	if out, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	return out, runErr
}

func read(report string) ([]outcome, error) {
	text, err := os.ReadFile(report)
	if err != nil {
		return nil, err
	}
	var outcomes []outcome
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		var o outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, lines.Err()
}
