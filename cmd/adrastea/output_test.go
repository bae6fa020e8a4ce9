package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

func TestDetectImages(t *testing.T) {
	for _, c := range []struct {
		env  string
		want imageProtocol
	}{
		{"TERM=xterm-256color", noImages},
		{"TERM=xterm-kitty", kittyImages},
		{"TERM=xterm-ghostty", kittyImages},
		{"TERM=xterm-256color KITTY_WINDOW_ID=1", kittyImages},
		{"TERM=xterm-256color TERM_PROGRAM=ghostty", kittyImages},
		{"TERM=xterm-256color TERM_PROGRAM=iTerm.app", itermImages},
		{"TERM=xterm-256color LC_TERMINAL=iTerm2", itermImages},
		{"TERM=xterm-256color TERM_PROGRAM=WezTerm", itermImages},
		{"TERM=foot", sixelImages},
		{"TERM=foot-extra", sixelImages},
		{"TERM=yaft-sixel", sixelImages},
		{"TERM=mlterm", sixelImages},
		{"TERM=screen KITTY_WINDOW_ID=1", noImages},
		{"TERM=tmux-256color TERM_PROGRAM=iTerm.app", noImages},
		{"TERM=xterm-kitty TMUX=/tmp/tmux", noImages},
		{"TERM=xterm-kitty STY=1.pts", noImages},
		{"", noImages},
	} {
		vars := map[string]string{}
		for v := range strings.FieldsSeq(c.env) {
			name, value, _ := strings.Cut(v, "=")
			vars[name] = value
		}
		if got := detectImages(func(name string) string { return vars[name] }); got != c.want {
			t.Errorf("detectImages(%s) = %d, want %d", c.env, got, c.want)
		}
	}
}

// Each terminal is sent a picture in the way that it understands.
func TestInlineImages(t *testing.T) {
	raw, err := base64.StdEncoding.DecodeString(dot)
	if err != nil {
		t.Fatal(err)
	}
	for term, want := range map[string]string{
		"xterm":       "",
		"xterm-kitty": "\x1b_Ga=T,f=100,q=2,m=0;" + dot + "\x1b\\\n",
		"WezTerm":     fmt.Sprintf("\x1b]1337;File=inline=1;size=%d:%s\a\n", len(raw), dot),
		"mlterm":      "\x1bPq\"1;1;1;1#0;2;0;0;0",
	} {
		for _, name := range []string{"TMUX", "STY", "KITTY_WINDOW_ID", "LC_TERMINAL"} {
			t.Setenv(name, "")
		}
		t.Setenv("TERM", term)
		t.Setenv("TERM_PROGRAM", term)
		var b strings.Builder
		writeInline(&b, raw)
		if got := b.String(); got != want && (term != "mlterm" || !strings.HasPrefix(got, want)) {
			t.Errorf("%s gets %q, want %q", term, got, want)
		}
	}
}

func TestKittyImages(t *testing.T) {
	raw := bytes.Repeat([]byte("0123456789"), 700) // more than one piece of base64
	var b bytes.Buffer
	writeKitty(&b, raw)
	text := ""
	pieces := strings.Split(strings.TrimSuffix(b.String(), "\x1b\\\n"), "\x1b\\")
	for i, piece := range pieces {
		keys, data, ok := strings.Cut(strings.TrimPrefix(piece, "\x1b_G"), ";")
		if !ok || len(data) > 4096 {
			t.Errorf("piece %d has %d characters", i, len(data))
		}
		if first := strings.HasPrefix(keys, "a=T,f=100,q=2,"); first != (i == 0) {
			t.Errorf("piece %d has the keys %s", i, keys)
		}
		if more := strings.HasSuffix(keys, "m=1"); more != (i < len(pieces)-1) {
			t.Errorf("piece %d of %d has the keys %s", i, len(pieces), keys)
		}
		text += data
	}
	if got, err := base64.StdEncoding.DecodeString(text); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("the pieces are not the picture: %v", err)
	}
}

// TestSixelImages draws what writeSixel wrote and compares.
func TestSixelImages(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 13, 8))
	for x := range 13 {
		for y := range 8 {
			if (x/5+y/2)%2 == 0 {
				img.Set(x, y, color.Black)
			} else {
				img.Set(x, y, color.White)
			}
		}
	}
	var b bytes.Buffer
	writeSixel(&b, img)
	got := readSixel(t, b.String())
	for x := range 13 {
		for y := range 8 {
			r, _, _, _ := img.At(x, y).RGBA()
			if want := r == 0; got[y][x] != want {
				t.Fatalf("pixel %d,%d is black: %v, want %v\n%q", x, y, got[y][x], want, b.String())
			}
		}
	}
}

