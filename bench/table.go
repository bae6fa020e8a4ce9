package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A row is one quantity of the table, and what is wanted of it, besides being
// the best.
type row struct {
	name    string
	unit    unit
	maximum float64                                       // of ours, in milliseconds or MiB; 0 for no wish
	ratio   float64                                       // of ours to IRkernel's; 0 for no wish
	limit   func(ref *sample) (text string, most float64) // of ours; nil for no wish
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
	printsRow    = "20,000 prints, to idle"
	outputRow    = "50 MB of output, to idle"
	linesRow     = "a cell of 20,000 lines, to idle"
	loopRow      = "interrupt to idle: while (TRUE) {}"
	sleepRow     = "interrupt to idle: Sys.sleep(60)"
	waitRow      = "interrupt to idle: a waiting readline"
	pssRow       = "memory of kernel and R after a cell, PSS"
	rssRow       = "the same, sum of RSS"
	manyCellsRow = "memory after 5,000 more cells, PSS"
	growthRow    = "growth of PSS by these cells"

	// A reference.
	echoRow = "the cell `1` in the echo kernel"
)

var rows = []row{
	{name: startRow, unit: milliseconds, ratio: 0.6},
	{name: firstCellRow, unit: milliseconds, limit: afterPlainStart},
	{name: cellRow, unit: milliseconds, ratio: 0.15, limit: ofEchoAndValue},
	{name: promptRow, unit: milliseconds, ratio: 0.2},
	{name: nextRow, unit: milliseconds, ratio: 0.2},
	{name: printsRow, unit: milliseconds, ratio: 0.15},
	{name: outputRow, unit: milliseconds},
	{name: linesRow, unit: milliseconds},
	{name: loopRow, unit: milliseconds, maximum: 30},
	{name: sleepRow, unit: milliseconds, maximum: 30},
	{name: waitRow, unit: milliseconds, maximum: 30},
	{name: pssRow, unit: mebibytes, ratio: 1.1},
	{name: rssRow, unit: mebibytes},
	{name: manyCellsRow, unit: mebibytes},
	{name: growthRow, unit: mebibytes, maximum: 5},
}

func afterPlainStart(ref *sample) (string, float64) {
	start, _ := ref.median(firstCellRow) // where it was not measured, the wish is missed
	return "R's own + 80 ms", start + 80
}

func ofEchoAndValue(ref *sample) (string, float64) {
	echo, _ := ref.median(echoRow)
	value, _ := ref.median(cellRow)
	return "1.5 (echo + plain R)", 1.5 * (echo + value)
}

// asked returns the rows that n measures.
func asked(n counts) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		return !slices.ContainsFunc(measurements, func(m measurement) bool {
			return m.asked(n) && slices.Contains(m.rows, r.name)
		})
	})
}

// printTable prints the rows and reports whether all that is wanted is there.
// The first sample is ours.
func printTable(w io.Writer, rows []row, ref *sample, samples []*sample) (ok bool) {
	ok = true
	fmt.Fprintf(w, "%-42s", "")
	for _, s := range slices.Concat(samples, []*sample{ref}) {
		fmt.Fprintf(w, "%10s", s.spec.Name)
	}
	fmt.Fprintf(w, "%8s   %s\n", "ratio", "wanted")
	for _, r := range rows {
		fmt.Fprintf(w, "%-42s", r.name)
		for _, s := range samples {
			fmt.Fprintf(w, "%10s", r.cell(s))
		}
		plain := r.cell(ref)
		if plain == never {
			plain = ""
		}
		wanted, met := r.judge(ref, samples)
		ok = ok && met
		fmt.Fprintf(w, "%10s%8s   %s\n", plain, ratio(r.name, samples), wanted)
	}
	fmt.Fprintln(w)
	if v, there := ref.median(echoRow); there {
		fmt.Fprintf(w, "%-42s%10s\n\n", echoRow, row{unit: milliseconds}.format(v))
	}
	printFlaws(w, slices.Concat(samples, []*sample{ref}))
	fmt.Fprintln(w, "The ratio is to IRkernel. Besides what stands there, the best of each row is wanted.")
	fmt.Fprintln(w, "Plain R reads code from a pipe and writes to one: `R --no-echo`; its start is that of `R --no-save --no-echo -e 0`.")
	fmt.Fprintln(w, "PSS is the proportional set size: pages that the two processes share count once.")
	return ok
}

