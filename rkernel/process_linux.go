package rkernel

import (
	"os"

	"golang.org/x/sys/unix"
)

const sendFlags = unix.MSG_NOSIGNAL

// waitExited returns when the child has ended, and leaves it to be reaped.
func waitExited(pid int) error {
	return unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
}

// widenPipe lets a pipe hold 1 MiB, the most that every user may have, instead
// of 64 KiB, where the system allows it.
func widenPipe(f *os.File) {
	unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, 1<<20) // it works without
}
