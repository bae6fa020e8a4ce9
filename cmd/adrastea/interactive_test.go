package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// openPlain opens a terminal with the plain kernel at its first prompt.
func openPlain(t *testing.T, env ...string) *terminal {
	t.Helper()
	x := openTerminal(t, env, "--kernel", "plain")
	x.expect("Plain words\n\n>>> ")
	return x
}

func TestTerminalEditsLines(t *testing.T) {
	x := openPlain(t)
	x.line("say one", "\none\n>>> ")
	x.line("", "\n>>> ") // no code
	x.line(keyUp, "\none\n>>> ")
	x.line("sayy"+keyBackspace+" twoo"+keyBackspace, "\ntwo\n>>> ")
	x.line("ay three"+keyCtrlA+"s", "\nthree\n>>> ")
	x.line("say 日語"+keyLeft+"本", "\n日本語\n>>> ")
	x.line("say ab"+keyAppLeft+"-", "\na-b\n>>> ")
	// What is typed ahead is not lost.
	x.line("say four\rsay five\rsay six", "\nfour\n")
	x.expect("\nfive\n")
	x.expect("\nsix\n>>> ")
	x.keys(keyCtrlD)
	x.ends(0)
}

// Typographic quotes, Greek and accents are one column wide in every language.
func TestTerminalCountsColumns(t *testing.T) {
	for env, behind := range map[string]string{
		"LC_ALL=ja_JP.UTF-8": "\x1b[14G", "RUNEWIDTH_EASTASIAN=1": "\x1b[15G",
	} {
		t.Run(env, func(t *testing.T) {
			x := openPlain(t, env)
			x.line("say “日”"+keyLeft+"本", "\n“日本”\n>>> ")
			if !strings.Contains(x.written(), behind) { // where 本 was put in
				t.Errorf("the cursor was never moved by %q: %q", behind, x.written())
			}
		})
	}
}

