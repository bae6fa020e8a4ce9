//go:build linux

package rkernel

import (
	"os"
	"strings"
	"testing"
)

// A program of testdata/console.R: its code, its answers to prompts, and why
// it is meant to differ from R's console, if it is.
type program struct {
	name    string
	code    string
	lines   string // the code with its answers where R reads them
	answers []string
	differs string
}

// readPrograms reads a file of programs. A line "#--- name" begins one; then
// "#< text" is an answer to a prompt, and "#! reason" says that the output is
// meant to differ, and why.
func readPrograms(t *testing.T, path string) []program {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var programs []program
	for _, part := range strings.Split("\n"+string(text), "\n#--- ")[1:] {
		var p program
		var code, lines []string
		name, rest, _ := strings.Cut(part, "\n")
		p.name = name
		for _, line := range strings.Split(strings.TrimRight(rest, "\n"), "\n") {
			if answer, ok := strings.CutPrefix(line, "#<"); ok {
				answer = strings.TrimPrefix(answer, " ")
				p.answers = append(p.answers, answer)
				lines = append(lines, answer)
			} else if reason, ok := strings.CutPrefix(line, "#! "); ok {
				p.differs = reason
			} else {
				code = append(code, line)
				lines = append(lines, line)
			}
		}
		p.lines = strings.Join(lines, "\n")
		p.code = strings.Join(code, "\n")
		programs = append(programs, p)
	}
	return programs
}

// consoleText makes of what a cell did what R's console shows of it.
func consoleText(events []string) (stdout, stderr string) {
	var out, errs strings.Builder
	for _, e := range events {
		kind, text, _ := strings.Cut(e, "|")
		switch kind {
		case "input", "password":
			if !strings.HasPrefix(text, "Browse[") { // not shown with --no-echo
				out.WriteString(text)
			}
		case "stdout":
			out.WriteString(text)
		case "result":
			out.WriteString(text + "\n")
		case "stderr":
			errs.WriteString(text)
		case "error":
			fields := strings.SplitN(text, "|", 3)
			if fields[0] == "abort" {
				continue
			}
			said, _, _ := strings.Cut(fields[2]+"\n", "Traceback:\n")
			errs.WriteString(said)
		}
	}
	return out.String(), errs.String()
}

// TestConsole runs every program in the kernel and in plain R: what they print
// is the same, byte for byte, on both streams. What a program leaves behind is
// the same too, so that the next one sees it in both.
func TestConsole(t *testing.T) {
	kernel, plain := startR(t), startPlainR(t)
	for _, p := range readPrograms(t, "testdata/console.R") {
		t.Run(p.name, func(t *testing.T) {
			plain.t = t
			wantOut, wantErr := plain.run(p.lines)
			out, errs := consoleText(runCell(t, kernel, p.code, p.answers...))
			same := strings.TrimSuffix(out, "\n") == strings.TrimSuffix(wantOut, "\n") && errs == wantErr
			switch {
			case p.differs == "" && !same:
				t.Errorf("%s\nstdout %q\nwant   %q\nstderr %q\nwant   %q", p.code, out, wantOut, errs, wantErr)
			case p.differs != "" && same:
				t.Errorf("%s\nis the same as in R; it was to differ because %s", p.code, p.differs)
			}
		})
	}
}
