package kernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// Serve is what the main function of a kernel calls: it makes the process a
// kernel of lang, on the connection that connectionFile names, until the kernel
// ends. It returns the status that the process should exit with. An error says
// why there was no kernel, or why it did not end in order.
//
// SIGINT interrupts, as an interrupt_request does. SIGTERM, SIGHUP and the death
// of the process that started the kernel end it: the one that JPY_PARENT_PID
// names or, without it, the parent (K8). Under nohup neither SIGHUP nor the death
// of the parent does. Ports that are 0 in the connection file are chosen, and the
// file is written again with them. The file may also be a registration file (JEP
// 66): it is written likewise, and then the kernel tells its ports at the address
// in it.
func Serve(ctx context.Context, lang Language, connectionFile string, cfg *Config,
) (status int, err error) {
	info, registration, err := jupyter.ReadKernelFile(connectionFile)
	if err != nil {
		return 1, err
	}
	signals, forget := takeSignals() // before there are sockets, which can be files
	defer forget()
	s, err := NewServer(lang, info, cfg)
	if err != nil {
		return 1, err
	}
	s.checkPermissions(connectionFile)
	if err := s.writeConnection(connectionFile, info, registration); err != nil {
		s.Close()
		return 1, err
	}
	stop := s.ownProcess(signals)
	defer stop()
	if registration != nil {
		err = s.register(ctx, registration)
	}
	if err == nil {
		err = s.Run(ctx)
	}
	switch {
	case errors.Is(err, ErrShutdown): // before it ran
		s.Close() // returns when whoever closed it has removed its sockets
		return s.ExitStatus(), nil
	case err != nil:
		s.Close()
		return max(s.ExitStatus(), 1), err
	}
	return s.ExitStatus(), nil
}

// checkPermissions warns if others can read the connection file: its key lets
// them run code here.
func (s *Server) checkPermissions(file string) {
	st, err := os.Stat(file)
	if err != nil || runtime.GOOS == "windows" {
		return
	}
	if mode := st.Mode().Perm(); mode&0o077 != 0 {
		s.cfg.Logger.Warn("kernel: others can read or write the connection file, and so run code in this "+
			"kernel; it should have mode 0600", "file", file, "mode", fmt.Sprintf("%#o", mode))
	}
}

// writeConnection writes the connection file if the server has chosen ports.
// With a registration it stays a registration file, so that a launcher may start
// a kernel with it again.
func (s *Server) writeConnection(file string, asked *jupyter.ConnectionInfo, r *jupyter.Registration) error {
	switch bound := s.ConnectionInfo(); {
	case bound.Ports == asked.Ports:
		return nil
	case r != nil:
		return r.WriteFile(file, bound)
	default:
		return bound.WriteFile(file)
	}
}

// ownProcess has signals and the death of the parent act on s, until the
// function it returns is called.
func (s *Server) ownProcess(signals <-chan os.Signal) (stop func()) {
	stopSignals := s.handleSignals(signals)
	pid := parentPID()
	if pid == 0 {
		return stopSignals
	}
	dead, stopParent, err := watchProcess(pid)
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

// takeSignals has the signals that act on a kernel come to a channel, until the
// function it returns is called.
func takeSignals() (_ <-chan os.Signal, forget func()) {
	c := make(chan os.Signal, 8)
	// SIGPIPE, so that a broken stderr is an error of write and not the end of
	// the process. It is caught, not ignored: child processes would inherit
	// that.
	watched := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE}
	if !hangupIgnored() {
		watched = append(watched, syscall.SIGHUP)
	}
	signal.Notify(c, watched...)
	return c, func() { signal.Stop(c) }
}

// handleSignals has signals act on s.
func (s *Server) handleSignals(signals <-chan os.Signal) (stop func()) {
	stopc := make(chan struct{})
	go func() {
		for {
			select {
			case sig := <-signals:
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
	return func() { close(stopc) }
}

// hangupIgnored reports whether the process was started under nohup. Then SIGHUP
// stays ignored.
func hangupIgnored() bool { return signal.Ignored(syscall.SIGHUP) }

// parentPID returns the process whose death ends the kernel, 0 if none does.
func parentPID() int {
	if pid, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID")); err == nil && pid > 0 && processExists(pid) {
		return pid
	}
	if hangupIgnored() { // whoever started it wants to leave it behind
		return 0
	}
	return os.Getppid()
}

// errWatch is why a process cannot be watched.
func errWatch(pid int, err error) error { return fmt.Errorf("watch process %d: %w", pid, err) }
