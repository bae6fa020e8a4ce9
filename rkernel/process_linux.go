package rkernel

import "golang.org/x/sys/unix"

const sendFlags = unix.MSG_NOSIGNAL

// waitExited returns when the child has ended, and leaves it to be reaped.
func waitExited(pid int) error {
	return unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
}
