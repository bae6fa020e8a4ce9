package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Another program that shares the output may have made it non-blocking (node, ssh): what
// it does not take now is written later.
func TestOutputThatDoesNotBlock(t *testing.T) {
	for name, other := range map[string]string{"stdout": "say", "stderr": "complain"} {
		t.Run(name, func(t *testing.T) {
			var pipe [2]int
			if err := unix.Pipe(pipe[:]); err != nil {
				t.Fatal(err)
			}
			reader, writer := os.NewFile(uintptr(pipe[0]), "reader"), os.NewFile(uintptr(pipe[1]), "writer")
			defer reader.Close()
			defer writer.Close()
			args := []string{"console", "--kernel", "plain", "-e", other + " ready"}
			want := "ready\n"
			for range 10 {
				text := strings.Repeat("x", 100_000)
				args, want = append(args, "-e", other+" "+text), want+text+"\n"
			}
			cmd := exec.Command("adrastea", args...)
			home := t.TempDir()
			writePlainKernel(t, home)
			cmd.Env = append(os.Environ(), "HOME="+home, "JUPYTER_PATH="+home, "JUPYTER_RUNTIME_DIR="+home)
			if name == "stdout" {
				cmd.Stdout = writer
			} else {
				cmd.Stderr = writer
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len("ready\n"))
			if _, err := io.ReadFull(reader, got); err != nil {
				t.Fatal(err)
			}
			if err := unix.SetNonblock(pipe[1], true); err != nil { // also the console's
				t.Fatal(err)
			}
			writer.Close()
			for deadline := time.Now().Add(expectTimeout); ; time.Sleep(time.Millisecond) {
				n, err := unix.IoctlGetInt(pipe[0], unix.TIOCINQ)
				if err != nil {
					t.Fatal(err)
				}
				if n >= 1<<16 { // all that it takes
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d bytes came", n)
				}
			}
			rest, err := io.ReadAll(reader)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(got) + string(rest); got != want {
				t.Errorf("%d bytes came, want %d; it ends with %.200q", len(got), len(want), got[max(0, len(got)-200):])
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTerminalColors(t *testing.T) {
	x := openPlain(t)
	x.line("fail badly", "\nfailed: badly\n>>> ")
	x.line("colored sky", "\nsky\n>>> ")
	for _, want := range []string{"\x1b[31mfailed: badly\x1b[0m", "\x1b[34msky\x1b[0m"} {
		if !strings.Contains(x.written(), want) {
			t.Errorf("the terminal does not get %q: %q", want, x.written())
		}
	}
	x = openPlain(t, "NO_COLOR=1")
	x.line("fail badly", "\nfailed: badly\n>>> ")
	if strings.Contains(x.written(), "\x1b[31m") {
		t.Errorf("an error is red with NO_COLOR: %q", x.written())
	}
}

func TestTerminalShowsPages(t *testing.T) {
	x := openPlain(t, "PAGER=sed 's/^/paged: /'")
	x.line("page help", "\npaged: help\n>>> ")
	x.keys("\x1b[200~part half\npage help\x1b[201~\r")
	x.expect("\nhalf\npaged: help\n>>> ")
	if strings.Contains(x.text(), "half>>> ") {
		t.Error("what is above a page is shown below it again")
	}
	x = openPlain(t, "PAGER=sed \"s/^/at $LESS /\"")
	x.line("third help", "\nat +3 help\n>>> ")
	x = openPlain(t, "PAGER=false")
	x.line("page help", "\nhelp\n>>> ") // no pager is no reason for no help
	x = openPlain(t, `PAGER=less() { echo "less $LESS"; }; less`, "LESS=-iR")
	x.line("third help", "\nless -iR +3\n>>> ") // the user's options, from the line on that the kernel says
	// Without PAGER it is less, where that is.
	dir := t.TempDir()
	plainkern, err := exec.LookPath("plainkern")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(plainkern, filepath.Join(dir, "plainkern")); err != nil {
		t.Fatal(err)
	}
	x = openPlain(t, "PAGER=", "LESS=", "PATH="+dir)
	x.keys("page help\r")
	x.expect("page help\nhelp\n>>> ")
	less := "#!/bin/sh\necho less $* at $LESS\n"
	if err := os.WriteFile(filepath.Join(dir, "less"), []byte(less), 0o755); err != nil {
		t.Fatal(err)
	}
	x.line("page help", "\nless -FRX at\n>>> ")
	x.line("third help", "\nless -FRX at +3\n>>> ")
}

func TestTerminalSavesPlots(t *testing.T) {
	x := openPlain(t)
	x.keys("picture one\r")
	x.expect("picture one\nplot saved to ")
	x.expect("plot-001.svg\n>>> ")
	x.line("repaint two", "\nplot updated in ")
	x.expect(">>> ")
	x.keys("\x1b[200~part half a line\ndot\x1b[201~\r")
	x.expect("\nhalf a line\nplot saved to ")
	x.expect("plot-002.png\n>>> ")
	x.keys("\x1b[200~part 50%\nclear\npart 100%\x1b[201~\r")
	x.expect("\r100%>>> ")
	if !strings.Contains(x.written(), "\r\x1b[K100%") {
		t.Errorf("what is cleared is not written over: %q", x.written())
	}
	x = openPlain(t, "TERM_PROGRAM=WezTerm")
	x.line("picture one", "\nplot saved to ") // it knows no SVG
	x.line("dot", "\nplot saved to ")
	if n := strings.Count(x.written(), "\x1b]1337;File=inline=1;size="); n != 1 {
		t.Errorf("the terminal shows %d pictures, want 1: %q", n, x.written())
	}
}

// What other front ends do with a kernel that was joined is theirs.
func TestTerminalShowsNothingOfOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kernel.json")
	kernel := exec.Command("plainkern", file, "create")
	if err := kernel.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		kernel.Process.Kill()
		kernel.Wait()
	})
	if err := awaitKernel(file); err != nil {
		t.Fatal(err)
	}
	x := openTerminal(t, nil, "--existing", file)
	x.expect(">>> ")
	other := exec.Command("adrastea", "console", "--existing", file, "-e", "say theirs")
	if out, err := other.Output(); err != nil || string(out) != "theirs\n" {
		t.Fatalf("%q, %v", out, err)
	}
	x.line("say mine", "\nmine\n>>> ")
	if strings.Contains(x.text(), "theirs") {
		t.Error("the output of another front end is shown")
	}
}

// Output may come when a line is to be read and its prompt is not there yet, or no more.
func TestLateOutputAroundAPrompt(t *testing.T) {
	t.Parallel()
	var shown strings.Builder
	e := &plainEditor{out: &shown}
	late := func(text string) {
		if !e.interject(text) {
			t.Errorf("%q waits for the end of the line", text)
		}
	}
	late("before\n")
	answered := e.show(">>> ")
	late("meanwhile\n")
	answered()
	late("after\n")
	if got, want := shown.String(), "before\n>>> \nmeanwhile\n>>> after\n"; got != want {
		t.Errorf("the terminal shows %q, want %q", got, want)
	}
}

// Late output is written over a line only where it is known how far that goes.
func TestLateOutputBelowAnEditedLine(t *testing.T) {
	for _, c := range []struct {
		columns int64
		typed   string
		want    int64
	}{
		{4, "say", 7}, {4, "日本", 8}, {4, keyLeft, unknownWidth}, {4, "a" + keyBackspace, unknownWidth},
		{unknownWidth, "a", unknownWidth}, {noLine, "a", noLine}, {noLine, keyLeft, noLine},
	} {
		var e lineEditor
		e.columns.Store(c.columns)
		e.count([]byte(c.typed))
		if got := e.columns.Load(); got != c.want {
			t.Errorf("after %q in column %d: %d, want %d", c.typed, c.columns, got, c.want)
		}
	}
	for _, columns := range []int64{unknownWidth, 1 << 20} {
		var e lineEditor
		e.columns.Store(columns)
		if e.interject("late\n") {
			t.Errorf("text is written over a line that takes %d columns", columns)
		}
	}
}

// TestTerminalShowsLateOutput is about output that comes while the user types.
func TestTerminalShowsLateOutput(t *testing.T) {
	for _, term := range []string{"xterm", "dumb"} {
		t.Run(term, func(t *testing.T) {
			x := openPlain(t, "TERM="+term)
			pid := kernelPID(t, x)
			x.line("later tick", "later tick\n>>> ")
			x.keys("say un")
			x.expect("say un")
			shown := len(x.text())
			if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			x.expect("tick\n")
			x.expect(">>> ")
			x.line("til", "\nuntil\n>>> ")
			if n := strings.Count(x.text()[shown:], "tick"); n != 1 {
				t.Errorf("late output is shown %d times: %q", n, x.text()[shown:])
			}
		})
	}
	// A line that was changed in other ways than by typing at its end is left
	// alone; the output comes after it.
	x := openPlain(t)
	pid := kernelPID(t, x)
	x.line("later tock", "later tock\n>>> ")
	x.keys("sy" + keyLeft + "a")
	x.expect("say")
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	x.line("", "tock\n")
}
