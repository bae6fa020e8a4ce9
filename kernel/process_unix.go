//go:build unix

package kernel

import (
	"errors"
	"syscall"
	"time"
)

// processExists reports whether there is a process pid.
func processExists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// pollInterval is how often a process is looked for where its end is no event.
const pollInterval = time.Second

// pollProcess is watchProcess where the system has no event for the end of a
// process that is no child.
func pollProcess(pid int) (dead <-chan struct{}, stop func(), err error) {
	c, stopc := make(chan struct{}), make(chan struct{})
	go func() {
		tick := time.NewTicker(pollInterval)
		defer tick.Stop()
		for processExists(pid) {
			select {
			case <-tick.C:
			case <-stopc:
				return
			}
		}
		close(c)
	}()
	return c, func() { close(stopc) }, nil
}
