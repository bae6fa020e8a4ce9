package kernel

import "os"

// processExists reports whether there is a process pid.
func processExists(pid int) bool {
	p, err := os.FindProcess(pid)
	if err == nil {
		p.Release()
	}
	return err == nil
}

// watchProcess returns a channel that is closed when process pid has ended.
func watchProcess(pid int) (dead <-chan struct{}, stop func(), err error) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil, nil, errWatch(pid, err)
	}
	c := make(chan struct{})
	go func() {
		p.Wait()
		close(c)
	}()
	return c, func() {}, nil
}
