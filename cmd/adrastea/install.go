package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/rkernel"
)

// The logo in the two forms that front ends look for beside kernel.json.
var (
	//go:embed logo/logo-64x64.png
	logoPNG []byte
	//go:embed logo/logo-svg.svg
	logoSVG []byte
)

// installOptions are the flags of the install command.
type installOptions struct {
	user        bool
	sysPrefix   bool
	prefix      string
	name        string
	displayName string
	r           string
}

func newInstallCommand() *cobra.Command {
	var o installOptions
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Make R known to Jupyter's front ends",
		Long: `Install writes a kernelspec, so that JupyterLab, Notebook, VS Code, nbconvert and
every other Jupyter front end of this machine offers R. Nothing else is installed,
and Jupyter need not be there yet. R is looked for first: without an R of version
4.2 or later nothing is written.

The kernelspec names this program and this R by their absolute paths: after moving
either, run install again.`,
		Example: `  adrastea install
  adrastea install --sys-prefix     into the active virtual or conda environment
  adrastea install --prefix /usr/local
  adrastea install --r /opt/R/4.4.1/bin/R --name r44 --display-name 'R 4.4'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runInstall(&o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.user, "user", false, "install for this user (the default)")
	f.BoolVar(&o.sysPrefix, "sys-prefix", false,
		"install into the active Python environment (VIRTUAL_ENV or CONDA_PREFIX)")
	f.StringVar(&o.prefix, "prefix", "", "install into `DIR`/share/jupyter/kernels")
	f.StringVar(&o.name, "name", "adrastea", "the `NAME` that Jupyter knows the kernel by")
	f.StringVar(&o.displayName, "display-name", "",
		"the `TEXT` that front ends show (default \"R VERSION (Adrastea)\")")
	f.StringVar(&o.r, "r", "", "use the R at `PATH` instead of the one on the PATH")
	cmd.MarkFlagsMutuallyExclusive("user", "sys-prefix", "prefix")
	cmd.MarkFlagDirname("prefix")
	return cmd
}

// runInstall is the install command.
func runInstall(o *installOptions) error {
	r, err := rkernel.Find(o.r)
	if err != nil {
		return err
	}
	dir, err := o.kernelsDir()
	if err != nil {
		return err
	}
	spec, err := installedSpec(o, r)
	if err != nil {
		return err
	}
	dir, err = spec.Install(dir, o.name, map[string][]byte{
		"logo-64x64.png": logoPNG,
		"logo-svg.svg":   logoSVG,
	})
	if err != nil {
		return err
	}
	fmt.Printf("Installed the kernel %q (R %s, %s) in %s\n", o.name, r.Version, r.Path, dir)
	return nil
}

// kernelsDir returns the directory that the kernelspec goes into.
func (o *installOptions) kernelsDir() (string, error) {
	data := jupyter.DataDir()
	switch {
	case o.prefix != "":
		prefix, err := filepath.Abs(o.prefix)
		if err != nil {
			return "", err
		}
		data = filepath.Join(prefix, "share", "jupyter")
	case o.sysPrefix:
		prefix := jupyter.SysPrefix()
		if prefix == "" {
			return "", errors.New("--sys-prefix: no Python environment is active " +
				"(neither VIRTUAL_ENV nor CONDA_PREFIX is set); use --prefix DIR")
		}
		data = filepath.Join(prefix, "share", "jupyter")
	}
	return filepath.Join(data, "kernels"), nil
}

// installedSpec is the kernelspec that is written. Its metadata says only what
// is true of this kernel.
func installedSpec(o *installOptions, r *rkernel.Installation) (*jupyter.KernelSpec, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return nil, err
	}
	display := o.displayName
	if display == "" {
		display = "R " + r.Version + " (Adrastea)"
	}
	return &jupyter.KernelSpec{
		Argv: []string{
			self, "kernel", "--r", r.Path, "--connection-file", "{connection_file}",
		},
		DisplayName:     display,
		Language:        "R",
		InterruptMode:   jupyter.InterruptByMessage,
		ProtocolVersion: jupyter.ProtocolVersion,
		Metadata:        jupyter.Object{"supported_encryption": []any{jupyter.CurveEncryption}},
	}, nil
}
