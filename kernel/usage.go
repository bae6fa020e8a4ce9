package kernel

import (
	"os"
	"runtime"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// reply says what the kernel uses of its machine. What cannot be found out is 0.
func (u *usage) reply() *jupyter.UsageReply {
	r := &jupyter.UsageReply{Status: jupyter.StatusOK, PID: os.Getpid(), CPUCount: runtime.NumCPU()}
	r.Hostname, _ = os.Hostname()
	u.measure(r)
	return r
}