func printFlaws(w io.Writer, samples []*sample) {
	for _, s := range samples {
		for _, r := range rows {
			what := strings.TrimPrefix(r.name, "interrupt to idle: ")
			if lost := s.lost[r.name]; lost > 0 {
				fmt.Fprintf(w, "%s did not end within %v of an interrupt %d times (%s).\n",
					s.spec.Name, interruptLimit, lost, what)
			}
			if flaw := s.flaws[r.name]; flaw != "" {
				fmt.Fprintf(w, "%s: %s: %s.\n", s.spec.Name, what, flaw)
			}
		}
	}
}

const never = "never"

// cell is what the table says of a sample.
func (r row) cell(s *sample) string {
	if limit := s.over[r.name]; limit > 0 {
		return fmt.Sprintf("> %.0f s", limit.Seconds())
	}
	if v, ok := s.median(r.name); ok {
		return r.format(v)
	}
	return never
}

func (r row) format(v float64) string {
	switch {
	case r.unit == milliseconds && v >= 10000:
		return fmt.Sprintf("%.1f s", v/1000)
	case r.unit == milliseconds && v < 10:
		return fmt.Sprintf("%.2f %s", v, r.unit)
	}
	return fmt.Sprintf("%.1f %s", v, r.unit)
}

// ratio is ours to IRkernel's, as far as it is known.
func ratio(name string, samples []*sample) string {
	peer := named(samples, "IRkernel")
	if peer == nil {
		return ""
	}
	a, aok := samples[0].median(name)
	b, bok := peer.median(name)
	less := ""
	if limit := peer.over[name]; limit > 0 {
		b, bok, less = float64(limit)/float64(time.Millisecond), true, "< "
	}
	if !aok || !bok || b <= 0 || a < 0 {
		return ""
	}
	return less + fmt.Sprintf("%.2f", a/b)
}

func named(samples []*sample, name string) *sample {
	for _, s := range samples {
		if s.spec.Name == name {
			return s
		}
	}
	return nil
}

// judge says what is wanted of a row and whether it is there.
func (r row) judge(ref *sample, samples []*sample) (text string, met bool) {
	ours := samples[0]
	a, met := ours.median(r.name)
	met = met && ours.lost[r.name] == 0 && ours.over[r.name] == 0 && ours.flaws[r.name] == ""
	var wishes []string
	if peer := named(samples, "IRkernel"); peer != nil && r.ratio > 0 {
		b, ok := peer.median(r.name)
		wishes = append(wishes, fmt.Sprintf("ratio ≤ %.2f", r.ratio))
		met = met && (!ok || a <= r.ratio*b)
	}
	if r.maximum > 0 {
		wishes = append(wishes, fmt.Sprintf("≤ %.0f %s", r.maximum, r.unit))
		met = met && a <= r.maximum
	}
	if r.limit != nil {
		text, most := r.limit(ref)
		wishes = append(wishes, fmt.Sprintf("≤ %s = %s", text, r.format(most)))
		met = met && a <= most
	}
	for _, s := range samples[1:] {
		// A peer that loses some of it is no measure.
		if b, ok := s.median(r.name); ok && s.flaws[r.name] == "" && a > b {
			wishes, met = append(wishes, "better than "+s.spec.Name), false
		}
	}
	text = strings.Join(wishes, ", ")
	switch {
	case !met:
		return "✗ " + text, false
	case text == "":
		return "✓ best", true
	}
	return "✓ " + text, true
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
