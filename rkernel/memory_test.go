//go:build linux

package rkernel

import (
	"fmt"
	"os"
	"strings"
	"testing"
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
