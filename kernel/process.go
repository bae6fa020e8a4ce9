package kernel

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// Serve is what the main function of a kernel calls: it makes the process a
// kernel of lang, on the connection that connectionFile names, until the kernel
// ends. It returns the status that the process should exit with. An error says
// why there was no kernel, or why it did not end in order.
//
// SIGINT interrupts, as an interrupt_request does. SIGTERM, SIGHUP and the death
// of the process that started the kernel end it: the one that JPY_PARENT_PID
// names or, without it, the parent (K8). Ports that are 0 in the connection
// file are chosen, and the file is written again.
func Serve(ctx context.Context, lang Language, connectionFile string, cfg *Config,
) (status int, err error) {
	info, err := jupyter.ReadConnectionFile(connectionFile)
	if err != nil {
		return 1, err
	}
	s, err := NewServer(lang, info, cfg)
	if err != nil {
		return 1, err
	}
	if bound := s.ConnectionInfo(); bound.Ports != info.Ports {
		if err := bound.WriteFile(connectionFile); err != nil {
			s.Close()
			return 1, err
		}
	}
	stop := s.ownProcess()
	defer stop()
	if err := s.Run(ctx); err != nil {
		return max(s.ExitStatus(), 1), err
	}
	return s.ExitStatus(), nil
}

// ownProcess has signals and the death of the parent act on s, until the
// function it returns is called.
func (s *Server) ownProcess() (stop func()) {
	stopSignals := s.handleSignals()
	dead, stopParent, err := watchProcess(parentPID())
	if err != nil {
		s.cfg.Logger.Warn("kernel: cannot watch the parent process", "err", err)
		return stopSignals
	}
	stopc := make(chan struct{})
	go func() {
		select {
		case <-dead:
			s.cfg.Logger.Info("kernel: the process that started the kernel has ended")
			s.Close()
		case <-stopc:
		}
	}()
	return func() {
		close(stopc)
		stopParent()
		stopSignals()
	}
}

// parentPID returns the process whose death ends the kernel.
func parentPID() int {
	if pid, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID")); err == nil && pid > 0 && processExists(pid) {
		return pid
	}
	return os.Getppid()
}

// errWatch is why a process cannot be watched.
func errWatch(pid int, err error) error { return fmt.Errorf("watch process %d: %w", pid, err) }
