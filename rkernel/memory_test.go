//go:build linux

package rkernel

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// dirty returns the memory that is a process's own, in KiB.
func dirty(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "Private_Dirty:")
	var kib int
	if _, err := fmt.Sscan(after, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}

// R by itself grows by 10 MB in its first 1,000 cells.
func TestManyCellsGrowRByLittle(t *testing.T) {
	p := startR(t)
	cells := []string{"1", "x <- 1 + 1", "mean(c(1, 2, 3))", "f <- function(x) x + 1; f(2)"}
	run := func(n int) {
		for i := range n {
			runCell(t, p, cells[i%len(cells)])
		}
	}
	run(10)
	before := dirty(t, p.pid)
	run(1000)
	if grown := dirty(t, p.pid) - before; grown > 5<<10 {
		t.Errorf("R has grown by %d KiB", grown)
	}
}

// What the kernel says that it uses is what R uses: nobody asks for the rest.
func TestUsageIsThatOfR(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	usage := func() (u jupyter.UsageReply) {
		r := c.Request(jupyter.Control, &jupyter.UsageRequest{})
		c.ExpectBusy(r)
		if err := json.Unmarshal(c.ExpectReply(r).Content, &u); err != nil {
			t.Fatal(err)
		}
		c.ExpectIdle(r)
		return u
	}
	execute(c, 1, "before <- 1")
	start := time.Now()
	before := usage()
	execute(c, 2, "x <- rep(1, 4e7)\nended <- proc.time()[[1]] + 0.5; while (proc.time()[[1]] < ended) {}")
	after := usage()
	if grown := int64(after.KernelMemory - before.KernelMemory); grown < 250<<20 {
		t.Errorf("with 320 MB more in R, the kernel has %d MiB more", grown>>20)
	}
	if used := after.KernelCPU / 100 * time.Since(start).Seconds(); before.KernelCPU != 0 || used < 0.48 {
		t.Errorf("R has worked for 0.5 s, the kernel for %.2f s, and for %g %% before it was asked", used, before.KernelCPU)
	}
}
