package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// filled returns a sample with one value in every row.
func filled(name string, value float64) *sample {
	s := newSample(&jupyter.KernelSpec{Name: name})
	for _, r := range rows {
		s.add(r.name, value)
	}
	return s
}

func TestMedian(t *testing.T) {
	s := newSample(nil)
	if _, ok := s.median("none"); ok {
		t.Error("a median of no values")
	}
	for _, v := range []float64{9, 1, 5} {
		s.add("odd", v)
	}
	for _, v := range []float64{9, 1, 5, 6} {
		s.add("even", v)
	}
	for name, want := range map[string]float64{"odd": 5, "even": 5.5} {
		if got, ok := s.median(name); !ok || got != want {
			t.Errorf("median(%s) = %v, %v, want %v", name, got, ok, want)
		}
	}
}

func TestTableSaysWhatIsMissed(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(ours, peer, third, ref *sample)
		ok     bool
		want   string
	}{
		{"all met", func(_, _, _, _ *sample) {}, true, "✓ ratio ≤ 0.15"},
		{"too slow", func(ours, _, _, _ *sample) { ours.values[cellRow] = []float64{16} }, false, "✗ ratio ≤ 0.15"},
		{"not measured", func(ours, _, _, _ *sample) { ours.values[loopRow] = nil }, false, "never"},
		{"one interrupt lost", func(ours, _, _, _ *sample) { ours.lost[waitRow] = 1 }, false, "did not end"},
		{"the peer's lost ones do not matter", func(_, peer, _, _ *sample) { peer.lost[waitRow] = 1 }, true, "did not end"},
		{"output lost", func(ours, _, _, _ *sample) { ours.flaws[outputRow] = "lost 1 of 2 bytes" }, false, "lost 1 of 2 bytes"},
		{"never done", func(ours, _, _, _ *sample) {
			ours.values[linesRow], ours.over[linesRow] = nil, time.Minute
		}, false, "> 60 s"},
		{"the peer is not done in time", func(_, peer, _, _ *sample) {
			peer.values[printsRow], peer.over[printsRow] = nil, time.Minute
		}, true, "< 0.00"},
		{"another is better", func(_, _, third, _ *sample) { third.values[linesRow] = []float64{3} }, false, "better than third"},
		{"but loses some of it", func(_, _, third, _ *sample) {
			third.values[outputRow], third.flaws[outputRow] = []float64{3}, "lost 1 of 2 bytes"
		}, true, "third: 50 MB of output"},
		{"a slow start", func(_, _, _, ref *sample) { ref.values[firstCellRow] = []float64{-80} }, false, "✗ ≤ R's own + 80 ms"},
		{"a reference is missing", func(_, _, _, ref *sample) { ref.values[echoRow], ref.values[cellRow] = nil, nil }, false, "✗ ratio ≤ 0.15"},
	} {
		ours, peer, third, ref := filled("adrastea", 4), filled("IRkernel", 100), filled("third", 50), newSample(&jupyter.KernelSpec{Name: "plain R"})
		for _, name := range []string{firstCellRow, cellRow, echoRow} {
			ref.add(name, 10)
		}
		c.change(ours, peer, third, ref)
		var out strings.Builder
		if ok := printTable(&out, rows, ref, []*sample{ours, peer, third}); ok != c.ok || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: ok = %v, want %v, with %q in\n%s", c.name, ok, c.ok, c.want, &out)
		}
	}
}

func TestRowsThatNobodyAskedForAreLeftOut(t *testing.T) {
	t.Parallel()
	all := counts{runs: 1, heavy: 1, growth: 1, rows: regexp.MustCompile("")}
	if got := asked(all); len(got) != len(rows) {
		t.Errorf("of %d rows %d are left", len(rows), len(got))
	}
	for _, r := range asked(counts{runs: 1, rows: all.rows}) {
		if r.name == linesRow || r.name == manyCellsRow || r.name == growthRow {
			t.Errorf("%q is not measured, but in the table", r.name)
		}
	}
	some := all
	some.rows = regexp.MustCompile("^interrupt")
	if got := asked(some); len(got) != len(interruptMeasurements) {
		t.Errorf("of the interrupts' rows %v are left", got)
	}
}

// A kernel that fails in one row is measured in the next ones.
func TestAFailureIsAFlawOfItsRow(t *testing.T) {
	t.Parallel()
	s := newSample(&jupyter.KernelSpec{Name: "broken"})
	n := counts{runs: 2, heavy: 2, rows: regexp.MustCompile("prints|output")}
	taken := map[string]int{}
	for i := range n.runs {
		if err := s.try(t.Context(), n, i, func(_ context.Context, m *measurement) error {
			taken[m.rows[0]]++
			if m.rows[0] == printsRow {
				return errors.New("it is broken")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if taken[printsRow] != 1 || taken[outputRow] != 2 || s.flaws[printsRow] != "it is broken" {
		t.Errorf("taken %v, flaws %v", taken, s.flaws)
	}
}

func TestMemoryOfThisProcess(t *testing.T) {
	pss, rss, err := memory(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if pss <= 0 || rss < pss {
		t.Errorf("PSS %v MiB, RSS %v MiB", pss, rss)
	}
}
