package kernel_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// What the kernel uses is told while the language is stuck, and does not make the
// kernel look idle to those who ask every few seconds.
func TestK1UsageDoesNotWaitForTheLanguage(t *testing.T) { run(t, testK1Usage) }

func testK1Usage(t *testing.T, opt *kerneltest.Options) {
	l := newScript()
	c := kerneltest.Start(t, l, opt)
	cell := c.Execute("stuck")
	c.ExpectStart(cell, 1)
	for range 2 {
		r := c.Request(jupyter.Control, &jupyter.UsageRequest{})
		c.ExpectBusy(r)
		var u jupyter.UsageReply
		if err := json.Unmarshal(c.ExpectReply(r).Content, &u); err != nil {
			t.Fatal(err)
		}
		if u.PID != os.Getpid() || u.Hostname == "" || u.CPUCount == 0 || u.KernelMemory < 1<<20 ||
			u.HostMemory.Total < u.KernelMemory || u.HostMemory.Percent <= 0 || u.HostMemory.Percent > 100 ||
			u.HostMemory.Free == 0 || u.HostMemory.Available < u.HostMemory.Free/2 || u.HostMemory.Available > u.HostMemory.Total {
			t.Errorf("the kernel uses %+v", u)
		}
		c.ExpectIdle(r)
		c.ExpectBusy(cell)
	}
	close(l.stuck)
	done(c, cell, "ok")
}

// What a language has started, and what that has started, counts.
func TestUsageIsThatOfAFamily(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	memory := func() uint64 {
		r := c.Request(jupyter.Control, &jupyter.UsageRequest{})
		c.ExpectBusy(r)
		var u jupyter.UsageReply
		must(t, json.Unmarshal(c.ExpectReply(r).Content, &u))
		c.ExpectIdle(r)
		return u.KernelMemory
	}
	before := memory()
	// tail keeps a line without an end. It ends with its input.
	const size = 200 << 20
	cmd := exec.Command("sh", "-c", fmt.Sprintf("(head -c %d /dev/zero; cat) | tail -n 1 >/dev/null", size))
	stdin, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	for deadline := time.Now().Add(time.Minute); memory() < before+size*3/4; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d octets before a grandchild took %d, and %d after", before, size, memory())
			break
		}
	}
	must(t, stdin.Close())
	must(t, cmd.Wait())
}
