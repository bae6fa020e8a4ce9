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
		change func(ours, peer *sample)
		ok     bool
		want   string
	}{
		{"all met", func(_, _ *sample) {}, true, "✓ ratio ≤ 0.15"},
		{"too slow", func(ours, _ *sample) { ours.values[cellRow] = []float64{16} }, false, "✗ ratio ≤ 0.15"},
		{"not measured", func(ours, _ *sample) { ours.values[loopRow] = nil }, false, "never"},
		{"one interrupt lost", func(ours, _ *sample) { ours.lost[waitRow] = 1 }, false, "did not end"},
		{"the peer's lost ones do not matter", func(_, peer *sample) { peer.lost[waitRow] = 1 }, true, "did not end"},
	} {
		ours, peer := filled("adrastea", 10), filled("ir", 100)
		c.change(ours, peer)
		var out strings.Builder
		if ok := printTable(&out, ours, peer); ok != c.ok || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: ok = %v, want %v, with %q in\n%s", c.name, ok, c.ok, c.want, &out)
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
