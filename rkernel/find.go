package rkernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// oldest is the oldest R whose C interface and graphics engine package host knows; see
// host/shims.h and host/engine.h.
var oldest = [2]int{4, 2}

// An Installation is an R that can be used.
type Installation struct {
	Path    string // the R command
	Home    string // its R_HOME
	Version string // for instance 4.2.2
}

// An InstallationError says why there is no usable R, and what to do.
type InstallationError struct {
	Problem string // what is missing
	Remedy  string // how to get it
}

func (e *InstallationError) Error() string { return "rkernel: " + e.Problem + "\n" + e.Remedy }

const installR = `Install R 4.2 or later: "apt install r-base" on Debian and Ubuntu, ` +
	`"dnf install R" on Fedora, otherwise see https://cran.r-project.org`

// isScarcity says that err is for want of processes, open files or memory, and says
// nothing of R.
func isScarcity(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EMFILE) ||
		errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

func scarcityError(what string, err error) *InstallationError {
	return &InstallationError{
		Problem: fmt.Sprintf("cannot %s now: %v", what, err),
		Remedy: "There are too many processes or open files, or too little memory, on this machine " +
			"or by the limits of its user (ulimit -a). End what is not needed, and try again."}
}

// Find looks for R. path is the R command, or a directory with bin/R in it; if
// it is empty, R is $R_HOME/bin/R where R_HOME is set, and otherwise the first
// R in PATH. The error is an [*InstallationError] that says what is missing
// and how to get it.
func Find(path string) (*Installation, error) {
	command, err := findCommand(path)
	if err != nil {
		return nil, err
	}
	return look(command)
}

// look finds out what the R command is.
func look(command string) (*Installation, error) {
	home, err := askHome(command)
	if err != nil {
		return nil, err
	}
	version, err := readVersion(home)
	if isScarcity(err) {
		return nil, scarcityError("look at "+command, err)
	}
	if err != nil {
		return nil, &InstallationError{
			Problem: fmt.Sprintf("%s is broken: its home %s has no base package (%v)", command, home, err),
			Remedy:  "Install it again, or choose another one with --r. " + installR}
	}
	if !recent(version) {
		return nil, &InstallationError{
			Problem: fmt.Sprintf("%s is R %s, which is too old", command, version),
			Remedy:  installR}
	}
	if lib := filepath.Join(home, "lib", libName()); !exists(lib) {
		return nil, &InstallationError{
			Problem: fmt.Sprintf("%s (R %s) has no shared library %s", command, version, lib),
			Remedy:  "Use an R that was built with --enable-R-shlib, as those of Debian, Fedora, conda and CRAN are."}
	}
	return &Installation{Path: command, Home: home, Version: version}, nil
}

func libName() string {
	if runtime.GOOS == "darwin" {
		return "libR.dylib"
	}
	return "libR.so"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func findCommand(path string) (string, error) {
	origin := "--r"
	if path == "" {
		path, origin = os.Getenv("R_HOME"), "R_HOME"
	}
	if path == "" {
		command, err := exec.LookPath("R")
		if err != nil {
			return "", &InstallationError{Problem: "there is no R in PATH", Remedy: installR}
		}
		return filepath.Abs(command)
	}
	if info, err := os.Stat(path); origin == "R_HOME" || err == nil && info.IsDir() {
		path = filepath.Join(path, "bin", "R")
	}
	command, err := exec.LookPath(path)
	if err != nil {
		return "", &InstallationError{
			Problem: fmt.Sprintf("%s names an R that cannot be run: %s: %v", origin, path, reason(err)),
			Remedy:  fmt.Sprintf("Correct %s, or leave it out to use the R in PATH. %s", origin, installR)}
	}
	return filepath.Abs(command)
}

// reason is what is wrong with a command, without its name.
func reason(err error) error {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return err
}

// rhomePatience is how long R's front-end script may take, which needs
// milliseconds: an R on a file system that does not answer is none.
var rhomePatience = 20 * time.Second

// askHome runs R's own front-end script, which knows its home.
func askHome(command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), rhomePatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, "RHOME")
	cmd.WaitDelay = time.Second // a child of the script may hold its output open
	cmd.Env = withoutRHome(os.Environ())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	said := strings.TrimSpace(out.String())
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("no answer within %v", rhomePatience)
	case err == nil && said == "":
		err = errors.New("it says nothing")
	}
	if isScarcity(err) {
		return "", scarcityError("run "+command, err)
	}
	if err != nil {
		return "", &InstallationError{
			Problem: fmt.Sprintf("%s RHOME fails: %v %s", command, err, strings.TrimSpace(errs.String())),
			Remedy:  "Install R again, or choose another one with --r. " + installR}
	}
	return said[strings.LastIndexByte(said, '\n')+1:], nil
}

// withoutRHome leaves R_HOME out: the front-end script sets it, and warns
// about any other value.
func withoutRHome(env []string) []string {
	var kept []string
	for _, v := range env {
		if !strings.HasPrefix(v, "R_HOME=") {
			kept = append(kept, v)
		}
	}
	return kept
}

var versionLine = regexp.MustCompile(`(?m)^Version:[ \t]*([0-9]+\.[0-9]+\.[0-9]+)`)

func readVersion(home string) (string, error) {
	text, err := os.ReadFile(filepath.Join(home, "library", "base", "DESCRIPTION"))
	if err != nil {
		return "", err
	}
	m := versionLine.FindSubmatch(text)
	if m == nil {
		return "", errors.New("its DESCRIPTION names no version")
	}
	return string(m[1]), nil
}

func recent(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	major, _ := strconv.Atoi(parts[0]) // digits, by versionLine
	minor, _ := strconv.Atoi(parts[1])
	return major > oldest[0] || major == oldest[0] && minor >= oldest[1]
}
