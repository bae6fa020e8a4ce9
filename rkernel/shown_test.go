//go:build linux || darwin

package rkernel

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// A shown is a display, an update or a result.
type shown struct {
	kind     string
	data     jupyter.MIMEBundle
	metadata map[string]any
	id       string
}

// A viewer is a recorder that keeps what is shown whole. Its events name the
// display ids in the order in which they appear: #1, #2, ...
type viewer struct {
	*recorder
	shown []shown
	ids   []string
	pages []map[string]any
	err   *kernel.Error
}

// show runs a cell on p and returns what a user sees.
func show(t testing.TB, p *process, code string, answers ...string) *viewer {
	t.Helper()
	v := &viewer{recorder: newRecorder(answers...)}
	v.run(t, p, code)
	return v
}

// cpu returns what R has used of the processor, whatever else the machine does.
func cpu(t testing.TB, p *process) time.Duration {
	t.Helper()
	var ms int
	text := strings.Join(runCell(t, p, `cat(round(1000 * sum(proc.time()[1:2])))`), "")
	if _, err := fmt.Sscanf(text, "stdout|%d", &ms); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return time.Duration(ms) * time.Millisecond
}

// run runs one more cell for the same eyes.
func (v *viewer) run(t testing.TB, p *process, code string) {
	t.Helper()
	v.runCell(t, p, cell{code, true, true})
}

func (v *viewer) runCell(t testing.TB, p *process, c cell) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	result, err := p.execute(ctx, v, c)
	v.err = nil
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		v.err = e
	} else if err != nil {
		t.Fatalf("execute %q: %v (%q)", c.code, err, v.all())
	}
	if result != nil {
		v.pages = append(v.pages, result.Payload...)
	}
}

func (v *viewer) note(kind string, data jupyter.MIMEBundle, metadata map[string]any, id string) {
	name := ""
	if id != "" {
		at := -1
		for i, known := range v.ids {
			if known == id {
				at = i
			}
		}
		if at < 0 {
			v.ids = append(v.ids, id)
			at = len(v.ids) - 1
		}
		name = fmt.Sprintf("#%d", at+1)
	}
	v.shown = append(v.shown, shown{kind, data, metadata, id})
	if name == "" {
		name = fmt.Sprint(data["text/plain"])
	}
	v.add(kind, name)
}

func (v *viewer) Display(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	v.note("display", data, metadata, id)
	return nil
}

func (v *viewer) UpdateDisplay(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	v.note("update", data, metadata, id)
	return nil
}

func (v *viewer) Result(data jupyter.MIMEBundle, metadata map[string]any) error {
	v.note("result", data, metadata, "")
	return nil
}

// want fails unless the events are these, given in one string with spaces.
func (v *viewer) want(t testing.TB, events string) {
	t.Helper()
	if got := strings.Join(v.all(), " "); got != events {
		t.Errorf("the user sees\n%s\nwant\n%s", got, events)
	}
}

// html returns the only HTML that was shown.
func (v *viewer) html(t testing.TB) string {
	t.Helper()
	if len(v.shown) != 1 {
		t.Fatalf("%d things shown, want 1 (%q)", len(v.shown), v.all())
	}
	s, ok := v.shown[0].data["text/html"].(string)
	if !ok {
		t.Fatalf("no HTML in %v", v.shown[0].data)
	}
	return s
}

// picture decodes the PNG of a display and checks its logical size.
func (s shown) picture(t testing.TB, width, height int) image.Image {
	t.Helper()
	text, _ := s.data["image/png"].(string)
	// Strict: padded, as Python's a2b_base64 wants it.
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		t.Fatalf("image/png is not padded base64: %v", err)
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("image/png: %v", err)
	}
	size, _ := s.metadata["image/png"].(map[string]any)
	if size["width"] != float64(width) || size["height"] != float64(height) {
		t.Errorf("logical size is %v, want %d x %d", size, width, height)
	}
	return picture
}

// A task callback runs after R has printed the value: what it says is no part of
// the value, and comes behind it.
func TestTaskCallbacksSpeakBehindTheValue(t *testing.T) {
	p := startR(t)
	runCell(t, p, `print.shy <- function(x, ...) cat("<shy>\n")
print.raw <- function(x, ...) cat(x, "\n")
add <- function(f) invisible(addTaskCallback(function(...) { f(); FALSE }))`)
	for code, want := range map[string][]string{
		"add(function() cat('late\\n')); 4":                                         {"stdout|late\n", "result|[1] 4"},
		"{ add(function() cat('late\\n')); 4 }":                                     {"result|[1] 4", "stdout|late\n"},
		"{ add(function() cat('late\\n')); invisible(4) }":                          {"stdout|late\n"},
		"{ add(function() message('late')); 4 }":                                    {"result|[1] 4", "stderr|late\n"},
		"{ add(function() system('echo late')); 4 }":                                {"result|[1] 4", "stdout|late\n"},
		"{ add(function() system('echo late')); data.frame(a = 1) }":                {"result|  a\n1 1", "stdout|late\n"},
		"{ add(function() system('echo late')); structure(1, class='shy') }":        {"result|<shy>", "stdout|late\n"},
		"{ add(function() system('echo late')); structure('x\\xe9', class='raw') }": {"result|x\\xe9", "stdout|late\n"},
		"{ add(function() { system('echo late'); cat('later\\n') }); 4 }":           {"result|[1] 4", "stdout|late\nlater\n"},
		"{ add(function() system('echo late')); invisible(4) }":                     {"stdout|late\n"},
		"{ add(function() readline('late? ')); 4 }":                                 {"result|[1] 4", "input|late? "},
		"{ add(function() cat('late\\n')); structure(1, class='shy')}":              {"result|<shy>", "stdout|late\n"},
		"{ add(function() cat('late\\n')); data.frame(a = 1) }":                     {"result|  a\n1 1", "stdout|late\n"},
		"{ add(function() { cat('late\\n'); stop('cb') }); 4 }":                     {"result|[1] 4", "stdout|late\n", "stderr|Error in f() : cb\n"},
	} {
		got := runCell(t, p, code, "y")
		same := len(got) == len(want)
		for i := range min(len(got), len(want)) {
			same = same && strings.HasPrefix(got[i], want[i])
		}
		if !same {
			t.Errorf("%s\n%q, want\n%q", code, got, want)
		}
	}
}
