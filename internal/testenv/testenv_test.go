package testenv

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRootHoldsTheModule(t *testing.T) {
	if _, err := os.Stat(filepath.Join(Root(t), "go.mod")); err != nil {
		t.Errorf("Root() = %q, which holds no go.mod: %v", Root(t), err)
	}
}

func TestMissingPeerFailsWhereRequired(t *testing.T) {
	for _, c := range []struct {
		require         string
		failed, skipped bool
	}{
		{"1", true, false},
		{"", false, true},
	} {
		t.Setenv("ADRASTEA_REQUIRE", c.require)
		r := &recorder{TB: t}
		Missing(r, "a peer")
		if r.failed != c.failed || r.skipped != c.skipped {
			t.Errorf("ADRASTEA_REQUIRE=%q: failed %v, skipped %v, want %v, %v",
				c.require, r.failed, r.skipped, c.failed, c.skipped)
		}
	}
}

func TestPythonThatCannotImportIsMissing(t *testing.T) {
	python := Python(t)
	t.Setenv("ADRASTEA_PYTHON", python)
	t.Setenv("ADRASTEA_REQUIRE", "1")
	r := &recorder{TB: t}
	if got := Python(r, "sys", "no_such_module_anywhere"); got != "" || !r.failed {
		t.Errorf("Python(no_such_module_anywhere) = %q, failed %v, want a failure", got, r.failed)
	}
	if got := Python(t, "sys", "os"); got != python {
		t.Errorf("Python(sys, os) = %q, want %q", got, python)
	}
}

// A recorder notes how a test would have ended, and lets it run on.
type recorder struct {
	testing.TB
	failed, skipped bool
}

func (r *recorder) Fatalf(string, ...any) { r.failed = true }
func (r *recorder) Skipf(string, ...any)  { r.skipped = true }
