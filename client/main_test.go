package client_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// testTimeout bounds every wait of a test.
const testTimeout = 60 * time.Second

// TestMain runs the tests and then looks for goroutines of this package that
// outlived them. With a mode in the environment it is a kernel instead.
func TestMain(m *testing.M) {
	if mode := os.Getenv(modeVariable); mode != "" {
		os.Exit(fakeProcess(mode, os.Args[len(os.Args)-1]))
	}
	code := m.Run()
	if leaked := leakedGoroutines(testTimeout); leaked != "" && code == 0 {
		fmt.Fprintf(os.Stderr, "goroutines leaked:\n%s\n", leaked)
		code = 1
	}
	os.Exit(code)
}

// leakedGoroutines waits for the goroutines of the packages under test to end,
// and returns those that do not.
func leakedGoroutines(wait time.Duration) string {
	deadline := time.Now().Add(wait)
	for {
		var leaked []string
		buf := make([]byte, 1<<20)
		buf = buf[:runtime.Stack(buf, true)]
		for g := range strings.SplitSeq(string(buf), "\n\n") {
			ours := strings.Contains(g, "adrastea/client.") || strings.Contains(g, "adrastea/zmq.")
			if ours && !strings.Contains(g, "TestMain") {
				leaked = append(leaked, g)
			}
		}
		if len(leaked) == 0 || time.Now().After(deadline) {
			return strings.Join(leaked, "\n\n")
		}
		runtime.Gosched()
	}
}
