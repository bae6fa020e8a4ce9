package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// The framework without a language is measured against two kernels that are
// often taken for fast: ipykernel, and xeus-python, whose framework is C++.
const emptyRow = "an empty cell, to reply and idle"

// frameworkWishes are the ratios that are wanted of echo's empty cell.
var frameworkWishes = map[string]float64{"ipykernel": 0.25, "xeus-python": 0.8}

// findFrameworks returns the kernels of Python that are installed beside the
// tests' own libraries, and why others are missing.
func findFrameworks() (specs []*jupyter.KernelSpec, missing []string) {
	venv, err := filepath.Abs(filepath.Join(".cache", "venv"))
	if err != nil {
		return nil, []string{err.Error()}
	}
	for _, k := range []struct{ name, module string }{
		{"ipykernel", "ipykernel_launcher"}, {"xeus-python", "xpython_launcher"},
	} {
		found, _ := filepath.Glob(filepath.Join(venv, "lib", "python*", "site-packages", k.module+"*"))
		if len(found) == 0 {
			missing = append(missing, fmt.Sprintf("%s was not measured: %s has no %s.", k.name, venv, k.module))
			continue
		}
		argv := []string{filepath.Join(venv, "bin", "python"), "-m", k.module, "-f", "{connection_file}"}
		specs = append(specs, &jupyter.KernelSpec{Name: k.name, Argv: argv})
	}
	return specs, missing
}

// measureEmpty takes the time of empty cells in a kernel of its own.
func (s *sample) measureEmpty(ctx context.Context, n int, dir string) error {
	return s.session(ctx, dir, func(c *client.Client) error {
		if err := s.measureCells(ctx, c, emptyRow, "", n); err != nil {
			return fmt.Errorf("%s: %w", s.spec.Name, err)
		}
		return nil
	})
}

// measureFrameworks measures echo and the kernels of Python in turn, then what
// messages cost, and prints tables. It reports whether what is wanted is there.
func measureFrameworks(ctx context.Context, w io.Writer, echo *jupyter.KernelSpec, n counts, dir string) (bool, error) {
	specs, missing := findFrameworks()
	samples := []*sample{newSample(echo)}
	for _, spec := range specs {
		samples = append(samples, newSample(spec))
	}
	for i := range n.runs {
		for j := range samples {
			s := samples[(i+j)%len(samples)]
			progress("run %d of %d: empty cells of %s", i+1, n.runs, s.spec.Name)
			if err := s.measureEmpty(ctx, 5*n.cells, dir); err != nil {
				return false, err
			}
		}
	}
	progress("")
	ok := true
	fmt.Fprintf(w, "%-42s%12s%8s   %s\n", emptyRow, "", "ratio", "wanted")
	ours, _ := samples[0].median(emptyRow)
	for _, s := range samples {
		v, _ := s.median(emptyRow)
		fmt.Fprintf(w, "%-42s%12s", "  "+s.spec.Name, row{unit: milliseconds}.format(v))
		if wish := frameworkWishes[s.spec.Name]; wish > 0 {
			mark := "✓"
			if ours > wish*v {
				mark, ok = "✗", false
			}
			fmt.Fprintf(w, "%8.2f   %s ratio ≤ %.2f", ours/v, mark, wish)
		}
		fmt.Fprintln(w)
	}
	for _, why := range missing {
		fmt.Fprintln(w, why)
	}
	fmt.Fprintln(w)
	if err := measureStreams(ctx, w, specs, n.runs, dir); err != nil {
		return false, err
	}
	fmt.Fprintln(w)
	return ok, measureMessages(w)
}
