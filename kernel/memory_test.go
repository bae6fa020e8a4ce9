//go:build linux && !race

package kernel_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// TestK7SlowClientMemory prints 1 GiB while one subscriber reads nothing: the
// memory of the kernel stays within a bound, others are served, and when that one
// is cut off they get the rest. The kernel has a process of its own: what the
// tests hold would count, and twice, as garbage may grow to what is held.
func TestK7SlowClientMemory(t *testing.T) {
	const lines = 1_073_742 // of a thousand bytes
	const bound = 64 << 20
	file := writeConnection(t)
	cmd := kernelCommand(file)
	// The limit has garbage collected before it counts.
	cmd.Env = append(cmd.Env, stallTimeout+"=3s", "GOMEMLIMIT=32MiB")
	must(t, cmd.Start())
	c := attach(t, file)
	dead, err := zmq.NewSocket(zmq.Sub, &zmq.Config{RecvQueue: 1})
	must(t, err)
	defer dead.Close()
	must(t, dead.Subscribe(nil))
	must(t, dead.Connect(c.Kernel.Info.Endpoint(jupyter.IOPub)))
	<-dead.Recv() // the welcome; after it, nothing is read
	reader := subscribe(t, c.Kernel)
	var read atomic.Int64
	ended := make(chan struct{})
	all := make(chan struct{})
	go func() {
		defer close(ended)
		for m := range reader.Recv() {
			n := int64(0)
			for _, f := range m.Frames {
				n += int64(len(f))
			}
			m.Recycle()
			if sum := read.Add(n); sum >= 1000*lines && sum-n < 1000*lines {
				close(all)
			}
		}
	}()

	c.Discard()
	before := peak(t, cmd.Process.Pid)
	c.Execute(fmt.Sprint("wide ", lines))
	select {
	case <-all:
	case <-time.After(90 * time.Second):
		t.Fatalf("%d bytes came", read.Load())
	}
	most := peak(t, cmd.Process.Pid)
	if most > before+bound {
		t.Errorf("the kernel grew from %d to %d MiB", before>>20, most>>20)
	}
	t.Logf("the kernel: %d MiB before, at most %d MiB", before>>20, most>>20)
	must(t, reader.Close())
	<-ended
	shutdown(c, false)
	must(t, cmd.Wait())
}

// peak returns the most memory that a process has had so far, in bytes.
func peak(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	for line := range strings.Lines(string(status)) {
		if size, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(size), " kB"))
			must(t, err)
			return kib << 10
		}
	}
	t.Fatalf("there is no VmHWM in %s", status)
	return 0
}
