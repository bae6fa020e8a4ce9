package client

import (
	"testing"
	"time"
)

// WaitForBarriers has questions wait for the output before them for as long as
// d, until the test ends.
func WaitForBarriers(t *testing.T, d time.Duration) {
	before := barrierTimeout
	barrierTimeout = d
	t.Cleanup(func() { barrierTimeout = before })
}
