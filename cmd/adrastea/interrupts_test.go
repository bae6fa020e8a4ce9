package main

import (
	"context"
	"os"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAPromptIsInterruptedBeforeItsCode, whichever of them came first.
func TestAPromptIsInterruptedBeforeItsCode(t *testing.T) {
	for _, promptFirst := range []bool{true, false} {
		i := newInterrupts()
		var prompt, code <-chan struct{}
		var endPrompt, endCode func()
		if promptFirst {
			prompt, endPrompt = i.wait()
		}
		code, endCode = i.waitBehind()
		if !promptFirst {
			prompt, endPrompt = i.wait()
		}
		i.deliver()
		if len(prompt) != 1 || len(code) != 0 {
			t.Errorf("prompt first %v: the prompt has %d interrupts, the code %d", promptFirst, len(prompt), len(code))
		}
		<-prompt
		endPrompt()
		i.deliver()
		if len(code) != 1 {
			t.Errorf("prompt first %v: the code has no interrupt when the prompt has gone", promptFirst)
		}
		endCode()
		i.close()
	}
}

// TestAnInterruptThatAPromptLeavesGoesToItsCode: the user has answered a question, and
// Ctrl-C came before the prompt had gone.
func TestAnInterruptThatAPromptLeavesGoesToItsCode(t *testing.T) {
	i := newInterrupts()
	defer i.close()
	code, endCode := i.waitBehind()
	defer endCode()
	_, endPrompt := i.wait()
	i.deliver()
	endPrompt()
	if len(code) != 1 {
		t.Error("the code has no interrupt")
	}
}

// TestAnInterruptOfWhatIsDoneIsSaid, or goes to who comes next: none is lost.
func TestAnInterruptOfWhatIsDoneIsSaid(t *testing.T) {
	i := newInterrupts()
	defer i.close()
	for range 1000 {
		ctx, end := i.within(t.Context())
		go i.deliver()
		interrupted := end()
		if got := context.Cause(ctx) == error(signalError{syscall.SIGINT}); got != interrupted {
			t.Fatalf("interrupted: %v, and the context has ended of it: %v", interrupted, got)
		}
		if !interrupted {
			next, endNext := i.wait()
			<-next
			endNext()
		}
	}
}

// TestAnInterruptThatCannotBeTypedIsKept: what the editor reads from is full when its
// line ends.
func TestAnInterruptThatCannotBeTypedIsKept(t *testing.T) {
	i := newInterrupts()
	defer i.close()
	terminal, user, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer user.Close()
	defer terminal.Close()
	in, err := newTTYReader(terminal)
	if err != nil {
		t.Fatal(err)
	}
	e := &lineEditor{in: in, interrupts: i}
	if e.piped, e.pipe, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	defer e.piped.Close()
	defer e.pipe.Close()
	conn, err := e.pipe.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	conn.Control(func(fd uintptr) {
		for err == nil {
			_, err = unix.Write(int(fd), make([]byte, 1<<12))
		}
	})
	stop := e.pump(t.Context())
	i.deliver()
	for taken := false; !taken; runtime.Gosched() { // by the pump, to be typed
		i.mu.Lock()
		taken = len(i.waiting[0]) == 0
		i.mu.Unlock()
	}
	stop()
	if c, _ := i.wait(); len(c) != 1 {
		t.Error("the interrupt is lost")
	}
	if c, _ := i.wait(); len(c) != 0 {
		t.Error("the interrupt comes twice")
	}
}
