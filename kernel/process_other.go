//go:build unix && !linux

package kernel

// watchProcess returns a channel that is closed when process pid has ended.
func watchProcess(pid int) (dead <-chan struct{}, stop func(), err error) {
	return pollProcess(pid)
}
