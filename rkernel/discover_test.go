//go:build linux || darwin

package rkernel

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDiscoverFindsEachROnce(t *testing.T) {
	const description = "library/base/DESCRIPTION"
	lib := "lib/" + libName()
	one := fakeR(t, map[string]string{description: "Version: 4.3.1\n", lib: ""})
	two := fakeR(t, map[string]string{description: "Version: 4.4.2\n", lib: ""})
	old := fakeR(t, map[string]string{description: "Version: 4.1.3\n", lib: ""})
	base := fakeR(t, map[string]string{description: "Version: 4.5.0\n", lib: ""})
	mamba := fakeR(t, map[string]string{description: "Version: 4.3.0\n", lib: ""})
	home := t.TempDir()
	conda := filepath.Join(home, "miniforge3", "envs", "stats é 1")
	write(t, filepath.Join(conda, "x"), "")
	if err := os.Symlink(filepath.Join(two, "bin"), filepath.Join(conda, "bin")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(base, "bin"), filepath.Join(home, "miniforge3", "bin")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".conda", "environments.txt"), old+"\n\n/no/such/env\n"+conda+"\n"+old+"\n")
	links := t.TempDir() // as /usr/bin has a link to R
	if err := os.Symlink(filepath.Join(one, "bin", "R"), filepath.Join(links, "R")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("R_HOME", "")
	t.Setenv("CONDA_PREFIX", "")
	t.Setenv("CONDA_EXE", filepath.Join(mamba, "condabin", "conda"))
	t.Setenv("PATH", links+":/no/such/bin::"+filepath.Join(one, "bin")+":"+os.Getenv("PATH"))

	var got []string
	for _, c := range Discover() {
		version := "unusable"
		if c.Err == nil {
			version = c.Installation.Version
		}
		if c.Origin == "conda" || strings.HasPrefix(c.Command, links) || strings.HasPrefix(c.Command, one) {
			got = append(got, c.Origin+" "+c.Command+" "+version)
		}
	}
	want := []string{
		"PATH " + filepath.Join(links, "R") + " 4.3.1",
		"conda " + filepath.Join(old, "bin", "R") + " unusable",
		"conda " + filepath.Join(conda, "bin", "R") + " 4.4.2",
		"conda " + filepath.Join(mamba, "bin", "R") + " 4.3.0",
		"conda " + filepath.Join(home, "miniforge3", "bin", "R") + " 4.5.0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Discover() found\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	t.Setenv("R_HOME", two)
	if first := Discover()[0]; first.Origin != "R_HOME" || first.Installation.Home != two {
		t.Errorf("with R_HOME the first one is %+v", first)
	}
}
