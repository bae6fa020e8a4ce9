//go:build unix

package client

import (
	"testing"
	"testing/synctest"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A kernel ends by itself while Restart begins: its link knows, the client does not
// yet. Restart fails with that, and does not put a kernel into a client that ends.
func TestC5RestartOfAKernelThatJustEnds(t *testing.T) { synctest.Test(t, testC5JustEnds) }

func testC5JustEnds(t *testing.T) {
	gone := &ExitError{Code: 3}
	c := newClient(nil)
	c.spec = new(jupyter.KernelSpec)
	l := &link{c: c, donec: make(chan struct{}), err: gone}
	c.link = l
	restarted := make(chan error, 1)
	go func() { restarted <- c.Restart(t.Context()) }()
	synctest.Wait()
	c.end(gone) // as fail does it
	close(l.donec)
	if err := <-restarted; err != gone {
		t.Errorf("Restart: %v, want %v", err, gone)
	}
}
