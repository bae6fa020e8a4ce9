package kernel

import (
	"os"

	"golang.org/x/sys/unix"
)

// watchProcess returns a channel that is closed when process pid has ended. It
// waits for the event on a pidfd, which names the process and not its number.
func watchProcess(pid int) (dead <-chan struct{}, stop func(), err error) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return pollProcess(pid)
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	conn, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return nil, nil, errWatch(pid, err)
	}
	c := make(chan struct{})
	go func() {
		// A pidfd is readable when its process has ended. The first call of
		// the function comes before any event, hence the poll.
		err := conn.Read(func(fd uintptr) bool {
			p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			n, err := unix.Poll(p, 0)
			return n > 0 || err != nil && err != unix.EINTR
		})
		if err == nil {
			close(c)
		}
	}()
	return c, func() { f.Close() }, nil
}
