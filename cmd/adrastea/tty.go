package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// isTerminal reports whether f is a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	return err == nil
}

// A ttyReader reads what the user types, and can be woken while it waits. It
// reads nothing while nobody calls read, so that a pager or a shell that runs
// meanwhile has the terminal for itself.
type ttyReader struct {
	fd           int
	wakeR, wakeW *os.File
}

func newTTYReader(f *os.File) (*ttyReader, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &ttyReader{fd: int(f.Fd()), wakeR: r, wakeW: w}, nil
}

// errWoken is what read returns when wake was called.
var errWoken = errors.New("woken")

// read waits for input and returns what there is. It returns errWoken, and
// reads nothing, once for each wake.
func (t *ttyReader) read(buf []byte) (int, error) {
	fds := []unix.PollFd{
		{Fd: int32(t.wakeR.Fd()), Events: unix.POLLIN},
		{Fd: int32(t.fd), Events: unix.POLLIN},
	}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case fds[0].Revents != 0:
			t.takeWake()
			return 0, errWoken
		}
		n, err := unix.Read(t.fd, buf)
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		return max(n, 0), err
	}
}

// wake ends one read, the one that waits or the next.
func (t *ttyReader) wake() { t.wakeW.Write([]byte{0}) }

// takeWake waits for a wake that no read has returned.
func (t *ttyReader) takeWake() {
	var one [1]byte
	t.wakeR.Read(one[:])
}

// canRead reports whether a read from fd would not wait.
func canRead(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLIN != 0
}

// awaitRoom waits until fd takes something, or fails.
func awaitRoom(fd int) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	unix.Poll(fds, -1) // what it fails with, the next write does
}

// A ttyMode is a set of terminal settings.
type ttyMode struct {
	fd int
	t  unix.Termios
}

func getMode(f *os.File) (*ttyMode, error) {
	t, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	if err != nil {
		return nil, err
	}
	return &ttyMode{int(f.Fd()), *t}, nil
}

func (m *ttyMode) apply() { unix.IoctlSetTermios(m.fd, setTermios, &m.t) }

// noEcho returns m without the echo of what is typed.
func (m ttyMode) noEcho() *ttyMode {
	m.t.Lflag &^= unix.ECHO
	return &m
}

// noSignals returns m with Ctrl-C as a key.
func (m ttyMode) noSignals() *ttyMode {
	m.t.Lflag &^= unix.ISIG
	return &m
}

// terminalWidth returns the number of columns of f, 80 if it is no terminal or does
// not say.
func terminalWidth(f *os.File) int {
	if n := saidWidth(f); n > 0 {
		return n
	}
	return 80
}

// saidWidth returns the number of columns that f says it has, 0 if it does not say:
// some terminals do not, those of containers and serial lines among them.
func saidWidth(f *os.File) int {
	ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(ws.Col)
}
