package client

import (
	"testing"
	"time"
)

// ReconnectQuickly has a client look for a kernel that starts as often as it ever
// does, until the test ends.
func ReconnectQuickly(t *testing.T) {
	before := startReconnectMax
	startReconnectMax = startReconnectMin
	t.Cleanup(func() { startReconnectMax = before })
}

// WaitForBarriers has questions wait for the output before them for as long as
// d, until the test ends.
func WaitForBarriers(t *testing.T, d time.Duration) {
	before := barrierTimeout
	barrierTimeout = d
	t.Cleanup(func() { barrierTimeout = before })
}
