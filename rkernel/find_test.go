//go:build linux || darwin

package rkernel

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// fakeR makes an R that says its home, with the files given.
func fakeR(t *testing.T, files map[string]string) string {
	t.Helper()
	home := filepath.Join(t.TempDir(), "R home é")
	command := filepath.Join(home, "bin", "R")
	script := "#!/bin/sh\nif [ -n \"$R_HOME\" ]; then echo WARNING; fi\necho '" + home + "'\n"
	for name, text := range files {
		write(t, filepath.Join(home, name), text)
	}
	if _, ok := files["bin/R"]; !ok {
		write(t, command, script)
	}
	if err := os.Chmod(command, 0o755); err != nil {
		t.Fatal(err)
	}
	return home
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFind(t *testing.T) {
	const description = "library/base/DESCRIPTION"
	lib := "lib/" + libName()
	home := fakeR(t, map[string]string{description: "Package: base\nVersion: 4.10.1\n", lib: ""})
	t.Setenv("R_HOME", "")
	for _, path := range []string{home, filepath.Join(home, "bin", "R")} {
		inst, err := Find(path)
		if err != nil || inst.Version != "4.10.1" || inst.Home != home {
			t.Errorf("Find(%q) = %+v, %v", path, inst, err)
		}
	}
	t.Setenv("R_HOME", home)
	if inst, err := Find(""); err != nil || inst.Home != home {
		t.Errorf("with R_HOME: %+v, %v", inst, err)
	}
	t.Setenv("R_HOME", "")
	t.Setenv("PATH", filepath.Join(home, "bin")+":"+os.Getenv("PATH"))
	if inst, err := Find(""); err != nil || inst.Home != home {
		t.Errorf("with PATH: %+v, %v", inst, err)
	}
}

func TestFindSaysWhatIsMissing(t *testing.T) {
	const description = "library/base/DESCRIPTION"
	lib := "lib/" + libName()
	t.Setenv("R_HOME", "")
	check := func(name, path string, want ...string) {
		t.Helper()
		_, err := Find(path)
		e, ok := errors.AsType[*InstallationError](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			return
		}
		for _, w := range append(want, "") {
			if !strings.Contains(e.Problem, w) {
				t.Errorf("%s: %q, want %q in it", name, e.Problem, w)
			}
		}
		if e.Remedy == "" {
			t.Errorf("%s: no remedy", name)
		}
	}
	check("old", fakeR(t, map[string]string{description: "Version: 4.1.3\n", lib: ""}), "4.1.3", "too old")
	check("very old", fakeR(t, map[string]string{description: "Version: 3.6.0\n", lib: ""}), "too old")
	check("no base", fakeR(t, nil), "broken", "base")
	check("no version", fakeR(t, map[string]string{description: "Package: base\n", lib: ""}), "version")
	check("no library", fakeR(t, map[string]string{description: "Version: 4.3.0\n"}), libName())
	check("failing", fakeR(t, map[string]string{"bin/R": "#!/bin/sh\necho broken >&2\nexit 3\n"}), "exit status 3", "broken")
	check("silent", fakeR(t, map[string]string{"bin/R": "#!/bin/sh\n"}), "says nothing")
	defer func(patience time.Duration) { rhomePatience = patience }(rhomePatience)
	rhomePatience = 100 * time.Millisecond
	check("hanging", fakeR(t, map[string]string{"bin/R": "#!/bin/sh\nexec sleep 60\n"}), "no answer within")
	check("not there", "/nonexistent/R", "/nonexistent/R", "--r")
	t.Setenv("R_HOME", "/nonexistent/home")
	check("R_HOME", "", "R_HOME", "/nonexistent/home")
	t.Setenv("R_HOME", "")
	t.Setenv("PATH", t.TempDir())
	check("no R", "", "no R in PATH")
}

func TestWithoutREveryCellSaysWhy(t *testing.T) {
	t.Setenv("R_HOME", "/nonexistent/home")
	r := New(nil)
	if err := r.Start(t.Context(), nil); err != nil {
		t.Errorf("Start: %v", err)
	}
	if _, err := r.execute(t.Context(), newRecorder(), cell{code: "1"}); err == nil || !strings.Contains(err.Error(), "R_HOME") {
		t.Errorf("execute: %v", err)
	}
	if info := r.Info(); info.Language.Name != "R" || info.Language.Version != "" {
		t.Errorf("Info: %+v", info)
	}
	r.Interrupt(nil)
	if err := r.Shutdown(t.Context(), false); err != nil {
		t.Error(err)
	}
}

// An R that is installed while the kernel runs is there for the next cell.
func TestRIsFoundAgain(t *testing.T) {
	real := findR(t)
	t.Setenv("R_HOME", "")
	bin := t.TempDir()
	path := os.Getenv("PATH")
	t.Setenv("PATH", bin)
	r := New(nil)
	t.Cleanup(func() { r.Shutdown(t.Context(), false) })
	run := func() ([]string, error) {
		rec := newRecorder()
		_, err := r.execute(t.Context(), rec, cell{code: "1"})
		return rec.all(), err
	}
	if got, err := run(); err == nil || !strings.Contains(err.Error(), "no R in PATH") {
		t.Errorf("without R: %q, %v", got, err)
	}
	if _, err := r.ready(); err == nil { // what is no cell does not look
		t.Error("R is ready")
	}
	t.Setenv("PATH", bin+":"+path)
	if err := os.Symlink(real.Path, filepath.Join(bin, "R")); err != nil {
		t.Fatal(err)
	}
	if got, err := run(); err != nil || !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("with R: %q, %v", got, err)
	}
	if info := r.Info(); info.Language.Version != real.Version {
		t.Errorf("Info: %+v", info)
	}
}

