//go:build unix

package kernel

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// handleSignals has signals act on s.
func (s *Server) handleSignals() (stop func()) {
	c := make(chan os.Signal, 8)
	// SIGPIPE, so that a broken stderr is an error of write and not the end of
	// the process. It is caught, not ignored: child processes would inherit
	// that.
	watched := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE}
	if !hangupIgnored() {
		watched = append(watched, syscall.SIGHUP)
	}
	signal.Notify(c, watched...)
	stopc := make(chan struct{})
	go func() {
		for {
			select {
			case sig := <-c:
				switch sig {
				case syscall.SIGINT:
					s.Interrupt()
				case syscall.SIGTERM, syscall.SIGHUP:
					s.Close()
				}
			case <-stopc:
				return
			}
		}
	}()
	return func() {
		signal.Stop(c)
		close(stopc)
	}
}

// hangupIgnored reports whether the process was started under nohup. Then SIGHUP
// stays ignored.
func hangupIgnored() bool { return signal.Ignored(syscall.SIGHUP) }

// processExists reports whether there is a process pid.
func processExists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
