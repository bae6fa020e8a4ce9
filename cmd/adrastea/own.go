package main

import (
	"os"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/rkernel"
)

// ownSpec returns the kernelspec of the R kernel that this program is. It fails
// if there is no R for it.
func ownSpec(r string) (*jupyter.KernelSpec, error) {
	if _, err := rkernel.Find(r); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	spec := &jupyter.KernelSpec{
		Argv:          []string{self, "kernel", "--connection-file", "{connection_file}"},
		DisplayName:   "R (Adrastea)",
		Language:      "R",
		InterruptMode: jupyter.InterruptByMessage,
		Name:          "adrastea",
	}
	if r != "" {
		spec.Argv = append(spec.Argv, "--r", r)
	}
	return spec, nil
}
