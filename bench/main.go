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

	samples := [2]*sample{newSample(ours), newSample(peer)}
	for i := range n.runs {
		// The order changes from run to run, so that neither is always second.
		for _, j := range []int{i % 2, 1 - i%2} {
			progress("run %d of %d: %s", i+1, n.runs, samples[j].spec.Name)
			if err := samples[j].measure(ctx, n, dir); err != nil {
				return false, fmt.Errorf("%s: %w", samples[j].spec.Name, err)
			}
		}
	}
	progress("")
	fmt.Printf("%s; %s; %d CPUs, %s/%s\n", versions(), time.Now().Format(time.DateOnly),
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("One client, %d alternating runs of each kernel; medians.\n\n", n.runs)
	return printTable(os.Stdout, samples[0], samples[1]), nil
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
