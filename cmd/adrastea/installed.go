package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/rkernel"
)

// isOurs says that spec starts the kernel command of this program, wherever that
// is or was, under whatever name it is there now.
func isOurs(spec *jupyter.KernelSpec) bool {
	if spec == nil || len(spec.Argv) < 2 || spec.Argv[1] != "kernel" {
		return false
	}
	self, err := os.Executable()
	return strings.HasPrefix(filepath.Base(spec.Argv[0]), "adrastea") || err == nil && samePath(self, spec.Argv[0])
}

// rOf is the R that a kernelspec of ours names, "" if it names none.
func rOf(spec *jupyter.KernelSpec) string {
	i := slices.Index(spec.Argv, "--r")
	if i < 0 || i+1 >= len(spec.Argv) {
		return ""
	}
	return spec.Argv[i+1]
}

// ourSpecs are the kernelspecs of ours in Jupyter's directories.
func ourSpecs() []jupyter.SpecDir {
	return slices.DeleteFunc(jupyter.SpecDirs(), func(d jupyter.SpecDir) bool { return !isOurs(d.Spec) })
}

// specsIn are the kernelspecs of ours in one directory.
func specsIn(kernelsDir string) []jupyter.SpecDir {
	var specs []jupyter.SpecDir
	entries, _ := os.ReadDir(kernelsDir) // where there is none, there are none
	for _, e := range entries {
		dir := filepath.Join(kernelsDir, e.Name())
		if spec, err := jupyter.ReadKernelSpec(dir); err == nil && isOurs(spec) {
			specs = append(specs, jupyter.SpecDir{Name: spec.Name, Dir: dir, Spec: spec})
		}
	}
	return specs
}

func newListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the kernels that are installed, and every R of this machine",
		Example: `  adrastea list
  adrastea install --all            a kernel for each R`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return list() },
	}
}

// list is the list command.
func list() error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	specs := ourSpecs()
	if len(specs) == 0 {
		fmt.Fprintln(w, "No kernel of Adrastea is installed: adrastea install")
	} else {
		fmt.Fprintln(w, "KERNEL\tSHOWN AS\tDIRECTORY")
	}
	for _, d := range specs {
		note := ""
		if d.Shadowed {
			note = " (hidden by another of this name)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s%s\n", d.Name, d.Spec.DisplayName, d.Dir, note)
	}
	fmt.Fprintln(w, "\nR\tCOMMAND\tKERNEL")
	for _, c := range rkernel.Discover() {
		if c.Err != nil {
			fmt.Fprintf(w, "-\t%s\t%s\n", c.Command, firstLine(bare(c.Err)))
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Installation.Version, c.Command, kernelsOf(specs, c.Installation))
	}
	return w.Flush()
}

// kernelsOf names the kernels that run r.
func kernelsOf(specs []jupyter.SpecDir, r *rkernel.Installation) string {
	var names []string
	for _, d := range specs {
		if inst, err := rkernel.Find(rOf(d.Spec)); err == nil && inst.Home == r.Home && !d.Shadowed {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, ", ")
}

// uninstallOptions are the flags of the uninstall command.
type uninstallOptions struct {
	place
	all bool
}

func newUninstallCommand() *cobra.Command {
	var o uninstallOptions
	cmd := &cobra.Command{
		Use:   "uninstall [NAME...]",
		Short: "Take away what install wrote",
		Long: `Uninstall removes kernelspecs that install wrote, and nothing else: "adrastea"
unless others are named. Without --user, --sys-prefix or --prefix it removes the
one that Jupyter would start.`,
		Example: `  adrastea uninstall
  adrastea uninstall r44
  adrastea uninstall --all          every kernel of Adrastea`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, d := range ourSpecs() {
				names = append(names, d.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error { return uninstall(&o, args) },
	}
	o.addFlags(cmd, "look only at what is installed")
	cmd.Flags().BoolVar(&o.all, "all", false, "remove every kernel of Adrastea")
	return cmd
}

// uninstall is the uninstall command.
func uninstall(o *uninstallOptions, names []string) error {
	if o.all && len(names) > 0 {
		return fmt.Errorf("--all removes every kernel, and takes no %q (see 'adrastea uninstall --help')", names[0])
	}
	specs := ourSpecs()
	where := "in Jupyter's directories"
	if o.given() {
		dir, err := o.kernelsDir()
		if err != nil {
			return err
		}
		specs, where = specsIn(dir), "in "+dir
	}
	if !o.all {
		var err error
		if specs, err = chooseSpecs(specs, names, where); err != nil {
			return err
		}
	}
	for _, d := range specs {
		if err := os.RemoveAll(d.Dir); err != nil {
			return err
		}
		fmt.Printf("Removed the kernel %q from %s\n", d.Name, d.Dir)
	}
	return nil
}

// chooseSpecs picks the specs of the names, "adrastea" if there is none.
func chooseSpecs(specs []jupyter.SpecDir, names []string, where string) ([]jupyter.SpecDir, error) {
	if len(names) == 0 {
		names = []string{specName}
	}
	var chosen []jupyter.SpecDir
	for _, name := range names {
		i := slices.IndexFunc(specs, func(d jupyter.SpecDir) bool { return strings.EqualFold(d.Name, name) })
		if i < 0 {
			return nil, fmt.Errorf("no kernel %q of Adrastea is installed %s; 'adrastea list' shows them", name, where)
		}
		chosen = append(chosen, specs[i])
	}
	return chosen, nil
}
