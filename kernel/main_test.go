package kernel_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv(beKernel) != "" {
		os.Exit(runAsKernel())
	}
	status := m.Run()
	if status == 0 {
		if left := leaked(); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines are left after the tests:\n%s\n", left)
			status = 1
		}
	}
	os.Exit(status)
}

// leaked returns the goroutines of this module that are still there. What is
// just ending is given time.
func leaked() (left string) {
	for range 100 {
		buf := make([]byte, 1<<20)
		left = ""
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] {
			if strings.Contains(g, "adrastea/") {
				left += g + "\n\n"
			}
		}
		if left == "" {
			return ""
		}
		time.Sleep(10 * time.Millisecond)
	}
	return left
}
