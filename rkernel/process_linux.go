package rkernel

import "golang.org/x/sys/unix"

const sendFlags = unix.MSG_NOSIGNAL

// widenPipe lets a pipe hold 1 MiB, the most that every user may have, instead
// of 64 KiB, where the system allows it.
func widenPipe(fd int) {
	unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, 1<<20) // it works without
}