// A library that is no libR, and an R that starts but cannot be used, are said
// in the cell.
func TestBrokenLibraryIsSaidInTheCell(t *testing.T) {
	real := findR(t)
	home := fakeR(t, map[string]string{
		"library/base/DESCRIPTION": "Version: 4.2.2\n",
		"lib/" + libName():         "not a library",
		"bin/R":                    "",
	})
	script := "#!/bin/sh\nR_HOME='" + home + "'; export R_HOME\n" +
		"if [ \"$1\" = RHOME ]; then echo \"$R_HOME\"; exit; fi\nshift\nexec \"$@\"\n"
	write(t, filepath.Join(home, "bin", "R"), script)
	if err := os.Chmod(filepath.Join(home, "bin", "R"), 0o755); err != nil {
		t.Fatal(err)
	}
	inst := &Installation{Path: filepath.Join(home, "bin", "R"), Home: home, Version: real.Version}
	p, err := startProcess(inst, rArgs, newRecorder(), testLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.shutdown(t.Context()) })
	got := runCell(t, p, "1")
	if len(got) != 1 || !strings.HasPrefix(got[0], "error|RStartError|R's library cannot be opened: ") {
		t.Errorf("%q", got)
	}
	// And by the next one, which is told of no other R, and of no loss.
	r := New(&Config{R: inst.Path})
	t.Cleanup(func() { r.Shutdown(t.Context(), false) })
	for range 2 {
		rec := newRecorder()
		_, err := r.execute(t.Context(), rec, cell{code: "1"})
		if e, ok := errors.AsType[*kernel.Error](err); !ok || e.Name != "RStartError" || len(rec.all()) > 0 {
			t.Errorf("%v, and %q", err, rec.all())
		}
	}
}

// An R that ends while it starts is no loss, and only cells try to start it again.
func TestREndsWhileItStarts(t *testing.T) {
	home := fakeR(t, map[string]string{
		"library/base/DESCRIPTION": "Version: 4.2.2\n",
		"lib/" + libName():         "",
		"bin/R":                    "#!/bin/sh\nif [ \"$1\" = RHOME ]; then dirname \"$(dirname \"$0\")\"; exit; fi\necho no room >&2\nexit 3\n",
	})
	r := New(&Config{R: filepath.Join(home, "bin", "R")})
	t.Cleanup(func() { r.Shutdown(t.Context(), false) })
	for range 2 {
		rec := newRecorder()
		_, err := r.execute(t.Context(), rec, cell{code: "1"})
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Name != "RDied" || e.Value != "R ended while it started: exit status 3" ||
			strings.Contains(strings.Join(e.Traceback, "\n"), "lost") {
			t.Errorf("the cell: %#v", err)
		}
		if got := rec.all(); !slices.Equal(got, []string{"stderr|no room\n"}) {
			t.Errorf("shown: %q", got)
		}
		before := r.p
		if _, err := r.ready(); err == nil || r.p != before {
			t.Errorf("what is no cell: %v", err)
		}
	}
}
