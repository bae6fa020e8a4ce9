package rkernel

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const sendFlags = unix.MSG_NOSIGNAL

// widenPipe lets a pipe hold 1 MiB, the most that every user may have, instead
// of 64 KiB, where the system allows it.
func widenPipe(fd int) {
	unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, 1<<20) // it works without
}

// interruptGroups interrupts the children of R that lead a process group of
// their own in R's session, as the programs of pipe() do from R 4.6 on: R waits
// for them, and its interrupt does not reach them.
func interruptGroups(r int) {
	session, err := unix.Getsid(r)
	if err != nil {
		return
	}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", r, r))
	for _, word := range strings.Fields(string(children)) {
		child, err := strconv.Atoi(word)
		if err != nil {
			continue
		}
		group, err := unix.Getpgid(child)
		if sid, err2 := unix.Getsid(child); err == nil && err2 == nil && group == child && sid == session {
			unix.Kill(-child, unix.SIGINT)
		}
	}
}
