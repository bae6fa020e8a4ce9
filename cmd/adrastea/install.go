package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

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

// specName is the name of the kernelspec of the only R, or the first one.
const specName = "adrastea"

// A place is where kernelspecs are put, as flags say it.
type place struct {
	user      bool
	sysPrefix bool
	prefix    string
}

// addFlags adds the flags of p to cmd; verb is what cmd does there.
func (p *place) addFlags(cmd *cobra.Command, verb string) {
	f := cmd.Flags()
	f.BoolVar(&p.user, "user", false, verb+" for this user")
	f.BoolVar(&p.sysPrefix, "sys-prefix", false,
		verb+" in the active Python environment (VIRTUAL_ENV or CONDA_PREFIX)")
	f.StringVar(&p.prefix, "prefix", "", verb+" in `DIR`/share/jupyter/kernels")
	cmd.MarkFlagsMutuallyExclusive("user", "sys-prefix", "prefix")
	cmd.MarkFlagDirname("prefix")
}

// given says that a flag names the place.
func (p *place) given() bool { return p.user || p.sysPrefix || p.prefix != "" }

// forAll says that a kernel there may be for other users too.
func (p *place) forAll() bool { return p.sysPrefix || p.prefix != "" }

// kernelsDir returns the directory of the kernelspecs: the user's, unless a flag
// says otherwise.
func (p *place) kernelsDir() (string, error) {
	data := jupyter.DataDir()
	switch {
	case p.prefix != "":
		prefix, err := filepath.Abs(p.prefix)
		if err != nil {
			return "", err
		}
		data = filepath.Join(prefix, "share", "jupyter")
	case p.sysPrefix:
		prefix := jupyter.SysPrefix()
		if prefix == "" {
			return "", errors.New("--sys-prefix: no Python environment is active " +
				"(neither VIRTUAL_ENV nor CONDA_PREFIX is set); use --prefix DIR")
		}
		data = filepath.Join(prefix, "share", "jupyter")
	}
	return filepath.Join(data, "kernels"), nil
}

// installOptions are the flags of the install command.
type installOptions struct {
	place
	all         bool
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
and Jupyter need not be there yet. A kernelspec that install wrote before is
replaced; one of another program is not. R is looked for first: without an R of version
4.2 or later nothing is written.

With --all it writes one for each R that it finds: in R_HOME, PATH, /opt/R,
/usr/lib/R and the like, and in conda environments. The first one has the name
"adrastea", the others that name and their version. 'adrastea list' shows them all.

A kernelspec names this program and its R by their absolute paths: after moving
either, run install again. 'adrastea uninstall' takes it away, and 'adrastea
doctor' finds out what is wrong.`,
		Example: `  adrastea install
  adrastea install --all            one kernel for each R of this machine
  adrastea install --sys-prefix     into the active virtual or conda environment
  adrastea install --prefix /usr/local   for all users of this machine
  adrastea install --r /opt/R/4.4.1/bin/R --name r44 --display-name 'R 4.4'`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if o.forAll() {
				unix.Umask(0o022) // others use it too, whatever root's umask is
			}
			if o.all {
				return installAll(&o)
			}
			return installOne(&o)
		},
	}
	o.addFlags(cmd, "install")
	f := cmd.Flags()
	f.BoolVar(&o.all, "all", false, "install a kernel for each R that is found")
	f.StringVar(&o.name, "name", specName, "the `NAME` that Jupyter knows the kernel by")
	f.StringVar(&o.displayName, "display-name", "",
		"the `TEXT` that front ends show (default \"R VERSION (Adrastea)\")")
	f.StringVar(&o.r, "r", "", "use the R at `PATH` instead of the one on the PATH")
	cmd.MarkFlagsMutuallyExclusive("all", "r")
	cmd.MarkFlagsMutuallyExclusive("all", "display-name")
	return cmd
}

// installOne installs the kernel of one R.
func installOne(o *installOptions) error {
	r, err := rkernel.Find(o.r)
	if err != nil {
		return err
	}
	display := o.displayName
	if display == "" {
		display = displayName(r, "")
	}
	return o.write(o.name, display, r)
}

// installAll installs a kernel for each R.
func installAll(o *installOptions) error {
	var usable []*rkernel.Installation
	for _, c := range rkernel.Discover() {
		if c.Err != nil {
			fmt.Fprintf(os.Stderr, "Left out: %s\n", firstLine(bare(c.Err)))
			continue
		}
		usable = append(usable, c.Installation)
	}
	if len(usable) == 0 {
		_, err := rkernel.Find("")
		if err == nil {
			err = errors.New("no R was found; name one with --r PATH")
		}
		return err
	}
	for i, n := range nameAll(o.name, usable) {
		if err := o.write(n.name, n.display, usable[i]); err != nil {
			return err
		}
	}
	return nil
}

