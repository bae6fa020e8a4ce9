package rkernel

import (
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Go's scheduler is not told of the system calls in this file, none of which
// waits: after a moment without work it would wake its monitor for each, a thread
// that then looks around for as long as there is work (docs/performance.md).

// A listener waits for what R says. It is a set of epoll that is itself in the set
// of Go's runtime: so the thread that hears of R goes on as the pump, and no
// thread waits for R alone.
//
// A pipe is heard once, and again when wait listens to it again: what is written
// to it between wakes nobody.
type listener struct {
	sock, end int
	file      *os.File
	set       syscall.RawConn
	tryWait   func(set uintptr) bool // look, made once
	events    [4]unix.EpollEvent     // what look saw
	n         int
	heard     []int32 // pipes to listen to again
}

// newListener makes a listener to R's event socket, to the descriptor that says
// that R has ended, and to the pipes.
func newListener(sock, end int, pipes []int) (*listener, error) {
	set, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	unix.SetNonblock(set, true) // or it does not come into Go's set
	l := &listener{sock: sock, end: end, file: os.NewFile(uintptr(set), "R")}
	l.tryWait = l.look
	l.set, err = l.file.SyscallConn()
	for _, fd := range []int{sock, end} {
		err = errors.Join(err, l.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN))
	}
	for _, fd := range pipes {
		err = errors.Join(err, l.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN|unix.EPOLLONESHOT))
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// wait returns when there is something to take, or when R has ended. With a rest it
// does not listen to the quiet pipe, and returns after the rest at the latest.
func (l *listener) wait(rest time.Duration, quiet int) (ended bool, err error) {
	if rest > 0 {
		l.file.SetReadDeadline(time.Now().Add(rest))
		defer l.file.SetReadDeadline(time.Time{})
	}
	left := l.heard[:0]
	for _, fd := range l.heard {
		if rest > 0 && int(fd) == quiet {
			left = append(left, fd)
			continue
		}
		err = errors.Join(err, l.control(unix.EPOLL_CTL_MOD, int(fd), unix.EPOLLIN|unix.EPOLLONESHOT))
	}
	l.heard = left
	l.n = 0
	if e := l.set.Read(l.tryWait); !errors.Is(e, os.ErrDeadlineExceeded) {
		err = errors.Join(err, e)
	}
	for _, ev := range l.events[:l.n] {
		switch {
		case ev.Fd == int32(l.end):
			ended = true
		case ev.Fd != int32(l.sock) && ev.Events&unix.EPOLLIN != 0: // else nobody can write to it any more
			l.heard = append(l.heard, ev.Fd)
		}
	}
	return ended, err
}

// look reports whether there is something to hear.
func (l *listener) look(set uintptr) bool {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, set,
		uintptr(unsafe.Pointer(&l.events)), uintptr(len(l.events)), 0, 0, 0)
	if errno != 0 {
		return false
	}
	l.n = int(n)
	return n > 0
}

// leaveSocket does not listen to the event socket any more.
func (l *listener) leaveSocket() { l.control(unix.EPOLL_CTL_DEL, l.sock, 0) }

func (l *listener) control(op, fd int, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: int32(fd)}
	var errno syscall.Errno
	err := l.set.Control(func(set uintptr) {
		_, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_CTL, set, uintptr(op), uintptr(fd),
			uintptr(unsafe.Pointer(&event)), 0, 0)
	})
	if errno != 0 {
		err = os.NewSyscallError("epoll_ctl", errno)
	}
	return err
}

func (l *listener) close() { l.file.Close() }

// receive reads from a socket what is there, or fails with EAGAIN.
func receive(sock int, b []byte) (int, error) {
	return result(unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(sock), uintptr(unsafe.Pointer(&b[0])),
		uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0))
}

// send writes to a socket what it takes, or fails with EAGAIN.
func send(sock int, b []byte) (int, error) {
	return result(unix.RawSyscall6(unix.SYS_SENDTO, uintptr(sock), uintptr(unsafe.Pointer(&b[0])),
		uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0))
}

// readPipe reads from a pipe what is there, or fails with EAGAIN.
func readPipe(fd int, b []byte) (int, error) {
	return result(unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))))
}

// unread returns how many bytes are in a pipe or socket.
func unread(fd int) int {
	var n int32
	if _, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCINQ, uintptr(unsafe.Pointer(&n))); errno != 0 {
		return 0
	}
	return int(n)
}

func result(n, _ uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
