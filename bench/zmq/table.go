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
	results := make([][]result, len(columns))
	for range runs {
		for i, e := range columns {
			if !e.can(m) {
				continue
			}
			r, err := measure(e.name, e.of(*m))
			if err != nil {
				return false, fmt.Errorf("%s, %s: %w", e.name, m.title(), err)
			}
			results[i] = append(results[i], r)
		}
	}
	fmt.Fprintf(w, "| %s", m.title())
	speeds := make([]float64, len(columns))
	c := 0.0
	for i, e := range columns {
		var text string
		text, speeds[i] = m.cell(results[i])
		if e.name == "C libzmq" {
			c = speeds[i]
		}
		fmt.Fprintf(w, " | %s", text)
	}
	alloc := median(results[0], func(r result) float64 { return float64(r.Alloc) / float64(r.N) })
	speed := "-"
	if c > 0 {
		speed = fmt.Sprintf("%.2f", speeds[0]/c)
	}
	wanted, ok := m.judge(columns, speeds)
	fmt.Fprintf(w, " | %.0f | %s | %s |\n", alloc, speed, wanted)
	return ok, nil
}

// cell is what the table says of an engine, and its speed in messages or round
// trips a second, 0 where it was not measured.
func (m *measurement) cell(rs []result) (text string, speed float64) {
	if len(rs) == 0 {
		return "-", 0
	}
	cpu := median(rs, func(r result) float64 { return float64(r.CPU) / float64(r.N) / 1e3 })
	if m.What == "echo" {
		took := median(rs, func(r result) float64 { return float64(r.Took) })
		return fmt.Sprintf("%.1f (%.1f)", took/1e3, cpu), 1e9 / took
	}
	took := median(rs, func(r result) float64 { return float64(r.Took) / float64(r.N-1) })
	return fmt.Sprintf("%.4g (%.2f)", 1e6/took, cpu), 1e9 / took
}

// median is that of what of says of each run. There is at least one.
func median(rs []result, of func(result) float64) float64 {
	if len(rs) == 0 {
		return 0
	}
	var all []float64
	for _, r := range rs {
		all = append(all, of(r))
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
