package rkernel

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A Candidate is an R command that [Discover] came upon.
type Candidate struct {
	Command string // its absolute path
	Origin  string // why it was looked at: "R_HOME", "PATH", "conda", or a directory

	// Installation is what it is, nil if it cannot be used; Err says why not.
	Installation *Installation
	Err          error
}

// Discover looks for every R of this machine: R_HOME, PATH, the places where
// distributions, R's own installer, rig and Posit's builds put R, and conda
// environments. Each R is there once, under the first command that leads to it;
// what [Find] would choose comes first. Commands that cannot be used have an
// error.
//
// It runs "R RHOME" for each command, which takes milliseconds.
func Discover() []Candidate {
	var found []Candidate
	seen := map[string]bool{} // commands and homes, links resolved
	for _, c := range commands() {
		if !exists(c.Command) || seen[resolved(c.Command)] {
			continue
		}
		seen[resolved(c.Command)] = true
		c.Installation, c.Err = look(c.Command)
		if c.Err == nil {
			home := resolved(c.Installation.Home)
			if seen[home] {
				continue
			}
			seen[home] = true
		}
		found = append(found, c)
	}
	return found
}

// resolved is path without symbolic links.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// commands are the places where an R command may be.
func commands() []Candidate {
	var list []Candidate
	add := func(origin string, paths ...string) {
		for _, path := range paths {
			if abs, err := filepath.Abs(path); err == nil {
				list = append(list, Candidate{Command: abs, Origin: origin})
			}
		}
	}
	if home := os.Getenv("R_HOME"); home != "" {
		add("R_HOME", filepath.Join(home, "bin", "R"))
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if dir != "" {
			add("PATH", filepath.Join(dir, "R"))
		}
	}
	for _, pattern := range systemPlaces() {
		matches, _ := filepath.Glob(pattern) // the patterns are constant
		for _, path := range matches {
			add(filepath.Dir(filepath.Dir(path)), path)
		}
	}
	for _, prefix := range condaPrefixes() {
		add("conda", filepath.Join(prefix, "bin", "R"))
	}
	return list
}

// systemPlaces are patterns of R commands outside of PATH.
func systemPlaces() []string {
	if runtime.GOOS == "darwin" {
		return []string{
			"/Library/Frameworks/R.framework/Versions/*/Resources/bin/R", // R's installer and rig
			"/opt/homebrew/bin/R", "/usr/local/bin/R", "/opt/R/*/bin/R",
		}
	}
	return []string{
		"/usr/bin/R", "/usr/local/bin/R", // what the distribution has, and make install
		"/usr/lib/R/bin/R", "/usr/lib64/R/bin/R", "/usr/local/lib/R/bin/R", "/usr/local/lib64/R/bin/R",
		"/opt/R/*/bin/R", // rig and Posit's builds
	}
}

// condaPrefixes are the environments of conda, mamba, micromamba and pixi that
// are known without asking them: those conda has written down, those of the
// usual roots, the active one.
func condaPrefixes() []string {
	prefixes := []string{os.Getenv("CONDA_PREFIX")}
	home := jupyter.HomeDir()
	roots := []string{os.Getenv("MAMBA_ROOT_PREFIX"), os.Getenv("CONDA_ROOT")}
	if exe := os.Getenv("CONDA_EXE"); exe != "" {
		roots = append(roots, filepath.Dir(filepath.Dir(exe)))
	}
	if home != "" {
		prefixes = append(prefixes, condaList(filepath.Join(home, ".conda", "environments.txt"))...)
		roots = append(roots, filepath.Join(home, ".conda"), filepath.Join(home, ".pixi"))
	}
	for _, dir := range []string{home, "/opt"} {
		for _, name := range []string{"miniforge3", "mambaforge", "miniconda3", "anaconda3", "micromamba", "conda"} {
			if dir != "" {
				roots = append(roots, filepath.Join(dir, name))
			}
		}
	}
	for _, root := range roots {
		if root == "" {
			continue
		}
		prefixes = append(prefixes, root)
		entries, _ := os.ReadDir(filepath.Join(root, "envs")) // most do not exist
		for _, e := range entries {
			prefixes = append(prefixes, filepath.Join(root, "envs", e.Name()))
		}
	}
	return nonEmpty(prefixes)
}

// condaList reads conda's list of environments, one path a line.
func condaList(file string) []string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	var prefixes []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		prefixes = append(prefixes, strings.TrimSpace(lines.Text()))
	}
	return prefixes
}

func nonEmpty(list []string) []string {
	var kept []string
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}
