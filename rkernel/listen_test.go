//go:build linux || darwin

package rkernel

import (
	"log/slog"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openedLanes returns a process without R, and R's ends of its lanes.
func openedLanes(t *testing.T) (p *process, sock int, text [3]int) {
	t.Helper()
	p = newProcess(nil, slog.New(slog.DiscardHandler))
	theirs, err := p.openLanes()
	t.Cleanup(func() { closeAll(theirs); p.closeLanes() })
	if err != nil {
		t.Fatal(err)
	}
	return p, int(theirs[0].Fd()), [3]int{1: int(theirs[1].Fd()), 2: int(theirs[2].Fd())}
}

func listen(t *testing.T, p *process, still time.Duration) (ended bool) {
	t.Helper()
	ended, err := p.listener.wait(still, p.text[1])
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

// TestListener: text is heard as long as it is there, but in a rest only that of the
// other pipe; events and the end of R always are.
func TestListener(t *testing.T) {
	t.Parallel()
	p, sock, text := openedLanes(t)
	write := func(fd int) {
		t.Helper()
		if _, err := unix.Write(fd, []byte("text\n")); err != nil {
			t.Fatal(err)
		}
	}
	write(text[1])
	for range 3 {
		listen(t, p, 0) // comes back
	}
	const still = 20 * time.Millisecond
	for range 2 {
		start := time.Now()
		if listen(t, p, still); time.Since(start) < still/2 {
			t.Error("text ends a rest")
		}
		listen(t, p, 0)
	}
	write(text[2])
	for range 3 {
		listen(t, p, time.Hour)
	}
	if _, err := readPipe(p.text[2], make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	write(sock)
	listen(t, p, time.Hour)
	if n, err := receive(p.sock, make([]byte, 10)); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := p.wake[1].Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	for _, still := range []time.Duration{time.Hour, 0} {
		if !listen(t, p, still) {
			t.Error("the end of R is not heard")
		}
	}
}

// TestTextThatAnotherTook: a child can open R's output and read from it, and
// nothing waits for what it took.
func TestTextThatAnotherTook(t *testing.T) {
	t.Parallel()
	p, _, _ := openedLanes(t)
	p.pump.first = 1
	p.take([3]int{1: 10, 2: 10})
}
