//go:build linux || darwin

package rkernel

import (
	"context"
	"strings"
	"testing"
)

func benchmarkCell(b *testing.B, code string, answers ...string) {
	p := startR(b)
	runCell(b, p, "1")
	for b.Loop() {
		if got := runCell(b, p, code, answers...); len(got) == 0 {
			b.Fatal("no output")
		}
	}
}

func BenchmarkCell(b *testing.B)        { benchmarkCell(b, "1") }
func BenchmarkCellCall(b *testing.B)    { benchmarkCell(b, "1 + 1") }
func BenchmarkDataFrame(b *testing.B)   { benchmarkCell(b, "data.frame(x = 1:3)") }
func BenchmarkReadline(b *testing.B)    { benchmarkCell(b, "readline('? ')", "x") }
func BenchmarkError(b *testing.B)       { benchmarkCell(b, "stop('x')") }
func BenchmarkPrints20000(b *testing.B) { benchmarkCell(b, "for (i in 1:20000) print(i)") }
func BenchmarkMessages1000(b *testing.B) {
	benchmarkCell(b, "for (i in 1:1000) { cat('o\\n'); message('e') }")
}
func BenchmarkOutput50MB(b *testing.B) {
	benchmarkCell(b, "x <- strrep('0123456789', 1e4); for (i in 1:500) cat(x)")
}

func BenchmarkLines2000(b *testing.B) { benchmarkCell(b, strings.Repeat("x <- 1\n", 2000)+"x") }

// BenchmarkStart is the time from the start of the process to the first result.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		p := startR(b)
		runCell(b, p, "1")
		b.StopTimer()
		p.shutdown(context.Background())
		b.StartTimer()
	}
}
