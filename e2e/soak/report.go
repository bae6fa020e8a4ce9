package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// report prints a line of figures for each kernel, again and again.
func report(ctx context.Context, kernels []*tub, every time.Duration) {
	fmt.Println("minute\tkernel\trequests\tinterrupted\tjoined\trestarts\tprocesses: RSS MiB, descriptors, threads\tgoroutines\theap MiB")
	for began := time.Now(); ; {
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return
		}
		for _, k := range kernels {
			// Between two rounds of all clients: nothing is under way.
			k.gate.Lock()
			fmt.Printf("%.0f\t%s\t%d\t%d\t%d\t%d\t%s\n", time.Since(began).Minutes(), k.name, k.requests.Load(),
				k.interrupted.Load(), k.joined.Load(), k.restarted.Load(), k.figures())
			k.gate.Unlock()
		}
	}
}

// figures says what the processes of the kernel hold.
func (k *tub) figures() string {
	var all []string
	for _, pid := range k.kernel.pids() {
		all = append(all, process(strconv.Itoa(pid)))
	}
	if len(all) > 0 {
		return strings.Join(all, "; ")
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("%s\t%d\t%.1f", process("self"), runtime.NumGoroutine(), float64(m.HeapAlloc)/(1<<20))
}

// process says what one process holds.
func process(pid string) string {
	dir := filepath.Join("/proc", pid)
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return pid + " has ended"
	}
	values := map[string]string{}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		values[name] = strings.TrimSpace(value)
	}
	kib, _ := strconv.ParseFloat(strings.TrimSuffix(values["VmRSS"], " kB"), 64)
	descriptors, _ := os.ReadDir(filepath.Join(dir, "fd"))
	return fmt.Sprintf("%s %.1f, %d, %s", values["Name"], kib/1024, len(descriptors), values["Threads"])
}