// write writes one kernelspec.
func (o *installOptions) write(name, display string, r *rkernel.Installation) error {
	dir, err := o.kernelsDir()
	if err != nil {
		return err
	}
	spec, err := installedSpec(display, r)
	if err != nil {
		return err
	}
	if err := notOthers(filepath.Join(dir, name)); err != nil {
		return err
	}
	dir, err = spec.Install(dir, name, map[string][]byte{
		"logo-64x64.png": logoPNG,
		"logo-svg.svg":   logoSVG,
	})
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%w: --prefix DIR and --sys-prefix install elsewhere", err)
	}
	if err != nil {
		return err
	}
	fmt.Printf("Installed the kernel %q (R %s, %s) in %s\n", name, r.Version, r.Path, dir)
	if !o.forAll() {
		return nil
	}
	for _, program := range []string{spec.Argv[0], r.Path} {
		if at := closedToOthers(program, dir); at != "" {
			fmt.Fprintf(os.Stderr, "Warning: other users cannot run %s: %s is closed to them. "+
				"If they are to use the kernel, put it elsewhere and install again.\n", program, at)
		}
	}
	return nil
}

// closedToOthers returns what keeps users who are neither its owner nor in its group
// from a program, and not from dir: the program or a directory above it; "" if nothing
// does.
func closedToOthers(program, dir string) (closed string) {
	for at := program; ; at = filepath.Dir(at) {
		if rel, err := filepath.Rel(at, dir); err != nil || filepath.IsLocal(rel) {
			return closed
		}
		if info, err := os.Stat(at); err == nil && info.Mode()&0o001 == 0 {
			closed = at
		}
	}
}

// notOthers returns an error if dir is the kernelspec of another program: to install
// over it would take it away from its users.
func notOthers(dir string) error {
	old, err := jupyter.ReadKernelSpec(dir)
	if err != nil || isOurs(old) {
		return nil
	}
	return fmt.Errorf("%s is a kernelspec of another program, %s: choose another name with --name, or remove it",
		dir, old.Argv[0])
}

// displayName is what front ends show; which tells R's of one version apart.
func displayName(r *rkernel.Installation, which string) string {
	if which != "" {
		which = ", " + which
	}
	return "R " + r.Version + " (Adrastea" + which + ")"
}

// A naming is how Jupyter and its users know a kernel.
type naming struct{ name, display string }

// nameAll names the kernels of several R's: the first one base, the others base
// and version, and of those of one version the later ones also by where they
// are: a conda environment, for instance.
func nameAll(base string, rs []*rkernel.Installation) []naming {
	var names []naming
	names = append(names, naming{base, displayName(rs[0], "")})
	used := map[string]bool{base: true, names[0].display: true} // names of both kinds
	versions := map[string]bool{rs[0].Version: true}
	for _, r := range rs[1:] {
		n := naming{base + "-" + r.Version, displayName(r, "")}
		if versions[r.Version] {
			where := filepath.Base(filepath.Dir(filepath.Dir(r.Path)))
			n = naming{strings.TrimSuffix(n.name+"-"+asName(where), "-"), displayName(r, where)}
		}
		first := n
		for i := 2; used[n.name] || used[n.display]; i++ {
			n.name = first.name + "-" + strconv.Itoa(i)
			n.display = strings.TrimSuffix(first.display, ")") + ", " + strconv.Itoa(i) + ")"
		}
		used[n.name], used[n.display], versions[r.Version] = true, true, true
		names = append(names, n)
	}
	return names
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._]+`)

// asName makes text fit for the name of a kernelspec.
func asName(text string) string {
	return strings.Trim(notInNames.ReplaceAllString(text, "-"), "-.")
}

// installedSpec is the kernelspec that is written. Its metadata says only what
// is true of this kernel.
func installedSpec(display string, r *rkernel.Installation) (*jupyter.KernelSpec, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return nil, err
	}
	return &jupyter.KernelSpec{
		Argv: []string{
			self, "kernel", "--r", r.Path, "--connection-file", "{connection_file}",
		},
		DisplayName:     display,
		Language:        "R",
		InterruptMode:   jupyter.InterruptByMessage,
		ProtocolVersion: jupyter.HandshakeVersion,
		Metadata: jupyter.Object{
			"supported_encryption": []any{jupyter.CurveEncryption},
			"debugger":             true, // by which JupyterLab knows
		},
	}, nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
