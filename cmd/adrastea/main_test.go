package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
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
			"status":   statusCommand,
			"oneline":  oneLine,
			"waitfile": waitFile,
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
	deadline := time.Now().Add(30 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
		conn, err := jupyter.ReadConnectionFile(ts.MkAbs(args[0]))
		if err == nil && conn.Ports[jupyter.Heartbeat] != 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no kernel wrote %s: %v", args[0], err)
		}
	}
}
