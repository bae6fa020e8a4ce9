package main

import (
	"os"
	"strings"
	"testing"

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
		{"another is better", func(_, _, third, _ *sample) { third.values[linesRow] = []float64{3} }, false, "better than third"},
		{"but loses some of it", func(_, _, third, _ *sample) {
			third.values[outputRow], third.flaws[outputRow] = []float64{3}, "lost 1 of 2 bytes"
		}, true, "third: 50 MB of output"},
		{"a slow start", func(_, _, _, ref *sample) { ref.values[plainStartRow] = []float64{-80} }, false, "✗ ≤ R's own + 80 ms"},
		{"a reference is missing", func(_, _, _, ref *sample) { ref.values[echoRow], ref.values[plainValueRow] = nil, nil }, false, "✗ ratio ≤ 0.15"},
	} {
		ours, peer, third, ref := filled("adrastea", 4), filled("ir", 100), filled("third", 50), newSample(nil)
		for _, r := range references {
			ref.add(r.name, 10)
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
	if got := asked(counts{heavy: 1, growth: 1}); len(got) != len(rows) {
		t.Errorf("of %d rows %d are left", len(rows), len(got))
	}
	for _, r := range asked(counts{}) {
		if r.name == linesRow || r.name == growthRow {
			t.Errorf("%q is not measured, but in the table", r.name)
		}
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
