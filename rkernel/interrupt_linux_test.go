package rkernel

import "testing"

// R's system2(timeout = ) takes SIGINT itself, and where it has no child yet, or
// does not know it yet, it ends R.
func TestK5InterruptsWhileAProgramIsStarted(t *testing.T) {
	t.Parallel()
	p := startR(t)
	for range 50 {
		c := begin(p, `cat("go\n"); repeat system2("true", timeout = 50)`)
		c.rec.wait(t, "go")
		p.interrupt()
		if err := c.end(t); !isInterrupt(err) {
			t.Fatalf("ended by %v", err)
		}
	}
}
