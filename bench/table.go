package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A row is one quantity of the table, and what is wanted of it.
type row struct {
	name    string
	unit    unit
	maximum float64 // of ours, in milliseconds or MiB; 0 for no wish
	ratio   float64 // of ours to the peer's; 0 for no wish
}

type unit string

const (
	milliseconds unit = "ms"
	mebibytes    unit = "MiB"
)

// The rows, in the order of the table. The names are the keys of sample.values.
const (
	startRow     = "process start to kernel_info_reply"
	firstCellRow = "process start to the first cell's value"
	cellRow      = "the cell `1`, to reply and idle"
	promptRow    = "a cell with one readline, answered"
	nextRow      = "one more readline in the same cell"
	loopRow      = "interrupt to idle: while (TRUE) {}"
	sleepRow     = "interrupt to idle: Sys.sleep(60)"
	waitRow      = "interrupt to idle: a waiting readline"
	pssRow       = "memory of kernel and R, PSS"
	rssRow       = "memory of kernel and R, sum of RSS"
)

var rows = []row{
	{name: startRow, unit: milliseconds, ratio: 0.6},
	{name: firstCellRow, unit: milliseconds},
	{name: cellRow, unit: milliseconds, ratio: 0.15},
	{name: promptRow, unit: milliseconds, ratio: 0.2},
	{name: nextRow, unit: milliseconds, ratio: 0.2},
	{name: loopRow, unit: milliseconds, maximum: 30},
	{name: sleepRow, unit: milliseconds, maximum: 30},
	{name: waitRow, unit: milliseconds, maximum: 30},
	{name: pssRow, unit: mebibytes, ratio: 1.1},
	{name: rssRow, unit: mebibytes},
}

// printTable prints every row and reports whether all that is wanted is there.
func printTable(w io.Writer, ours, peer *sample) (ok bool) {
	ok = true
	fmt.Fprintf(w, "%-42s%12s%12s%8s   %s\n", "", ours.spec.Name, "IRkernel", "ratio", "wanted")
	for _, r := range rows {
		a, aok := ours.median(r.name)
		b, bok := peer.median(r.name)
		wanted, met := r.judge(a, b, aok && ours.lost[r.name] == 0, bok)
		ok = ok && met
		fmt.Fprintf(w, "%-42s%12s%12s%8s   %s\n", r.name,
			r.cell(a, aok), r.cell(b, bok), ratio(a, b, aok && bok), wanted)
	}
	fmt.Fprintln(w)
	for _, s := range []*sample{ours, peer} {
		for _, name := range []string{loopRow, sleepRow, waitRow} {
			if lost := s.lost[name]; lost > 0 {
				fmt.Fprintf(w, "%s did not end within %v of an interrupt %d times (%s).\n",
					s.spec.Name, interruptLimit, lost, strings.TrimPrefix(name, "interrupt to idle: "))
			}
		}
	}
	fmt.Fprintln(w, "PSS is the proportional set size: pages that the two processes share count once.")
	return ok
}

func (r row) cell(v float64, ok bool) string {
	if !ok {
		return "never"
	}
	if r.unit == milliseconds && v < 10 {
		return fmt.Sprintf("%.2f %s", v, r.unit)
	}
	return fmt.Sprintf("%.1f %s", v, r.unit)
}

func ratio(a, b float64, ok bool) string {
	if !ok || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}

// judge says what is wanted of a row and whether it is there.
func (r row) judge(a, b float64, aok, bok bool) (text string, met bool) {
	switch {
	case r.ratio > 0:
		text, met = fmt.Sprintf("ratio ≤ %.2f", r.ratio), aok && (!bok || a <= r.ratio*b)
	case r.maximum > 0:
		text, met = fmt.Sprintf("≤ %.0f %s", r.maximum, r.unit), aok && a <= r.maximum
	default:
		return "", true
	}
	if met {
		return "✓ " + text, met
	}
	return "✗ " + text, met
}

// median returns the median of all values of a row.
func (s *sample) median(name string) (float64, bool) {
	values := slices.Sorted(slices.Values(s.values[name]))
	if len(values) == 0 {
		return 0, false
	}
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2, true
	}
	return values[middle], true
}

func (s *sample) add(name string, v float64) { s.values[name] = append(s.values[name], v) }

func (s *sample) addTime(name string, d time.Duration) {
	s.add(name, float64(d)/float64(time.Millisecond))
}
