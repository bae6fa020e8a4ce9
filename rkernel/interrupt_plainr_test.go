//go:build linux

package rkernel

import (
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkInterrupt interrupts each of interruptCells at random moments, here and
// in R at a terminal, in turn. It reports the time from the interrupt to the end of
// the cell, and from the signal until R at the terminal reads its next line: the
// median, and the latest. See docs/r.md.
func BenchmarkInterrupt(b *testing.B) {
	p, r := startR(b), startPlainR(b)
	runCell(b, p, warmInterrupts)
	r.run(warmInterrupts)
	random := rand.New(rand.NewPCG(1, 2))
	for _, cell := range interruptCells(listenSilently(b)) {
		b.Run(cell.name, func(b *testing.B) {
			var here, plain []time.Duration
			for range b.N {
				after := time.Duration(random.IntN(20_000)) * time.Microsecond
				here = append(here, cell.timeHere(b, p, after))
				runCell(b, p, "invisible()") // or a large .Last.value holds up R's collector
				if !cell.asks {
					plain = append(plain, cell.timeInPlainR(b, r, after))
				}
			}
			b.ReportMetric(0, "ns/op")
			reportTimes(b, here, "")
			reportTimes(b, plain, "-of-R")
		})
	}
}

// timeHere interrupts the cell after it has run for a while.
func (cell interruptCell) timeHere(b *testing.B, p *process, after time.Duration) time.Duration {
	c := cell.begin(b, p)
	time.Sleep(after)
	start := time.Now()
	cell.interrupt(c)
	if err := c.end(b); !isInterrupt(err) {
		b.Fatalf("ended by %v", err)
	}
	return time.Since(start)
}

// timeInPlainR is timeHere in R at a terminal. There an interrupt can be lost, as one
// that comes just before a shell starts a program: then it is repeated after a second.
func (cell interruptCell) timeInPlainR(b *testing.B, r *plainR, after time.Duration) time.Duration {
	// R reads the second line when the first one has ended.
	if _, err := io.WriteString(r.tty, "{ "+cell.code+" }\ncat('\\x01over\\x01\\n')\n"); err != nil {
		b.Fatal(err)
	}
	r.awaitGo(b)
	time.Sleep(after)
	start := time.Now()
	r.interrupt()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	over := make(chan struct{})
	defer close(over)
	go func() {
		for {
			select {
			case <-again.C:
				r.interrupt()
			case <-over:
				return
			}
		}
	}()
	r.out.until(b, "\x01over\x01")
	return time.Since(start)
}

// reportTimes reports the median and the longest.
func reportTimes(b *testing.B, took []time.Duration, of string) {
	if took == nil {
		return
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms"+of)
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "latest-ms"+of)
}

// awaitGo returns when R has printed "go" on one of its outputs, and forgets it.
func (r *plainR) awaitGo(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for ; time.Now().Before(deadline); time.Sleep(100 * time.Microsecond) {
		for _, w := range []*watched{r.out, r.err} {
			if w.forget("go") {
				return
			}
		}
	}
	t.Fatal("no go")
}

// forget forgets text up to mark, and says whether it was there.
func (w *watched) forget(mark string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, after, ok := strings.Cut(w.text.String(), mark)
	if ok {
		w.text.Reset()
		w.text.WriteString(after)
	}
	return ok
}
