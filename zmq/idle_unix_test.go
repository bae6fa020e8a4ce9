//go:build unix

package zmq

import (
	"syscall"
	"testing"
	"time"
)

// Sockets with nothing to do use no time of the processor. The clock that
// matters is the process's own: it stands still while all goroutines wait.
func TestIdleSocketsCostNothing(t *testing.T) {
	router, dealer := pairOf(t, Router, Dealer, nil, nil)
	pub, sub := pairOf(t, XPub, Sub, nil, nil)
	_, _, _, _ = router, dealer, pub, sub
	// What tests before have left, the garbage collector among it, ends at last.
	for deadline := time.Now().Add(patience); ; {
		before := cpuTime(t)
		<-time.After(200 * time.Millisecond) // the measurement itself
		used := cpuTime(t) - before
		if used <= 5*time.Millisecond {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("idle sockets used %v of the processor in 200 ms", used)
		}
	}
}

func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
