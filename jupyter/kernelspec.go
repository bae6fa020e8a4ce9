package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// A KernelSpec tells front ends how to start a kernel.
//
// https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs
type KernelSpec struct {
	Argv            []string          `json:"argv"`
	DisplayName     string            `json:"display_name"`
	Language        string            `json:"language"`
	InterruptMode   string            `json:"interrupt_mode,omitempty"` // "signal" or "message"
	ProtocolVersion string            `json:"kernel_protocol_version,omitempty"`
	Env             map[string]string `json:"env,omitempty"`
	Metadata        Object            `json:"metadata"`

	// Name is what the spec is known by, Dir where it was found.
	Name string `json:"-"`
	Dir  string `json:"-"`
}

// The values of [KernelSpec.InterruptMode].
const (
	InterruptBySignal  = "signal"
	InterruptByMessage = "message"
)

// specName is what a kernelspec may be called; the name is a directory's.
var specName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

func validName(name string) bool { return specName.MatchString(name) && name != "." && name != ".." }

func nameError(name string) error {
	return fmt.Errorf("jupyter: %q is no name of a kernelspec: "+
		"letters, digits, '.', '_' and '-' are allowed", name)
}

// Command returns the command line that starts the kernel on a connection file:
// Argv with {connection_file}, {resource_dir}, which is Dir, and {prefix}, which is
// SysPrefix, filled in.
func (s *KernelSpec) Command(connectionFile string) []string {
	r := strings.NewReplacer("{connection_file}", connectionFile,
		"{resource_dir}", s.Dir, "{prefix}", SysPrefix())
	argv := make([]string, len(s.Argv))
	for i, arg := range s.Argv {
		argv[i] = r.Replace(arg)
	}
	return argv
}

// CurveEncryption is the name of CURVE in metadata.supported_encryption.
const CurveEncryption = "curve"

// SupportsCurve reports whether the kernel says that it can encrypt its
// connections with CURVE: metadata.supported_encryption names it, as a string
// or in a list.
//
// https://jupyter-client.readthedocs.io/en/stable/security.html#kernelspec-requirements
func (s *KernelSpec) SupportsCurve() bool {
	isCurve := func(v any) bool {
		name, ok := v.(string)
		return ok && strings.EqualFold(strings.TrimSpace(name), CurveEncryption)
	}
	supported := s.Metadata["supported_encryption"]
	list, ok := supported.([]any)
	if !ok {
		return isCurve(supported)
	}
	return slices.ContainsFunc(list, isCurve)
}

// KernelPath returns the directories in which kernelspecs are looked for, the
// ones that win first: "kernels" below those in which Jupyter looks for data, which
// are JUPYTER_PATH, the environment of [SysPrefix], the user's, the system's. With
// JUPYTER_PREFER_ENV_PATH=0 the user's come before the environment's.
func KernelPath() []string {
	path := dataPath()
	for i, dir := range path {
		path[i] = filepath.Join(dir, "kernels")
	}
	return path
}

// ReadKernelSpec reads the kernelspec in directory dir.
func ReadKernelSpec(dir string) (*KernelSpec, error) {
	path := filepath.Join(dir, "kernel.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("jupyter: kernelspec: %w", err)
	}
	s := &KernelSpec{Name: strings.ToLower(filepath.Base(dir)), Dir: dir}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("jupyter: kernelspec %s: %w", path, plainError(err))
	}
	if len(s.Argv) == 0 {
		return nil, fmt.Errorf("jupyter: kernelspec %s: argv is missing or empty", path)
	}
	if s.InterruptMode == "" {
		s.InterruptMode = InterruptBySignal
	}
	return s, nil
}

// A SpecDir is a directory that is a kernelspec, or is meant to be one.
type SpecDir struct {
	Name string // what it is known by: the directory's name in lower case
	Dir  string
	Spec *KernelSpec // nil if it is broken
	Err  error       // then why

	// Shadowed says that a directory before it in [KernelPath] has the same
	// name, which therefore does not lead here.
	Shadowed bool
}

// SpecDirs returns everything in [KernelPath] that is or is meant to be a
// kernelspec: also what is broken, and what others of the same name hide.
func SpecDirs() []SpecDir {
	var all []SpecDir
	for _, path := range KernelPath() {
		entries, err := os.ReadDir(path)
		if err != nil {
			continue // most of the directories do not exist
		}
		for _, e := range entries {
			dir := filepath.Join(path, e.Name())
			spec, err := ReadKernelSpec(dir)
			if !validName(e.Name()) || isNone(err) {
				continue
			}
			d := SpecDir{Name: strings.ToLower(e.Name()), Dir: dir, Spec: spec, Err: err}
			d.Shadowed = slices.ContainsFunc(all, func(o SpecDir) bool { return o.Name == d.Name })
			all = append(all, d)
		}
	}
	return all
}

// isNone says that an error of [ReadKernelSpec] is that the directory is no
// kernelspec and not meant to be one, or no directory.
func isNone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// KernelSpecs returns the kernelspecs that are installed, by name. Where
// several have the same name, the one that wins is returned. Broken ones are
// left out.
func KernelSpecs() []*KernelSpec {
	var specs []*KernelSpec
	for _, d := range SpecDirs() {
		known := func(s *KernelSpec) bool { return s.Name == d.Name }
		if d.Err == nil && !slices.ContainsFunc(specs, known) {
			specs = append(specs, d.Spec)
		}
	}
	slices.SortFunc(specs, func(a, b *KernelSpec) int { return strings.Compare(a.Name, b.Name) })
	return specs
}

// FindKernelSpec returns the kernelspec called name, which as in Jupyter does
// not depend on case. The error says which ones there are.
func FindKernelSpec(name string) (*KernelSpec, error) {
	if !validName(name) {
		return nil, nameError(name)
	}
	for _, dir := range KernelPath() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !strings.EqualFold(e.Name(), name) {
				continue
			}
			s, err := ReadKernelSpec(filepath.Join(dir, e.Name()))
			if !isNone(err) {
				return s, err
			}
		}
	}
	var names []string
	for _, s := range KernelSpecs() {
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("jupyter: no kernelspec %q, nor any other, in %s",
			name, strings.Join(KernelPath(), ", "))
	}
	return nil, fmt.Errorf("jupyter: no kernelspec %q; there are %s", name, strings.Join(names, ", "))
}

// Install writes s as the kernelspec name below kernelsDir, for instance
// filepath.Join(DataDir(), "kernels"), together with files (name to content,
// for instance logo-64x64.png), and returns its directory. What was there
// under the same name is replaced file by file.
func (s *KernelSpec) Install(kernelsDir, name string, files map[string][]byte) (string, error) {
	if !validName(name) {
		return "", nameError(name)
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", fmt.Errorf("jupyter: kernelspec %s: %w", name, err)
	}
	dir := filepath.Join(kernelsDir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("jupyter: kernelspec %s: %w", name, err)
	}
	for file, data := range files {
		if err := writeFile(filepath.Join(dir, filepath.Base(file)), data, 0o644); err != nil {
			return "", fmt.Errorf("jupyter: kernelspec %s: %w", name, err)
		}
	}
	// kernel.json last: with it the kernelspec exists.
	if err := writeFile(filepath.Join(dir, "kernel.json"), append(raw, '\n'), 0o644); err != nil {
		return "", fmt.Errorf("jupyter: kernelspec %s: %w", name, err)
	}
	return dir, nil
}
