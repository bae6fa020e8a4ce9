package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

const areaFrontEnds = "Front ends"

// frontEndPatience bounds how long a program may take to answer.
const frontEndPatience = 20 * time.Second

// pythonFrontEnds are commands and the Python distributions they are part of.
// Their versions are read from disk: each of them takes seconds to start.
var pythonFrontEnds = []struct{ command, distribution, name string }{
	{"jupyter-lab", "jupyterlab", "JupyterLab"},
	{"jupyter-notebook", "notebook", "Notebook"},
	{"jupyter-console", "jupyter_console", "Jupyter console"},
	{"jupyter-qtconsole", "qtconsole", "Qt console"},
	{"jupyter-nbconvert", "nbconvert", "nbconvert"},
}

// examineFrontEnds looks for front ends. It also returns where Jupyter itself
// looks for kernels, nil if there is no Jupyter to ask.
func examineFrontEnds(ctx context.Context) (findings, *jupyterPaths) {
	var wg sync.WaitGroup
	var paths *jupyterPaths
	wg.Go(func() { paths = askJupyter(ctx) })
	var f findings
	for _, p := range pythonFrontEnds {
		if path, err := exec.LookPath(p.command); err == nil {
			f.add(areaFrontEnds, fine, fmt.Sprintf("%s%s (%s)", p.name, distVersion(path, p.distribution), path), "")
		}
	}
	if path, err := exec.LookPath("quarto"); err == nil {
		if out, err := ask(ctx, path, "--version"); err != nil {
			f.add(areaFrontEnds, warning, fmt.Sprintf("Quarto (%s) does not run: %v", path, err), "Install it again, or take it out of PATH.")
		} else {
			f.add(areaFrontEnds, fine, fmt.Sprintf("Quarto %s (%s)", firstLine(strings.TrimSpace(out)), path), "")
		}
	}
	for _, e := range editors() {
		f.add(areaFrontEnds, fine, e, "")
	}
	if len(f) == 0 {
		f.add(areaFrontEnds, note, "no Jupyter front end was found",
			"'adrastea console' needs none. For notebooks: pip install jupyterlab, or VS Code with its Jupyter extension.")
	}
	wg.Wait()
	return f, paths
}

var versionNumber = regexp.MustCompile(`[0-9]+(\.[0-9A-Za-z]+)+`)

// distVersion is " " and the version of the Python distribution that a command
// belongs to, or "" where it does not lie beside it.
func distVersion(path, distribution string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	prefix := filepath.Dir(filepath.Dir(real))
	for _, place := range []string{"lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages"} {
		dirs, _ := filepath.Glob(filepath.Join(prefix, place, distribution+"-*.*-info"))
		if len(dirs) > 0 {
			name := strings.TrimSuffix(filepath.Base(dirs[0]), filepath.Ext(dirs[0])) // without .dist-info
			return " " + versionNumber.FindString(strings.TrimPrefix(name, distribution))
		}
	}
	return ""
}

// ask runs a program and returns what it writes. An error has the last line of
// what it wrote to standard error.
func ask(ctx context.Context, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, frontEndPatience, fmt.Errorf("no answer within %v", frontEndPatience))
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return "", cause
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
		return "", fmt.Errorf("%v %s", err, lines[len(lines)-1])
	}
	return out.String(), nil
}

// jupyterPaths are the directories that Jupyter itself uses.
type jupyterPaths struct {
	Data    []string `json:"data"`
	Runtime []string `json:"runtime"`
}

// looksIn says that Jupyter finds kernelspecs in kernelsDir.
func (p *jupyterPaths) looksIn(kernelsDir string) bool {
	return slices.ContainsFunc(p.Data, func(dir string) bool {
		return samePath(filepath.Join(dir, "kernels"), kernelsDir)
	})
}

func samePath(a, b string) bool {
	if real, err := filepath.EvalSymlinks(a); err == nil {
		a = real
	}
	if real, err := filepath.EvalSymlinks(b); err == nil {
		b = real
	}
	return filepath.Clean(a) == filepath.Clean(b)
}

// askJupyter asks the jupyter command for its directories.
func askJupyter(ctx context.Context) *jupyterPaths {
	path, err := exec.LookPath("jupyter")
	if err != nil {
		return nil
	}
	out, err := ask(ctx, path, "--paths", "--json")
	if err != nil {
		return nil
	}
	var p jupyterPaths
	if json.Unmarshal([]byte(out), &p) != nil || len(p.Data) == 0 {
		return nil
	}
	return &p
}

// editors are editors with Jupyter's extension, which lie in the user's home.
func editors() []string {
	home := jupyter.HomeDir()
	if home == "" {
		return nil
	}
	kinds := []struct{ dir, name string }{
		{".vscode", "VS Code"}, {".vscode-server", "VS Code (remote)"},
		{".vscode-insiders", "VS Code Insiders"}, {".vscode-oss", "VSCodium"},
		{".positron", "Positron"}, {".cursor", "Cursor"},
	}
	var found []string
	for _, k := range kinds {
		dirs, _ := filepath.Glob(filepath.Join(home, k.dir, "extensions", "ms-toolsai.jupyter-[0-9]*"))
		if len(dirs) == 0 {
			continue
		}
		newest := filepath.Base(dirs[len(dirs)-1])
		found = append(found, fmt.Sprintf("%s with its Jupyter extension %s", k.name, versionNumber.FindString(newest)))
	}
	return found
}
