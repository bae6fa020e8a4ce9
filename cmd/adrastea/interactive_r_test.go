package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

// openR opens a terminal with R at its first prompt.
func openR(t *testing.T, env ...string) *terminal {
	t.Helper()
	testenv.Command(t, "R")
	x := openTerminal(t, env, "--quiet")
	x.expect("> ")
	return x
}

func TestTerminalIsLikeRs(t *testing.T) {
	x := openR(t)
	x.line("1 + 1", "\n[1] 2\n> ")
	x.keys("f <- function(x) {\r")
	x.expect("\n+ ")
	x.keys("\tx * 2\r")
	x.expect("+   x * 2\n+ ")
	x.line("}", "\n> ")
	x.line("f(21)", "\n[1] 42\n> ")
	x.line("stop('no')", "\nError: no\n> ")
	x.line("cat('no line end')", "\nno line end")
	x.expect("\rno line end> ")
	x.line("message('aside')", "\naside\n> ")
	x.line("Sys.getpi\t", "\n") // completed
	x.expect("\n> ")
	x.line("plot(1)", "\nplot saved to ")
	x.expect("plot-001.png\n> ")
	x.line("?mean", "Arithmetic Mean")
	x.expect("\n> ")
	x.keys("quit(status = 3)\r")
	x.ends(3)
}

func TestTerminalAnswersR(t *testing.T) {
	x := openR(t)
	x.keys("x <- readline('who? ')\r")
	x.expect("\nwho? ")
	x.line("Ada", "\n> ")
	x.line("nchar(x)", "\n[1] 3\n> ")
	x.keys("readline('\\a? ')\r") // what is not printed is no part of a prompt
	x.expect("\n? ")
	x.line("", "\n[1] \"\"\n> ")
	x.keys("menu(c('one', 'two'))\r")
	x.expect("\n1: one\n2: two\n\nSelection: ")
	x.line("2", "\n[1] 2\n> ")
	x.keys("scan(n = 2)\r")
	x.expect("\n1: ")
	x.line("4 5", "\nRead 2 items\n[1] 4 5\n> ")
	x.keys("getOption('askpass')('pass? ')\r")
	x.expect("\npass? ")
	shown := len(x.text())
	x.line("hunter2", "\n[1] \"hunter2\"\n> ")
	if n := strings.Count(x.text()[shown:], "hunter2"); n != 1 {
		t.Errorf("the password is shown %d times, want once, by R", n)
	}
	x.keys("g <- function() { browser(); 7 }; g()\r")
	x.expect("Browse[1]> ")
	x.line("c", "\n[1] 7\n> ")
}

// A profile that asks does so when there is code to run. Ctrl-C discards that, too.
func TestTerminalInterruptsTheQuestionOfAProfile(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "profile.R")
	if err := os.WriteFile(profile, []byte("x <- readline('ready? ')\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := openR(t, "R_PROFILE_USER="+profile)
	x.line("cat('gone')", "\nready? ")
	x.keys(keyCtrlC)
	x.expect("\n> ")
	x.line("1 + 1", "\n[1] 2\n> ")
	if strings.Contains(x.text(), "\ngone") {
		t.Error("code that was given up has run")
	}
}

func TestTerminalInterruptsR(t *testing.T) {
	x := openR(t)
	for _, code := range []string{
		"cat('go\\n'); while (TRUE) {}",
		"cat('go\\n'); Sys.sleep(1000)",
		"cat('go\\n'); system('sleep 1000')",
	} {
		x.keys(code + "\r")
		x.expect("\ngo\n")
		x.keys(keyCtrlC)
		x.expect("\n> ")
	}
	x.keys("readline('? ')\r")
	x.expect("\n? ")
	x.keys(keyCtrlC)
	x.expect("\n> ")
	x.line("1", "\n[1] 1\n> ")
}
