package kernel_test

import (
	"encoding/json"
	"os"
	"testing"

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
			u.HostMemory.Total < u.KernelMemory || u.HostMemory.Percent <= 0 || u.HostMemory.Percent > 100 {
			t.Errorf("the kernel uses %+v", u)
		}
		c.ExpectIdle(r)
		c.ExpectBusy(cell)
	}
	close(l.stuck)
	done(c, cell, "ok")
}
