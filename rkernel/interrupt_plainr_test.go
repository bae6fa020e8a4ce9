//go:build linux

package rkernel

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// BenchmarkInterruptOfPlainR is BenchmarkInterrupt for R at a terminal: the time
// from the signal until R reads its next line.
func BenchmarkInterruptOfPlainR(b *testing.B) {
	r := startPlainR(b)
	r.run(warmInterrupts)
	random := rand.New(rand.NewPCG(1, 2))
	for _, cell := range interruptCells(listenSilently(b)) {
		if cell.asks {
			continue
		}
		b.Run(cell.name, func(b *testing.B) {
			var took []time.Duration
			for range b.N {
				// R reads the second line when the first one has ended.
				if _, err := io.WriteString(r.tty, "{ "+cell.code+" }\ncat('\\x01over\\x01\\n')\n"); err != nil {
					b.Fatal(err)
				}
				r.awaitGo(b)
				time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
				start := time.Now()
				r.interrupt()
				r.out.until(b, "\x01over\x01")
				took = append(took, time.Since(start))
			}
			reportTimes(b, took)
		})
	}
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