func TestTerminalContinuesLines(t *testing.T) {
	x := openPlain(t)
	x.keys(`say one\` + "\r")
	x.expect("...   ") // the kernel's indent is there, to be edited
	x.line(keyBackspace+keyBackspace+"say two", "\none\\\ntwo\n>>> ")
	// Ctrl-C gives the whole piece up.
	x.keys(`say lost\` + "\r")
	x.expect("...   ")
	x.keys(keyCtrlC)
	x.expect("\n>>> ")
	x.line("say three", "\nthree\n>>> ")
	if strings.Contains(x.text(), "\r\nlost") {
		t.Error("code that was given up has run")
	}
}

func TestTerminalCompletes(t *testing.T) {
	x := openPlain(t)
	x.line("say pic\t", "\npicture\n>>> ")
	x.keys("say co\t\t") // two candidates: a list
	x.expect("colored")
	x.keys("m\t\r")
	x.expect("\ncomplain\n>>> ")
	x.line("say 日\t!", "\n日本語!\n>>> ")
	x.line("say two\t!", "\ntwo!\n>>> ") // what matches has no place in a line
	x.line("say wild\t!", "\nwild!\n>>> ")
	x.keys("\tsay") // at the start of a line it indents
	x.expect(">>>     say")
}

func TestTerminalAsksInPlace(t *testing.T) {
	x := openPlain(t)
	x.keys("ask name\r")
	x.expect("\nname? ")
	x.line("Ada", "\n<Ada>\n>>> ")
	// Text that was printed before is the prompt's beginning.
	x.keys("\x1b[200~part Your \nask name\x1b[201~\r")
	x.expect("\rYour name? ")
	x.line("Bob", "\n<Bob>\n>>> ")
	// A prompt that leaves no room for its answer stands above it.
	long := strings.Repeat("long ", 14)
	x.keys("ask \x1b[200~a\t" + long + "\x1b[201~\r")
	x.expect("\na " + long + "? \n")
	x.line("Cy", "Cy\n<Cy>\n>>> ")
	if err := pty.Setsize(x.tty, &pty.Winsize{Rows: 24, Cols: 40}); err != nil {
		t.Fatal(err)
	}
	x.line("ask half of the terminal", "\nhalf of the terminal? \n")
	x.line("Di", "Di\n<Di>\n>>> ")
	// Ctrl-D is an empty answer, Ctrl-C interrupts.
	x.keys("ask name\r")
	x.expect("\nname? ")
	x.keys(keyCtrlD)
	x.expect("\n<>\n>>> ")
	x.keys("ask name\r")
	x.expect("\nname? ")
	x.keys("unfinished" + keyCtrlC)
	x.expect("nterrupted")
	x.expect("\n>>> ")
	x.line("say alive", "\nalive\n>>> ")
}

func TestTerminalDoesNotEchoPasswords(t *testing.T) {
	for _, term := range []string{"xterm", "dumb"} {
		t.Run(term, func(t *testing.T) {
			x := openPlain(t, "TERM="+term)
			x.keys("secret pass\r")
			x.expect("\npass? ")
			shown := len(x.text())
			x.keys("hunter2\r")
			x.expect("<hunter2>\n>>> ") // by the kernel, which tells
			if got := x.text()[shown:]; strings.Count(got, "hunter2") != 1 {
				t.Errorf("the password was echoed: %q", got)
			}
			// And it is in no history.
			x.line("say done", "\ndone\n>>> ")
		})
	}
}

func TestTerminalInterrupts(t *testing.T) {
	for _, term := range []string{"xterm", "dumb"} {
		t.Run(term, func(t *testing.T) {
			x := openPlain(t, "TERM="+term)
			for range 3 {
				x.line("wait", "waiting\n")
				x.keys(keyCtrlC)
				x.expect("^C\nInterrupt: interrupted")
				x.expect("\n>>> ")
			}
			x.line("say alive", "\nalive\n>>> ")
		})
	}
}

func TestTerminalQuits(t *testing.T) {
	for name, c := range map[string]struct {
		keys   []string
		status int
	}{
		"Ctrl-D":           {[]string{keyCtrlD}, 0},
		"Ctrl-C twice":     {[]string{keyCtrlC, keyCtrlC}, 0},
		"code that quits":  {[]string{"quit 3\r"}, 3},
		"a kernel's death": {[]string{"die\r"}, 9},
	} {
		t.Run(name, func(t *testing.T) {
			x := openPlain(t)
			for _, key := range c.keys {
				x.keys(key)
			}
			x.ends(c.status)
		})
	}
	// One Ctrl-C is none, nor are two with something in between.
	x := openPlain(t)
	x.keys(keyCtrlC)
	x.expect("Ctrl-C once more")
	x.expect(">>> ")
	x.line("say still", "\nstill\n>>> ")
	x.keys(keyCtrlC)
	x.expect("Ctrl-C once more")
	x.expect(">>> ")
	x.keys("typed" + keyCtrlC)
	x.expect("\n>>> ")
	x.keys(keyCtrlC)
	x.expect("Ctrl-C once more")
	x.expect(">>> ")
	x.line("say there", "\nthere\n>>> ")
}

// Between two prompts the terminal makes a signal of Ctrl-C, which counts as well.
func TestTerminalQuitsAtAnyTime(t *testing.T) {
	x := openPlain(t)
	x.keys(keyCtrlC)
	x.expect("Ctrl-C once more")
	x.keys(keyCtrlC)
	x.ends(0)
}

// A signal at the prompt is a Ctrl-C there, and none of the code that runs next.
func TestTerminalSignalAtThePrompt(t *testing.T) {
	x := openPlain(t)
	interrupt := func() {
		if err := x.cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	interrupt()
	x.expect("Ctrl-C once more")
	x.line("say there", "\nthere\n>>> ")
	interrupt()
	x.expect("Ctrl-C once more")
	interrupt()
	x.ends(0)
}

func TestTerminalRemembers(t *testing.T) {
	state := t.TempDir()
	x := openPlain(t, "XDG_STATE_HOME="+state)
	x.line("say one", "\none\n>>> ")
	x.keys("\x1b[200~say two\nsay three\x1b[201~\r")
	x.expect("\ntwo\nthree\n>>> ")
	x.line(keyUp+keyUp, "\none\n>>> ")
	x.keys(keyCtrlD)
	x.ends(0)
	file := filepath.Join(state, "adrastea", "history-plain")
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("history: %v, %v; want mode 0600", st, err)
	}

	x = openPlain(t, "XDG_STATE_HOME="+state)
	x.line(keyUp, "\none\n>>> ")
	x.line(keyUp+keyUp, "\ntwo\nthree\n>>> ") // of several lines, whole
	x.keys(keyCtrlR + "say o")
	x.expect("say o")
	x.keys("\r")
	x.expect("\none\n>>> ")
}

func TestTerminalForgetsWhereNoHistoryIsWanted(t *testing.T) {
	state := t.TempDir()
	x := openPlain(t, "XDG_STATE_HOME="+state, "ADRASTEA_HISTORY=off")
	x.line("say one", "\none\n>>> ")
	x.line(keyUp, "\none\n>>> ")
	x.keys(keyCtrlD)
	x.ends(0)
	if files, err := os.ReadDir(state); err != nil || len(files) > 0 {
		t.Errorf("%v, %v; want no file", files, err)
	}
	x = openPlain(t, "XDG_STATE_HOME=/dev/null") // where there is no place for it
	x.line("say one", "\none\n>>> ")
	x.line(keyUp, "\none\n>>> ")
}

func TestTerminalPastesWithoutRunning(t *testing.T) {
	x := openPlain(t)
	x.keys("\x1b[200~say one\r\n\tsay two\n\x1b[201~")
	x.expect("say one␤␉say two")
	x.keys(keyCtrlC)
	x.expect("\n>>> ")
	x.keys("\x1b[200~say three\nsay fo\x1b[201~ur\r")
	x.expect("\nthree\nfour\n>>> ")
	// An answer is one line.
	x.keys("ask name\r")
	x.expect("\nname? ")
	x.line("\x1b[200~Ada\tByron\nLovelace\x1b[201~", "\n<Ada\tByron Lovelace>\n>>> ")
	if strings.Contains(x.text(), "\r\none") {
		t.Error("what was pasted ran before Enter was typed")
	}
}

// A terminal that does not say what is pasted sends it as if it were typed. The kernel
// is not asked after each line of one long expression of R's.
func TestTerminalAsksLittleAboutLongCode(t *testing.T) {
	const lines = 2000
	for _, term := range []string{"xterm", "dumb"} {
		x := openTerminal(t, []string{"PLAINKERN_LANGUAGE=R", "TERM=" + term}, "--kernel", "plain")
		x.expect("Plain words\n\n> ")
		x.keys("part (\\\r" + strings.Repeat("part a line of forty characters or so\\\r", lines) + "say )\r")
		x.expect("so\\)\n> ")
		x.line("asked", "asked\n")
		x.expect("\n> ")
		text := x.text()
		_, answer, _ := strings.Cut(text[strings.LastIndex(text, "asked\r\n"):], "\n")
		asked, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(answer, "> ")))
		if err != nil || asked > lines/2 {
			t.Errorf("%s: asked %d times about %d lines (%v)", term, asked, lines, err)
		}
	}
}

func TestTerminalWithoutControlSequences(t *testing.T) {
	x := openPlain(t, "TERM=dumb")
	x.line("say one", "\none\n>>> ")
	x.line(`say two\`, "... ")
	x.line("say three", "\ntwo\\\nthree\n>>> ")
	x.keys("ask name\r")
	x.expect("\nname? ")
	x.line("Ada", "\n<Ada>\n>>> ")
	x.keys("ask name\r")
	x.expect("\nname? ")
	x.keys(keyCtrlC)
	x.expect("nterrupted")
	x.expect("\n>>> ")
	x.keys("say half" + keyCtrlD + keyCtrlD) // the end of a line, where it has begun
	x.expect("half\n>>> ")
	x.keys(keyCtrlD)
	x.ends(0)
	if strings.Contains(x.written(), "\x1b") {
		t.Errorf("a dumb terminal got an escape sequence: %q", x.written())
	}
}

// Where the terminal does not say how wide it is, as in some containers, or is too
// narrow to edit in, lines are read as it gives them; where it is wide, they are edited.
func TestTerminalThatIsNarrow(t *testing.T) {
	for _, columns := range []uint16{0, 8} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			x := openShell(t, fmt.Sprintf("stty cols %d; exec adrastea console --kernel plain", columns))
			resize := func(columns uint16) {
				t.Helper()
				if err := pty.Setsize(x.tty, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
					t.Fatal(err)
				}
			}
			x.expect(">>> ")
			x.line("say one", "\none\n>>> ")
			x.keys("lost" + keyCtrlC)
			x.expect("to quit\n>>> ")
			x.line("ask name", "\nname? ")
			x.line("Ada", "<Ada>\n>>> ")
			for range 2 {
				resize(80)
				x.line("say two", "\ntwo\n>>> ") // asked for before
				x.line("ay three"+keyCtrlA+"s", "\nthree\n>>> ")
				x.line(keyUp+keyUp+" and", "\ntwo and\n>>> ")
				x.keys("said")
				x.expect("said")
				resize(columns)
				if columns > 0 {
					x.keys(keyCtrlC)
				} // else the line is lost
				x.expect("\n>>> ")
				x.line("say four", "\nfour\n>>> ")
			}
			x.keys(keyCtrlD)
			x.ends(0)
		})
	}
}

// A kernel that does not say whether code is complete is not waited for in vain.
func TestTerminalInterruptsAQuestionAboutCode(t *testing.T) {
	ponders := filepath.Join(t.TempDir(), "ponders")
	file := openFIFO(t, ponders)
	x := openPlain(t, "PLAINKERN_PONDERS="+ponders)
	pid := kernelPID(t, x) // it does say, as a rule
	x.keys("ponder\r")
	if _, err := file.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	x.keys(keyCtrlC)
	x.expect("\n>>> ")
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	x.line("say alive", "\nalive\n>>> ")
}

func TestTerminalTakesTheNextInput(t *testing.T) {
	x := openPlain(t)
	x.line("next say prepared", ">>> say prepared")
	x.line("!", "\nprepared!\n>>> ")
}

// TestTerminalIsGivenBack is about a console that a signal ends at its prompt:
// the terminal must be left as it was.
func TestTerminalIsGivenBack(t *testing.T) {
	x := openPlain(t)
	if err := x.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	x.ends(128 + int(syscall.SIGTERM))
	mode, err := unix.IoctlGetTermios(int(x.tty.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(unix.ICANON | unix.ECHO | unix.ISIG); uint64(mode.Lflag)&want != want {
		t.Errorf("terminal flags %#x, want %#x among them", mode.Lflag, want)
	}
	if !strings.HasSuffix(x.written(), pasteOff+"\r\n") && !strings.HasSuffix(x.written(), pasteOff) {
		t.Errorf("bracketed paste is left on: %q", x.written())
	}
}

// A terminal may go away without a signal, as under nohup.
func TestTerminalGoesAway(t *testing.T) {
	for _, term := range []string{"xterm", "dumb"} {
		x := openShell(t, "trap '' HUP; TERM="+term+" exec adrastea console --kernel plain")
		x.expect(">>> ")
		pid := kernelPID(t, x)
		x.line("later tick", "later tick\n>>> ")
		x.tty.Close() // which comes to pass when the read that waits has returned
		if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		select {
		case <-x.done: // with 1, if it has something to show meanwhile
		case <-time.After(expectTimeout):
			t.Fatal("the console does not end")
		}
	}
}

// TestTerminalIsSuspended is about Ctrl-Z, which gives the terminal to the shell
// at a prompt, where it is a key of the editor's, as while code runs.
func TestTerminalIsSuspended(t *testing.T) {
	x := openShell(t, "set -m; adrastea console --kernel plain; echo stopped; fg; echo again; fg")
	x.expect(">>> ")
	x.keys("say typed" + keyCtrlZ)
	x.expect("\nstopped\n")
	x.expect(">>> say typed")
	x.line(" before", "\ntyped before\n>>> ")
	x.line("wait", "waiting\n")
	x.keys(keyCtrlZ)
	x.expect("again\n")
	x.awaitJob() // or the shell is interrupted
	x.keys(keyCtrlC)
	x.expect("interrupted")
	x.expect("\n>>> ")
	x.keys(keyCtrlD)
	x.ends(0)
}

// TestTerminalWithCode is about -e where there is somebody to answer.
func TestTerminalWithCode(t *testing.T) {
	x := openTerminal(t, nil, "--kernel", "plain", "-e", "ask name", "-e", "secret pass", "-e", "wait")
	x.expect("name? ")
	x.line("Ada", "\n<Ada>\n")
	x.expect("pass? ")
	x.line("hunter2", "\n<hunter2>\n")
	x.expect("waiting\n")
	x.keys(keyCtrlC)
	x.ends(interruptStatus)
}

// kernelPID asks the plain kernel for its process.
func kernelPID(t *testing.T, x *terminal) int {
	t.Helper()
	x.line("pid", "\n")
	x.expect("\n>>> ")
	fields := strings.Fields(x.text())
	pid, err := strconv.Atoi(fields[len(fields)-2]) // before the prompt
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestTerminalNoticesTheKernelsDeath is about a kernel that dies while nothing
// runs, so that no request of the user could notice.
func TestTerminalNoticesTheKernelsDeath(t *testing.T) {
	for _, term := range []string{"xterm", "dumb"} {
		t.Run(term, func(t *testing.T) {
			x := openPlain(t, "TERM="+term)
			if err := syscall.Kill(kernelPID(t, x), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			x.expect("\nadrastea: the kernel ended: signal 9 (killed)\n")
			x.ends(128 + 9)
		})
	}
}