// readSixel returns which pixels are black.
func readSixel(t *testing.T, s string) [12][13]bool {
	t.Helper()
	var black [12][13]bool
	_, body, ok := strings.Cut(s, "\"1;1;13;8")
	if !ok {
		t.Fatalf("no raster attributes in %q", s)
	}
	blackColor := map[string]bool{}
	x, y, run, current := 0, 0, 1, ""
	for body = strings.TrimSuffix(body, "\x1b\\\n"); body != ""; {
		c := body[0]
		body = body[1:]
		switch {
		case c == '#':
			n := strings.IndexFunc(body, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
			if n < 0 {
				n = len(body)
			}
			f := strings.Split(body[:n], ";")
			body, current = body[n:], f[0]
			if len(f) == 5 {
				blackColor[f[0]] = slices.Equal(f[2:], []string{"0", "0", "0"})
			}
		case c == '!':
			n := strings.IndexFunc(body, func(r rune) bool { return r < '0' || r > '9' })
			run = 0
			for _, d := range body[:n] {
				run = 10*run + int(d-'0')
			}
			body = body[n:]
		case c == '$':
			x = 0
		case c == '-':
			x, y = 0, y+6
		default:
			for ; run > 0; run-- {
				for dy := range 6 {
					if (c-'?')>>dy&1 == 1 {
						black[y+dy][x] = blackColor[current]
					}
				}
				x++
			}
			run = 1
		}
	}
	return black
}

func TestPlotSaver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plots")
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(pic.Bytes())
	p := newPlotSaver(dir)
	var names []string
	for _, c := range []struct{ id, data string }{
		{"", text}, {"a", text[:20] + "\n" + text[20:]}, {"a", text}, {"b", text}, {"", "no base64!"},
	} {
		path, raw, err := p.save(c.data, "image/png", ".png", c.id)
		if err != nil {
			names = append(names, "error")
			continue
		}
		saved, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(saved, pic.Bytes()) || !bytes.Equal(raw, saved) {
			t.Errorf("%s is not what was saved: %v", path, err)
		}
		names = append(names, filepath.Base(path))
	}
	want := []string{"plot-001.png", "plot-002.png", "plot-002.png", "plot-003.png", "error"}
	if !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
}

// Consoles that add to the history while others cut it lose nothing.
func TestHistoryFileOfSeveralConsoles(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for range historySize {
		historyFile("R").add("old")
	}
	const consoles, each = 4, 50
	var done sync.WaitGroup
	for console := range consoles {
		done.Go(func() {
			h := historyFile("R")
			for i := range each {
				h.add(fmt.Sprintf("entry %d of console %d", i, console))
				h.load()
			}
		})
	}
	done.Wait()
	kept := map[string]bool{}
	for _, e := range historyFile("R").load() {
		kept[e] = true
	}
	if len(kept) != consoles*each+1 {
		t.Errorf("%d different entries, want %d", len(kept), consoles*each+1)
	}
}

func TestHistoryFile(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	h := historyFile("R")
	entries := []string{"1 + 1", "f <- function() {\n\tx\\n\n}", `"\\n"`, "日本"}
	for _, e := range entries {
		h.add(e)
	}
	if got := h.load(); !slices.Equal(got, entries) {
		t.Errorf("history is %q, want %q", got, entries)
	}
	for range historySize {
		h.add("again")
	}
	if got := h.load(); len(got) != historySize || got[0] != "again" {
		t.Errorf("history of %d entries begins with %q, want %d", len(got), got[0], historySize)
	}
	raw, err := os.ReadFile(h.path)
	if n := strings.Count(string(raw), "\n"); err != nil || n != historySize {
		t.Errorf("the file has %d entries, %v; want %d", n, err, historySize)
	}
	// A history that cannot be read to its end is not cut: the end would be lost.
	long := strings.Repeat("x", 17<<20)
	h.add("too many")
	h.add(long)
	h.add("after")
	h.load()
	if raw, err := os.ReadFile(h.path); err != nil || !strings.HasSuffix(string(raw), "x\nafter\n") {
		t.Errorf("the end of the history is lost (%v)", err)
	}
	if historyFile("../../x").path != filepath.Join(filepath.Dir(h.path), "history-.._.._x") {
		t.Errorf("the name of a language leaves the directory: %s", historyFile("../../x").path)
	}
}

