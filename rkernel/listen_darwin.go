package rkernel

import (
	"time"

	"golang.org/x/sys/unix"
)

// A listener waits for what R says.
type listener struct {
	fds []unix.PollFd // event socket, end of R, pipes
}

// newListener makes a listener to R's event socket, to the descriptor that says
// that R has ended, and to the pipes.
func newListener(sock, end int, pipes []int) (*listener, error) {
	l := &listener{}
	for _, fd := range append([]int{sock, end}, pipes...) {
		l.fds = append(l.fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	return l, nil
}

// wait returns when there is something to take, or when R has ended. With a rest it
// does not listen to the quiet pipe, and returns after the rest at the latest.
func (l *listener) wait(rest time.Duration, quiet int) (ended bool, err error) {
	timeout := -1
	if rest > 0 {
		timeout = int(rest.Milliseconds())
	}
	pipes := l.fds[2:]
	for i := range pipes {
		pipes[i].Events = unix.POLLIN
		if rest > 0 && int(pipes[i].Fd) == quiet {
			pipes[i].Events = 0
		}
	}
	if _, err := unix.Poll(l.fds, timeout); err != nil && err != unix.EINTR {
		return false, err
	}
	for i := range pipes {
		if pipes[i].Revents&unix.POLLIN == 0 && pipes[i].Revents != 0 {
			pipes[i].Fd = -1 // nobody can write to it any more
		}
	}
	return l.fds[1].Revents != 0, nil
}

// leaveSocket does not listen to the event socket any more.
func (l *listener) leaveSocket() { l.fds[0].Fd = -1 }

func (l *listener) close() {}

// receive reads from a socket what is there, or fails with EAGAIN.
func receive(sock int, b []byte) (int, error) {
	n, _, err := unix.Recvfrom(sock, b, unix.MSG_DONTWAIT)
	return n, err
}

// send writes to a socket what it takes, or fails with EAGAIN.
func send(sock int, b []byte) (int, error) {
	return unix.SendmsgN(sock, b, nil, nil, unix.MSG_DONTWAIT)
}

// readPipe reads from a pipe what is there, or fails with EAGAIN.
func readPipe(fd int, b []byte) (int, error) { return unix.Read(fd, b) }

// unread returns how many bytes are in a pipe or socket.
func unread(fd int) int {
	const fionread = 0x4004667f // FIONREAD of sys/filio.h
	n, err := unix.IoctlGetInt(fd, fionread)
	if err != nil {
		return 0
	}
	return n
}
