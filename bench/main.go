package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
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
	n := counts{rows: regexp.MustCompile("")}
	var choice choice
	flag.StringVar(&choice.binary, "adrastea", "bin/adrastea", "the `binary` to measure")
	flag.StringVar(&choice.installed, "kernel", "", "an installed `kernel` to measure instead")
	flag.StringVar(&choice.ark, "ark", "", "the ark `binary` to measure, if it is not on the PATH")
	flag.StringVar(&choice.xeusR, "xeus-r", "", "the `binary` xr of xeus-r to measure, if it is not on the PATH")
	flag.StringVar(&choice.only, "kernels", "", "measure only these `kernels`, with commas between: IRkernel,ark")
	flag.IntVar(&n.runs, "runs", 5, "how often each kernel is started and measured")
	flag.IntVar(&n.cells, "cells", 100, "cells of each run")
	flag.IntVar(&n.interrupts, "interrupts", 3, "interrupts of each kind in each run")
	flag.IntVar(&n.heavy, "heavy", 2, "in how many runs cells with much output or code are measured")
	flag.IntVar(&n.growth, "growth", 5000, "after how many cells memory is measured again, in one run")
	flag.DurationVar(&n.limit, "limit", 2*time.Minute, "how long a cell with much output or code may take")
	flag.Func("rows", "measure only the rows that match `regexp`", func(s string) (err error) {
		n.rows, err = regexp.Compile(s)
		return err
	})
	frameworks := flag.Bool("frameworks", false, "measure the framework without R only")
	flag.Parse()

	dir, err := os.MkdirTemp("", "adrastea-bench-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("XDG_STATE_HOME", dir); err != nil { // not the user's own history
		return false, err
	}
	echo, err := buildEcho(ctx, dir)
	if err != nil {
		return false, err
	}
	if *frameworks {
		return measureFrameworks(ctx, os.Stdout, echo, n, dir)
	}
	specs, missing, err := choice.find(ctx, dir)
	if err != nil {
		return false, err
	}
	ref := newSample(&jupyter.KernelSpec{Name: "plain R"})
	var samples []*sample
	for _, spec := range specs {
		samples = append(samples, newSample(spec))
	}
	if err := measureAll(ctx, n, echo, ref, samples, dir); err != nil {
		return false, err
	}
	fmt.Printf("%s; %s; %d CPUs, %s/%s\n", versions(ctx, specs), time.Now().Format(time.DateOnly),
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("One client, %d alternating runs of each kernel (%d of the rows with much output or code); medians.\n\n",
		n.runs, min(n.runs, n.heavy))
	ok = printTable(os.Stdout, asked(n), ref, samples)
	for _, why := range missing {
		fmt.Println(why)
	}
	if n.rows.MatchString(emptyRow) {
		fmt.Println()
		quick, err := measureFrameworks(ctx, os.Stdout, echo, n, dir)
		if err != nil {
			return false, err
		}
		ok = ok && quick
	}
	return ok, nil
}

// measureAll measures in runs, in each of them every kernel.
func measureAll(ctx context.Context, n counts, echo *jupyter.KernelSpec, ref *sample, samples []*sample, dir string) error {
	defer progress("")
	for i := range n.runs {
		if err := ref.measureReferences(ctx, n, i, echo, dir); err != nil {
			return err
		}
		// The order changes from run to run, so that nobody is always last.
		for j := range samples {
			if err := samples[(i+j)%len(samples)].measure(ctx, n, i, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// progress shows one changing line, to a person only.
func progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
	}
}

// versions says what is compared, on which R.
func versions(ctx context.Context, specs []*jupyter.KernelSpec) string {
	names := make([]string, len(specs))
	for i, spec := range specs {
		cmd := exec.CommandContext(ctx, spec.Argv[0], "--version")
		if spec.Name == "IRkernel" {
			cmd = exec.CommandContext(ctx, "Rscript", "-e", `packageVersion("IRkernel")`)
		}
		names[i] = spec.Name
		out, err := cmd.CombinedOutput()
		if version := versionNumber.Find(out); err == nil && version != nil {
			names[i] += " " + string(version)
		}
	}
	what := strings.Join(names, ", ")
	if out, err := exec.CommandContext(ctx, "Rscript", "-e", "cat(R.version.string)").Output(); err == nil {
		what += " on " + string(out)
	}
	return what
}

var versionNumber = regexp.MustCompile(`\d+\.\d+[\w.+-]*`)

// install installs the kernel below dir as a user would, and returns its spec.
func install(ctx context.Context, binary, dir string) (*jupyter.KernelSpec, error) {
	out, err := exec.CommandContext(ctx, binary, "install", "--prefix", dir).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s install: %w\n%s", binary, err, out)
	}
	return jupyter.ReadKernelSpec(filepath.Join(dir, "share", "jupyter", "kernels", "adrastea"))
}