// Whatever forms an output has, and whatever a kernel leaves out of an error.
func TestOutputIsShownAsText(t *testing.T) {
	session := jupyter.NewSession("")
	for _, c := range []struct {
		content jupyter.Content
		color   bool
		want    string
	}{
		{content: &jupyter.DisplayData{Data: jupyter.MIMEBundle{"text/plain": "1", "text/html": "<b>1</b>"}}, want: "1\n"},
		{content: &jupyter.DisplayData{Data: jupyter.MIMEBundle{"text/plain": ""}}},
		{content: &jupyter.DisplayData{Data: jupyter.MIMEBundle{"text/latex": "$a$", "text/html": "<b>1</b>"}}, want: "$a$\n"},
		{content: &jupyter.DisplayData{Data: jupyter.MIMEBundle{"text/markdown": "*a*\n"}}, want: "*a*\n"},
		{content: &jupyter.DisplayData{Data: jupyter.MIMEBundle{"application/json": "1"}}},
		{content: &jupyter.Error{ErrorInfo: jupyter.ErrorInfo{EName: "E", EValue: "v", Traceback: []string{"a", "b\n"}}}, want: "a\nb\n"},
		{content: &jupyter.Error{ErrorInfo: jupyter.ErrorInfo{EName: "E", EValue: "v"}}, want: "E: v\n"},
		{content: &jupyter.Error{ErrorInfo: jupyter.ErrorInfo{EName: "E"}}, want: "E\n"},
		{content: &jupyter.Error{ErrorInfo: jupyter.ErrorInfo{Traceback: []string{"\x1b[1ma\x1b[0m"}}}, want: "a\n"},
		{content: &jupyter.Error{ErrorInfo: jupyter.ErrorInfo{Traceback: []string{"a"}}}, color: true, want: "\x1b[31ma\x1b[0m\n"},
		{content: &jupyter.Error{ErrorInfo: jupyter.ErrorInfo{Traceback: []string{"\x1b[1ma\x1b[0m"}}}, color: true, want: "\x1b[1ma\x1b[0m\n"},
	} {
		var b strings.Builder
		o := &output{stdout: &b, stderr: &b, color: c.color, plots: newPlotSaver(t.TempDir())}
		m, err := session.New(nil, c.content)
		if err != nil {
			t.Fatal(err)
		}
		o.show(m)
		if b.String() != c.want {
			t.Errorf("%+v shows %q, want %q", c.content, b.String(), c.want)
		}
	}
}

// TestPromptFollowsText holds that a prompt stands where the text ended.
func TestPromptFollowsText(t *testing.T) {
	for _, c := range []struct {
		text, prompt  string
		want, written string
	}{
		{"", "> ", "> ", ""},
		{"done\n", "> ", "> ", ""},
		{"Name: ", "", "Name: ", "\r"},
		{"10%\r20%", "> ", "20%> ", "\r"},
		{"", "one\ntwo? ", "two? ", "one\n"},
		{"so ", "one\ntwo? ", "two? ", "\rso one\n"},
		{"spins |\b/\b", "> ", "spins > ", "\r"},
		{"\b\x1b[31m1%\x1b[0m\b\b\b2%\b\b", "> ", "> ", ""},
		{strings.Repeat("it wraps ", 200), "> ", "> ", "\n"}, // and is not shown twice
	} {
		var b bytes.Buffer
		o := &output{stdout: &b, stderr: &b, tty: true}
		o.write(jupyter.Stdout, c.text)
		b.Reset()
		if got := o.takePrompt(c.prompt); got != c.want || b.String() != c.written {
			t.Errorf("after %q, prompt %q: %q, written %q; want %q, %q",
				c.text, c.prompt, got, b.String(), c.want, c.written)
		}
	}
	var b bytes.Buffer
	o := &output{stdout: &b, stderr: &b, tty: true} // a line may come in pieces
	o.write(jupyter.Stdout, "done\nNa")
	o.write(jupyter.Stdout, "me: ")
	if got := o.takePrompt("> "); got != "Name: > " {
		t.Errorf("after a line in pieces: prompt %q", got)
	}
	b.Reset()
	o = &output{stdout: &b, stderr: &b} // what a file has got is not written again
	o.write(jupyter.Stdout, "Name: ")
	if got := o.takePrompt("> "); got != "> " || b.String() != "Name: " {
		t.Errorf("in a file: prompt %q, written %q", got, b.String())
	}
}
