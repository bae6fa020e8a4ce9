package child

import "golang.org/x/sys/unix"

func waitExited(pid int) error {
	const pPID = 1
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, pPID, uintptr(pid), 0,
		unix.WEXITED|unix.WNOWAIT, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
