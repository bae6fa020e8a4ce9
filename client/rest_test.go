//go:build unix

package client

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/child"
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

// A heldWriter takes what is written when it may.
type heldWriter struct{ wrote, may chan struct{} }

func (w heldWriter) Write(b []byte) (int, error) {
	w.wrote <- struct{}{}
	<-w.may
	return len(b), nil
}

// A signal for a kernel that has ended, and whose last output is being taken,
// reaches no other process: its number, and that of its group, are not yet free.
func TestAnEndedKernelKeepsItsNumber(t *testing.T) {
	out := heldWriter{make(chan struct{}, 16), make(chan struct{})}
	p, err := startProcess([]string{"sh", "-c", "echo said"}, os.Environ(), "", out)
	if err != nil {
		t.Fatal(err)
	}
	<-out.wrote
	pid := p.cmd.Process.Pid
	if err := child.WaitExited(pid); err != nil {
		t.Fatalf("the process that has ended: %v", err) // it would be if it were reaped
	}
	if err := p.signal(syscall.SIGINT); err != nil {
		t.Errorf("a signal for it: %v", err)
	}
	select {
	case <-p.donec:
		t.Error("it is over while its output is being taken")
	default:
	}
	close(out.may)
	<-p.donec
	if err := p.signal(syscall.SIGINT); err != nil || p.exitError().Code != 0 {
		t.Errorf("then: %v, %v", err, p.exitError())
	}
}

// TestTail: what is kept of the output is its end, and says so.
func TestTail(t *testing.T) {
	all := strings.Repeat("0123456789", tailSize)
	for _, sizes := range [][]int{{10}, {tailSize}, {tailSize - 1, 1}, {tailSize, 1}, {tailSize + 1}, {3 * tailSize}, {5, 3 * tailSize, 5}, {5, tailSize}} {
		var tl tail
		n := 0
		for _, size := range sizes {
			if k, err := tl.Write([]byte(all[n : n+size])); k != size || err != nil {
				t.Errorf("Write of %d octets = %d, %v", size, k, err)
			}
			n += size
		}
		want := all[:n]
		if n > tailSize {
			want = "..." + all[n-tailSize:n]
		}
		if got := tl.String(); got != want {
			t.Errorf("of writes of %d octets are kept %d: %.20q, want %.20q", sizes, len(got), got, want)
		}
	}
}
