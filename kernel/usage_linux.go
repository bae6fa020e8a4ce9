package kernel

import (
	"math"
	"time"

	"github.com/prometheus/procfs"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A usage finds out what the kernel uses of its machine, from one request to the
// next.
type usage struct {
	at    time.Time           // of the last request
	procs map[process]float64 // the processor time that each had used, in seconds
	host  procfs.CPUStat
}

// A process is one of the system's; its number can be another's later.
type process struct {
	pid     int
	started uint64 // ticks after the system
}

// measure adds what the system says. A process that has just ended counts nothing.
func (u *usage) measure(r *jupyter.UsageReply) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return
	}
	u.kernel(fs, r)
	u.machine(fs, r)
}

// kernel measures the kernel's process and all that descend from it.
func (u *usage) kernel(fs procfs.FS, r *jupyter.UsageReply) {
	last, elapsed := u.procs, time.Since(u.at).Seconds()
	u.at, u.procs = time.Now(), map[process]float64{}
	var used float64
	for _, stat := range family(fs, r.PID) {
		p, seconds := process{stat.PID, stat.Starttime}, stat.CPUTime()
		u.procs[p] = seconds
		used += seconds - last[p]
		r.KernelMemory += memory(fs, stat)
	}
	if last != nil {
		r.KernelCPU = percent(used, elapsed)
	}
}

// family returns process pid and all that descend from it.
func family(fs procfs.FS, pid int) (all []procfs.ProcStat) {
	procs, _ := fs.AllProcs()
	children := map[int][]procfs.ProcStat{} // by the number of their parent
	for _, p := range procs {
		stat, err := p.Stat()
		if err != nil {
			continue
		}
		if p.PID == pid {
			all = append(all, stat)
		}
		children[stat.PPID] = append(children[stat.PPID], stat)
	}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i].PID]...)
	}
	return all
}

// memory returns the memory of a process in octets: its proportional set size, in
// which a page that n processes share counts for one n-th, or where that cannot be
// read its resident set size.
func memory(fs procfs.FS, stat procfs.ProcStat) uint64 {
	if p, err := fs.Proc(stat.PID); err == nil {
		if m, err := p.ProcSMapsRollup(); err == nil {
			return m.Pss
		}
	}
	return uint64(stat.ResidentMemory())
}

// machine measures the machine.
func (u *usage) machine(fs procfs.FS, r *jupyter.UsageReply) {
	if stat, err := fs.Stat(); err == nil {
		r.HostCPUPercent = busyPercent(u.host, stat.CPUTotal)
		u.host = stat.CPUTotal
	}
	m, err := fs.Meminfo()
	if err != nil {
		return
	}
	r.HostMemory = jupyter.VirtualMemory{
		Total: octets(m.MemTotalBytes), Available: octets(m.MemAvailableBytes), Free: octets(m.MemFreeBytes),
		Active: octets(m.ActiveBytes), Inactive: octets(m.InactiveBytes),
	}
	if v := &r.HostMemory; v.Total > 0 {
		v.Used = v.Total - v.Available
		v.Percent = percent(float64(v.Used), float64(v.Total))
	}
}

// busyPercent returns how much of the time between a and b, the first of which may be
// none, the processors were busy.
func busyPercent(a, b procfs.CPUStat) float64 {
	if a == (procfs.CPUStat{}) {
		return 0
	}
	// Guest time is part of user time.
	idle := b.Idle - a.Idle + b.Iowait - a.Iowait
	busy := b.User - a.User + b.Nice - a.Nice + b.System - a.System + b.IRQ - a.IRQ +
		b.SoftIRQ - a.SoftIRQ + b.Steal - a.Steal
	if idle+busy <= 0 {
		return 0
	}
	return percent(busy, idle+busy)
}

// percent returns how much of b is a, to a tenth: front ends show it as it comes.
func percent(a, b float64) float64 { return math.Round(1000*a/b) / 10 }

// octets returns what meminfo says, or 0 if it does not.
func octets(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}
