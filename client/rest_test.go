//go:build unix

package client

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestTakeRest takes what a pipe holds though the deadline for reading it has
// passed, and does not wait for a writer that is still there.
func TestTakeRest(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := w.WriteString("last words"); err != nil {
		t.Fatal(err)
	}
	r.SetReadDeadline(time.Now().Add(-time.Second))
	if n, err := r.Read(make([]byte, 10)); n != 0 || err == nil {
		t.Fatalf("Read after the deadline = %d, %v", n, err)
	}
	var got strings.Builder
	takeRest(&got, r)
	if got.String() != "last words" {
		t.Errorf("took %q, want %q", got.String(), "last words")
	}
}
