//go:build unix

// Package child waits for child processes without reaping them.
package child

import (
	"errors"

	"golang.org/x/sys/unix"
)

// WaitExited returns nil when the child pid has ended, and leaves it to be reaped:
// until then neither its number nor that of its group can become another's, so
// that what is sent to the group reaches nobody else. Where the system has no such
// wait it returns [errors.ErrUnsupported].
func WaitExited(pid int) error {
	for {
		if err := waitExited(pid); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
