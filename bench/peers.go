package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A choice is which kernels are to be measured.
type choice struct {
	binary, installed string // ours: a binary, or a kernel that is installed
	ark, xeusR        string // binaries that are not on the PATH
	only              string // names, with commas between; empty for all
}

// find returns our kernel and then the others for R that are there, and says of
// each that is not how it can be measured.
func (c choice) find(ctx context.Context, dir string) (specs []*jupyter.KernelSpec, missing []string, err error) {
	var ours *jupyter.KernelSpec
	if c.installed != "" {
		ours, err = jupyter.FindKernelSpec(c.installed)
	} else {
		ours, err = install(ctx, c.binary, dir)
	}
	if err != nil {
		return nil, nil, err
	}
	specs = append(specs, ours)
	others := []struct {
		name string
		find func(context.Context) (*jupyter.KernelSpec, error)
	}{
		{"IRkernel", func(context.Context) (*jupyter.KernelSpec, error) { return jupyter.FindKernelSpec("ir") }},
		{"ark", c.findArk},
		{"xeus-r", c.findXeusR},
	}
	only := strings.Split(c.only, ",")
	for _, k := range others {
		if c.only != "" && !slices.Contains(only, k.name) {
			continue
		}
		spec, err := k.find(ctx)
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s was not measured: %v.", k.name, err))
			continue
		}
		spec.Name = k.name
		specs = append(specs, spec)
	}
	return specs, missing, nil
}

// findArk returns the kernelspec that ark would install, for the R on the PATH.
func (c choice) findArk(ctx context.Context) (*jupyter.KernelSpec, error) {
	ark, err := onPath("ark", c.ark)
	if err != nil {
		return nil, err
	}
	home, err := rHome(ctx)
	if err != nil {
		return nil, err
	}
	return &jupyter.KernelSpec{
		Argv:          []string{ark, "--connection_file", "{connection_file}", "--session-mode", "notebook"},
		InterruptMode: jupyter.InterruptByMessage,
		Env:           map[string]string{"R_HOME": home, "RUST_LOG": "error"},
	}, nil
}

// findXeusR returns the kernelspec that xeus-r installs, for the R on the PATH.
func (c choice) findXeusR(ctx context.Context) (*jupyter.KernelSpec, error) {
	if spec, err := jupyter.FindKernelSpec("xr"); err == nil && c.xeusR == "" {
		return spec, nil
	}
	xr, err := onPath("xr", c.xeusR)
	if err != nil {
		return nil, fmt.Errorf("%w, nor is there a kernelspec xr", err)
	}
	home, err := rHome(ctx)
	if err != nil {
		return nil, err
	}
	return &jupyter.KernelSpec{
		Argv: []string{xr, "-f", "{connection_file}"},
		Env:  map[string]string{"R_HOME": home, "LD_LIBRARY_PATH": filepath.Join(home, "lib")},
	}, nil
}

// onPath returns the binary that was named, or the one on the PATH.
func onPath(name, named string) (string, error) {
	if named != "" {
		return exec.LookPath(named)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not on the PATH, and no flag names it", name)
	}
	return path, nil
}

func rHome(ctx context.Context) (string, error) {
	home, err := exec.CommandContext(ctx, "R", "RHOME").Output()
	if err != nil {
		return "", fmt.Errorf("run R RHOME: %w", err)
	}
	return strings.TrimSpace(string(home)), nil
}
