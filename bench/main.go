package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(ctx context.Context) (ok bool, err error) {
	var n counts
	binary := flag.String("adrastea", "bin/adrastea", "the binary to measure")
	name := flag.String("kernel", "", "an installed kernel to measure instead")
	flag.IntVar(&n.runs, "runs", 7, "how often each kernel is started and measured")
	flag.IntVar(&n.cells, "cells", 100, "cells of each run")
	flag.IntVar(&n.interrupts, "interrupts", 3, "interrupts of each kind in each run")
	flag.IntVar(&n.heavy, "heavy", 2, "in how many runs cells with much output or code are measured")
	flag.IntVar(&n.growth, "growth", 5000, "after how many cells memory is measured again, in one run")
	ark := flag.String("ark", "", "the ark binary to measure, if it is not on the PATH")
	frameworks := flag.Bool("frameworks", false, "measure the framework without R only")
	flag.Parse()

	dir, err := os.MkdirTemp("", "adrastea-bench-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	var ours *jupyter.KernelSpec
	if *name != "" {
		ours, err = jupyter.FindKernelSpec(*name)
	} else {
		ours, err = install(ctx, *binary, dir)
	}
	if err != nil {
		return false, err
	}
	peer, err := jupyter.FindKernelSpec("ir")
	if err != nil {
		return false, fmt.Errorf("IRkernel is not installed: %w", err)
	}

	peers, missing := findPeers(ctx, peer, *ark)
	samples := []*sample{newSample(ours)}
	for _, spec := range peers {
		samples = append(samples, newSample(spec))
	}
	ref := newSample(&jupyter.KernelSpec{Name: "reference"})
	echo, err := buildEcho(ctx, dir)
	if err != nil {
		return false, err
	}
	if *frameworks {
		return measureFrameworks(ctx, os.Stdout, echo, n, dir)
	}
	for i := range n.runs {
		progress("run %d of %d: references", i+1, n.runs)
		if err := ref.measureReferences(ctx, echo, n, dir); err != nil {
			return false, fmt.Errorf("references: %w", err)
		}
		// The order changes from run to run, so that nobody is always last.
		for j := range samples {
			s := samples[(i+j)%len(samples)]
			progress("run %d of %d: %s", i+1, n.runs, s.spec.Name)
			if err := s.measure(ctx, n, i, dir); err != nil {
				return false, fmt.Errorf("%s: %w", s.spec.Name, err)
			}
		}
	}
	progress("")
	fmt.Printf("%s; %s; %d CPUs, %s/%s\n", versions(), time.Now().Format(time.DateOnly),
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("One client, %d alternating runs of each kernel (%d of the rows with much output); medians.\n\n",
		n.runs, min(n.runs, n.heavy))
	ok = printTable(os.Stdout, asked(n), ref, samples)
	fmt.Println()
	quick, err := measureFrameworks(ctx, os.Stdout, echo, n, dir)
	if err != nil {
		return false, err
	}
	ok = ok && quick
	for _, why := range missing {
		fmt.Println(why)
	}
	return ok, nil
}

// progress shows one changing line, to a person only.
func progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
	}
}

// install installs the kernel below dir as a user would, and returns its spec.
func install(ctx context.Context, binary, dir string) (*jupyter.KernelSpec, error) {
	out, err := exec.CommandContext(ctx, binary, "install", "--prefix", dir).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s install: %w\n%s", binary, err, out)
	}
	return jupyter.ReadKernelSpec(filepath.Join(dir, "share", "jupyter", "kernels", "adrastea"))
}

// versions says what is compared.
func versions() string {
	out, err := exec.Command("Rscript", "-e",
		`cat("IRkernel", format(packageVersion("IRkernel")), "on", R.version.string)`).Output()
	if err != nil {
		return "IRkernel"
	}
	return "adrastea and " + strings.TrimSpace(string(out))
}
