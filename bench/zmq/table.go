package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
)

// table measures and prints all rows, and reports whether all wishes are
// fulfilled. The last two columns say how many times as fast as C libzmq zmq
// is, and what is wanted.
func table(w io.Writer, runs int, scale float64, only string, skip []string) (ok bool, err error) {
	var columns []engine
	fmt.Fprintf(w, "%d CPUs, medians of %d alternating runs. Round trips in us, the rest in 1,000 messages a second; in brackets us of CPU per message. Speed: how many times as fast as C libzmq zmq is.\n\n|", runtime.NumCPU(), runs)
	for _, e := range engines {
		if !slices.Contains(skip, e.name) {
			columns = append(columns, e)
			fmt.Fprintf(w, " | %s", e.name)
		}
	}
	fmt.Fprintf(w, " | octets allocated by zmq | speed | wanted |\n|---%s|---|---|---|\n", strings.Repeat("|---", len(columns)))
	ok = true
	for _, m := range rows(scale) {
		if !strings.Contains(m.title(), only) {
			continue
		}
		holds, err := m.row(w, runs, columns)
		if err != nil {
			return false, err
		}
		ok = ok && holds
	}
	if strings.Contains(idleTitle, only) {
		holds, err := idleRow(w, columns)
		if err != nil {
			return false, err
		}
		ok = ok && holds
	}
	return ok, nil
}

// row measures and prints one row.
func (m *measurement) row(w io.Writer, runs int, columns []engine) (ok bool, err error) {
	results, err := m.results(runs, columns)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(w, "| %s", m.title())
	speeds := make([]float64, len(columns))
	speed := "-"
	for i, e := range columns {
		speeds[i] = m.speedOver(results[0], results[i])
		if e.name == "C libzmq" {
			speed = fmt.Sprintf("%.2f", speeds[i])
		}
		fmt.Fprintf(w, " | %s", m.cell(results[i]))
	}
	alloc := median(results[0], func(r result) float64 { return float64(r.Alloc) / float64(r.N) })
	wanted, ok := m.judge(columns, speeds)
	fmt.Fprintf(w, " | %.0f | %s | %s |\n", alloc, speed, wanted)
	return ok, nil
}

// results are those of each engine, one of each run, none if it cannot.
func (m *measurement) results(runs int, columns []engine) ([][]result, error) {
	results := make([][]result, len(columns))
	for range runs {
		run := inTurns
		if m.What != "echo" {
			run = inOrder
		}
		rs, err := run(columns, *m)
		if err != nil {
			return nil, fmt.Errorf("%s, %w", m.title(), err)
		}
		for i, r := range rs {
			if r != nil {
				results[i] = append(results[i], *r)
			}
		}
	}
	return results, nil
}

// each is the time of one message, in ns, or the median of the round trips.
func (m *measurement) each(r result) float64 {
	if m.What == "echo" {
		return float64(r.Took)
	}
	return float64(r.Took) / float64(r.N-1)
}

// speedOver is how many times as fast as the others rs are: the median of what
// each pair of runs, made one after the other, says. It is 0 without others.
func (m *measurement) speedOver(rs, others []result) float64 {
	var all []float64
	for i, o := range others {
		all = append(all, m.each(o)/m.each(rs[i]))
	}
	return middle(all)
}

// cell is what the table says of an engine.
func (m *measurement) cell(rs []result) string {
	if len(rs) == 0 {
		return "-"
	}
	cpu := median(rs, func(r result) float64 { return float64(r.CPU) / float64(r.N) / 1e3 })
	took := median(rs, m.each)
	if m.What == "echo" {
		return fmt.Sprintf("%.1f (%.1f)", took/1e3, cpu)
	}
	return fmt.Sprintf("%.4g (%.2f)", 1e6/took, cpu)
}

// median is that of what of says of each run.
func median(rs []result, of func(result) float64) float64 {
	var all []float64
	for _, r := range rs {
		all = append(all, of(r))
	}
	return middle(all)
}

// middle is the median, 0 of nothing.
func middle(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

const idleTitle = "idle for 10 s, ticks of CPU"

// idleRow measures and prints what sockets with nothing to do cost.
func idleRow(w io.Writer, columns []engine) (ok bool, err error) {
	ticks, err := idleTicks(columns)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(w, "| %s", idleTitle)
	for i, e := range columns {
		if e.name == "raw" {
			fmt.Fprint(w, " | -")
			continue
		}
		fmt.Fprintf(w, " | %d", ticks[i])
	}
	mark := "✓"
	if ticks[0] > 0 {
		mark = "✗"
	}
	fmt.Fprintf(w, " | - | - | %s 0 |\n", mark)
	return ticks[0] == 0, nil
}
