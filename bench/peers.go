package main

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// findPeers returns IRkernel and the other kernels for R that are there, and
// says of each that is not how it can be measured.
func findPeers(ctx context.Context, ir *jupyter.KernelSpec, ark string) (peers []*jupyter.KernelSpec, missing []string) {
	ir.Name = "IRkernel"
	peers = append(peers, ir)
	if ark == "" {
		ark, _ = exec.LookPath("ark") // empty if it is not there
	}
	if spec, err := arkSpec(ctx, ark); err != nil {
		missing = append(missing, fmt.Sprintf("ark was not measured: %v.", err))
	} else {
		peers = append(peers, spec)
	}
	if spec, err := jupyter.FindKernelSpec("xr"); err != nil {
		missing = append(missing, `xeus-r was not measured: no kernelspec "xr" is installed.`)
	} else {
		spec.Name = "xeus-r"
		peers = append(peers, spec)
	}
	return peers, missing
}

// arkSpec is the kernelspec that ark would install, for the R on the PATH.
func arkSpec(ctx context.Context, ark string) (*jupyter.KernelSpec, error) {
	if ark == "" {
		return nil, fmt.Errorf("it is not on the PATH, and -ark does not name it")
	}
	home, err := exec.CommandContext(ctx, "R", "RHOME").Output()
	if err != nil {
		return nil, fmt.Errorf("run R RHOME: %w", err)
	}
	return &jupyter.KernelSpec{
		Name:          "ark",
		Argv:          []string{ark, "--connection_file", "{connection_file}", "--session-mode", "notebook"},
		InterruptMode: jupyter.InterruptByMessage,
		Env:           map[string]string{"R_HOME": strings.TrimSpace(string(home)), "RUST_LOG": "error"},
	}, nil
}

// buildEcho builds the smallest kernel there is, and returns its spec: what a
// cell costs without any language.
func buildEcho(ctx context.Context, dir string) (*jupyter.KernelSpec, error) {
	return buildKernel(ctx, dir, "./examples/echo")
}

// buildKernel builds a kernel of this repository and returns its spec.
func buildKernel(ctx context.Context, dir, pkg string) (*jupyter.KernelSpec, error) {
	name := filepath.Base(pkg)
	binary := filepath.Join(dir, name)
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, pkg).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return &jupyter.KernelSpec{Name: name, Argv: []string{binary, "{connection_file}"},
		InterruptMode: jupyter.InterruptByMessage}, nil
}

// measureReferences measures what the rows of kernels are compared with: the
// echo kernel's cell, plain R's start, and a value by plain R.
func (s *sample) measureReferences(ctx context.Context, echo *jupyter.KernelSpec, n counts, dir string) error {
	e := newSample(echo)
	if err := e.session(ctx, dir, func(c *client.Client) error {
		return e.measureCells(ctx, c, echoRow, "1", n.cells)
	}); err != nil {
		return err
	}
	s.values[echoRow] = append(s.values[echoRow], e.values[echoRow]...)

	started := time.Now()
	if err := exec.CommandContext(ctx, "R", "--no-save", "--no-echo", "-e", "0").Run(); err != nil {
		return fmt.Errorf("start plain R: %w", err)
	}
	s.addTime(plainStartRow, time.Since(started))
	return s.measurePlainValues(ctx, n.cells)
}

// measurePlainValues takes the time from a line on R's standard input to the
// value on its standard output.
func (s *sample) measurePlainValues(ctx context.Context, n int) error {
	cmd := exec.CommandContext(ctx, "R", "--no-save", "--no-restore", "--no-echo")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for i := range n + n/10 { // the first ones warm up
		started := time.Now()
		if _, err := in.Write([]byte("1\n")); err != nil {
			return err
		}
		if !lines.Scan() || lines.Text() != "[1] 1" {
			return fmt.Errorf("plain R says %q: %v", lines.Text(), lines.Err())
		}
		if i >= n/10 {
			s.addTime(plainValueRow, time.Since(started))
		}
	}
	in.Close()
	return cmd.Wait()
}
