//go:build unix

package client

import (
	"slices"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// The ports of a kernel are free for it when it starts and when it restarts: they are
// five, and none of those that a system gives to whoever asks for any.
func TestPortsStayFree(t *testing.T) {
	c := newClient(nil)
	c.conn = jupyter.NewConnectionInfo()
	for range 100 {
		if err := c.freePorts(); err != nil {
			t.Fatal(err)
		}
		chosen := slices.Sorted(slices.Values(c.conn.Ports[:]))
		if len(slices.Compact(chosen)) != 5 || chosen[0] < firstPort || chosen[4] >= 32768 {
			t.Fatalf("ports %v", c.conn.Ports)
		}
	}
}
