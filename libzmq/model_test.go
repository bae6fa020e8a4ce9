package libzmq

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

const model = "model/handoff.pml"

// TestModel checks the model of the hand-off with spin, and that spin finds
// the mistakes of its broken variants.
func TestModel(t *testing.T) {
	testenv.Command(t, "spin")
	testenv.Command(t, "gcc")
	for _, test := range []struct {
		macros string
		broken bool
	}{
		{"", false},
		{"-DSOCKETS=1", false},
		{"-DSHUTDOWN -DMESSAGES=1", false},
		{"-DSHUTDOWN -DSOCKETS=1", false},
		{"-DBROKEN_WAKE_FIRST", true},
		{"-DBROKEN_ASLEEP_LATE", true},
		{"-DBROKEN_ASLEEP_BLINDLY", true},
		{"-DBROKEN_CLEAR_LATE", true},
		{"-DBROKEN_OVERTAKE -DSOCKETS=1", true},
		{"-DSHUTDOWN -DBROKEN_NOTIFIER_FIRST", true},
		{"-DSHUTDOWN -DBROKEN_STOP_EARLY", true},
		{"-DSHUTDOWN -DBROKEN_FORGET", true},
	} {
		name := strings.ReplaceAll(test.macros, "-D", "")
		if name == "" {
			name = "RUNNING"
		}
		t.Run(name, func(t *testing.T) {
			found, out := check(t, strings.Fields(test.macros))
			if found != test.broken {
				t.Errorf("spin found an error: %v, want %v\n%s", found, test.broken, out)
			}
		})
	}
}

// check has spin search all states, and reports whether one is wrong.
func check(t *testing.T, macros []string) (found bool, out string) {
	file, err := filepath.Abs(model)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := func(name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !(failed && name == "./pan") {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	run("spin", append(macros, "-a", file)...)
	run("gcc", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c")
	out = run("./pan", "-E", "-m1000000")
	m := regexp.MustCompile(`errors: (\d+)`).FindStringSubmatch(out)
	if m == nil || strings.Contains(out, "max search depth too small") {
		t.Fatalf("pan did not finish:\n%s", out)
	}
	return m[1] != "0", out
}

// TestModelNames checks that what the model calls by a name of the code is
// called so in the code.
func TestModelNames(t *testing.T) {
	b, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(text)
		}
	}
	for _, name := range []string{"accept", "asleep", "closed", "dispatch", "donec", "enqueue", "forwarder",
		"monitor", "notifier", "notifyc", "pairc", "pending", "queue", "queued", "receive", "rest", "retry",
		"room", "settle", "shut", "sockets", "stopc", "stopped", "stopping", "take"} {
		word := regexp.MustCompile(`\b` + name + `\b`)
		if !word.Match(b) {
			t.Errorf("the model has no %s", name)
		}
		if !word.MatchString(code.String()) {
			t.Errorf("the code has no %s", name)
		}
	}
}
