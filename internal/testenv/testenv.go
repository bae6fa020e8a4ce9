// Package testenv finds what tests need from outside the module: a Python with
// Jupyter's libraries, R, a C compiler.
//
// Where such a peer is missing the test is skipped, so that `go test ./...`
// works on any machine. `make test` installs the peers first and sets
// ADRASTEA_REQUIRE=1, which turns a missing peer into a failure.
package testenv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Required reports whether a missing peer is a failure.
func Required() bool { return os.Getenv("ADRASTEA_REQUIRE") == "1" }

// Missing ends the test because what is not there: as a failure where peers
// are required, as a skip where they are not.
func Missing(t testing.TB, what string) {
	t.Helper()
	if Required() {
		t.Fatalf("%s is missing, and ADRASTEA_REQUIRE=1 forbids skipping; `make test` installs it", what)
		return
	}
	t.Skipf("%s is missing; `make test` installs it", what)
}

// Python returns the path of a Python that can import modules: the one that
// ADRASTEA_PYTHON names, else the module's own virtual environment, else
// python3 on the PATH.
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	for _, python := range pythons(t) {
		if len(modules) == 0 || canImport(python, modules) {
			return python
		}
	}
	Missing(t, "a Python with "+strings.Join(modules, ", "))
	return ""
}

// pythons lists the candidates that exist, best first.
func pythons(t testing.TB) []string {
	var found []string
	if python := os.Getenv("ADRASTEA_PYTHON"); python != "" {
		return []string{python}
	}
	venv := filepath.Join(Root(t), ".cache", "venv", "bin", "python")
	if _, err := os.Stat(venv); err == nil {
		found = append(found, venv)
	}
	if python, err := exec.LookPath("python3"); err == nil {
		found = append(found, python)
	}
	return found
}

var imports sync.Map // "python\x00module,module" to bool: what canImport found

// canImport asks python once for each set of modules.
func canImport(python string, modules []string) bool {
	list := strings.Join(modules, ",")
	key := python + "\x00" + list
	if known, ok := imports.Load(key); ok {
		return known.(bool)
	}
	ok := exec.Command(python, "-c", "import "+list).Run() == nil
	imports.Store(key, ok)
	return ok
}

// Command returns the path of a command on the PATH, such as R or cc.
func Command(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, "the command "+name)
	}
	return path
}

// RPackage ends the test unless R can load the package.
func RPackage(t testing.TB, name string) {
	t.Helper()
	rscript := Command(t, "Rscript")
	if exec.Command(rscript, "-e", "loadNamespace('"+name+"')").Run() != nil {
		Missing(t, "the R package "+name)
	}
}

// OwnHost is a loopback address that is this process's own. A port of it can be
// given up and bound again; of 127.0.0.1's, another process may have it by then.
func OwnHost() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1" // the only one there
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 64|pid>>16&63, pid>>8&255, pid&255)
}

// Root returns the directory that holds the whole repository, also for a
// test of a nested module.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "LICENSE"))
		if err == nil {
			return dir
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			t.Fatalf("no directory above the test holds this repository: %v", err)
		}
		dir = filepath.Dir(dir)
	}
}
