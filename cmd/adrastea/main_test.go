package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/rkernel"
)

// TestMain makes this test binary the commands of the tests: adrastea itself,
// and a kernel of another language.
func TestMain(m *testing.M) {
	// Or each of them would sleep for a second when it ends under -race.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	testscript.Main(m, map[string]func(){
		"adrastea":  main,
		"plainkern": plainKernel,
	})
}

// scripts runs the scripts of a directory.
func scripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", dir),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			home := env.Getenv("WORK")
			for name, value := range map[string]string{
				"HOME":                home,
				"TMPDIR":              home, // short: sockets live below it
				"JUPYTER_DATA_DIR":    filepath.Join(home, "data"),
				"JUPYTER_RUNTIME_DIR": filepath.Join(home, "run"),
				"JUPYTER_PATH":        filepath.Join(home, "jupyter"),
				"XDG_STATE_HOME":      filepath.Join(home, "state"),
				"LC_ALL":              "C.UTF-8",
				"GORACE":              os.Getenv("GORACE"),
				"R_HOME":              "",
				"VIRTUAL_ENV":         "",
				"CONDA_PREFIX":        "",
			} {
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":    statusCommand,
			"oneline":   oneLine,
			"waitfile":  waitFile,
			"another-r": anotherR,
		},
	})
}

// TestScripts runs the commands where there may be no R.
func TestScripts(t *testing.T) { scripts(t, "script") }

// TestScriptsWithR runs them with R.
func TestScriptsWithR(t *testing.T) {
	testenv.Command(t, "R")
	scripts(t, "script-r")
}

// statusCommand is "status N command...": the command must exit with status N.
func statusCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [argument...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		if _, serr := fmt.Sscanf(err.Error(), "exit status %d", &got); serr != nil {
			ts.Fatalf("%v: %v", args[1:], err)
		}
	}
	if got != want {
		ts.Fatalf("%v: exit status %d, want %d\n%s", args[1:], got, want, ts.ReadFile("stderr"))
	}
}

// oneLine is "oneline": what the last command wrote to standard error is one
// line, and not the end of a program that broke.
func oneLine(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile("stderr")
	if lines := strings.Count(text, "\n"); lines != 1 {
		ts.Fatalf("%d lines on standard error, want 1:\n%s", lines, text)
	}
	if strings.Contains(text, "goroutine ") || strings.Contains(text, "panic") {
		ts.Fatalf("the program broke:\n%s", text)
	}
}

// waitFile is "waitfile FILE": it waits until FILE is a connection file with
// ports.
func waitFile(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(awaitKernel(ts.MkAbs(args[0])))
}

// awaitKernel waits until file is a connection file with ports.
func awaitKernel(file string) error {
	deadline := time.Now().Add(30 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
		conn, err := jupyter.ReadConnectionFile(file)
		if err == nil && conn.Ports[jupyter.Heartbeat] != 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no kernel wrote %s: %v", file, err)
		}
	}
}

// anotherR is "another-r PREFIX": it makes an R of its own home below PREFIX, as
// conda lays it out, of the files of the R in PATH.
func anotherR(ts *testscript.TestScript, neg bool, args []string) {
	r, err := rkernel.Find("")
	ts.Check(err)
	prefix := ts.MkAbs(args[0])
	home := filepath.Join(prefix, "lib", "R")
	ts.Check(os.MkdirAll(filepath.Join(home, "bin"), 0o755))
	ts.Check(os.MkdirAll(filepath.Join(prefix, "bin"), 0o755))
	for _, dir := range []string{r.Home, filepath.Join(r.Home, "bin")} {
		entries, err := os.ReadDir(dir)
		ts.Check(err)
		for _, e := range entries {
			rel, err := filepath.Rel(r.Home, filepath.Join(dir, e.Name()))
			ts.Check(err)
			if rel != "bin" && rel != "bin/R" {
				ts.Check(os.Symlink(filepath.Join(dir, e.Name()), filepath.Join(home, rel)))
			}
		}
	}
	script, err := os.ReadFile(filepath.Join(r.Home, "bin", "R"))
	ts.Check(err)
	line := regexp.MustCompile(`(?m)^R_HOME_DIR=.*$`)
	script = line.ReplaceAllLiteral(script, []byte("R_HOME_DIR='"+home+"'"))
	ts.Check(os.WriteFile(filepath.Join(home, "bin", "R"), script, 0o755))
	ts.Check(os.WriteFile(filepath.Join(prefix, "bin", "R"), script, 0o755))
}
