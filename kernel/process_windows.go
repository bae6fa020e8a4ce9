package kernel

import (
	"os"
	"os/signal"
)

// handleSignals has Ctrl-C act on s.
func (s *Server) handleSignals() (stop func()) {
	c := make(chan os.Signal, 8)
	signal.Notify(c, os.Interrupt)
	stopc := make(chan struct{})
	go func() {
		for {
			select {
			case <-c:
				s.Interrupt()
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

// hangupIgnored reports false: there is no nohup.
func hangupIgnored() bool { return false }

// processExists reports whether there is a process pid.
func processExists(pid int) bool {
	p, err := os.FindProcess(pid)
	if err == nil {
		p.Release()
	}
	return err == nil
}

// watchProcess returns a channel that is closed when process pid has ended.
func watchProcess(pid int) (dead <-chan struct{}, stop func(), err error) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil, nil, errWatch(pid, err)
	}
	c := make(chan struct{})
	go func() {
		p.Wait()
		close(c)
	}()
	return c, func() {}, nil
}
