//go:build linux

package rkernel

import (
	"go/version"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A program of testdata/console: its code, its answers to prompts, and why
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
// meant to differ, and why; "#!4.6 reason", from that version of R on.
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
			} else if reason, ok := strings.CutPrefix(line, "#!"); ok {
				since, reason, _ := strings.Cut(reason, " ")
				if version.Compare("go"+since, "go"+findR(t).Version) <= 0 {
					p.differs = reason
				}
			} else {
				code = append(code, line)
				lines = append(lines, line)
			}
		}
		p.lines = strings.Join(lines, "\n") + "\n" // an empty answer is a line too
		p.code = strings.Join(code, "\n")
		programs = append(programs, p)
	}
	return programs
}

// variable is what differs between two sessions though they do the same, and
// what the kernel adds to R's text.
var variable = []struct {
	text *regexp.Regexp
	same string
}{
	{regexp.MustCompile(`0x[0-9a-f]{6,}`), "0xADDRESS"},
	{regexp.MustCompile(`(Rtmp[A-Za-z0-9]{6}/)?file[0-9a-f]{6,}`), "TEMPORARY"},
	{regexp.MustCompile(`C stack usage +[0-9]+`), "C stack usage  NUMBER"},
	{regexp.MustCompile(`sequence \(line -?[0-9]+\)`), "sequence (line NUMBER)"}, // R 4.5 and 4.6 never set it
	{regexp.MustCompile(`at line \d+, column \d+ of the cell\n`), ""},            // goes with syntax errors
}

// comparable makes texts of two sessions equal if they say the same.
func comparable(text string) string {
	for _, v := range variable {
		text = v.text.ReplaceAllString(text, v.same)
	}
	return text
}

// consoleText makes of what a cell did what R's console shows of it.
func consoleText(events []string) (stdout, stderr string) {
	var out, errs strings.Builder
	hidden := false // R's own prompts are not shown with --no-echo
	for _, e := range events {
		kind, text, _ := strings.Cut(e, "|")
		if kind == "input" {
			hidden = strings.HasPrefix(text, "Browse[") || hidden && text == "+ "
			if !hidden {
				out.WriteString(text)
			}
			continue
		}
		hidden = false
		switch kind {
		case "password":
			out.WriteString(text)
		case "stdout":
			out.WriteString(text)
		case "result", "display":
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
// is the same, byte for byte, on both streams. The programs of a file share
// their two sessions, so that what one leaves behind the next one sees in both.
func TestConsole(t *testing.T) {
	files, err := filepath.Glob("testdata/console/*.R")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".R"), func(t *testing.T) {
			t.Parallel()
			kernel, plain := startR(t), startPlainR(t)
			for _, p := range readPrograms(t, file) {
				t.Run(p.name, func(t *testing.T) { p.compare(t, kernel, plain) })
			}
		})
	}
}

func (p *program) compare(t *testing.T, kernel *process, plain *plainR) {
	plain.t = t
	wantOut, wantErr := plain.run(p.lines)
	rec := newRecorder(p.answers...)
	out, errs := consoleText(finishCell(t, kernel, rec, p.code))
	p.verdict(t, out, wantOut, errs, wantErr)
	if n := len(rec.answers); n > 0 && p.differs == "" {
		t.Errorf("%s\n%d answers were not asked for", p.code, n)
	}
}

// verdict compares what the kernel and plain R have said.
func (p *program) verdict(t *testing.T, out, wantOut, errs, wantErr string) {
	// A value ends with the newline that a front end adds.
	out, wantOut = strings.TrimSuffix(comparable(out), "\n"), strings.TrimSuffix(comparable(wantOut), "\n")
	errs, wantErr = comparable(errs), comparable(wantErr)
	same := out == wantOut && errs == wantErr
	switch {
	case p.differs == "" && !same:
		t.Errorf("%s\nstdout %q\nwant   %q\nstderr %q\nwant   %q", p.code, out, wantOut, errs, wantErr)
	case p.differs != "" && same:
		t.Errorf("%s\nis the same as in R; it was to differ because %s", p.code, p.differs)
	}
}
