//go:build linux || darwin

package rkernel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// patience is how long a test waits for what must come, on a machine with much
// else to do. It is less than the minute for which cells sleep.
const patience = 50 * time.Second

// A recorder is a request that writes down what it is told. Its lines are
// "kind|text"; pieces of one stream that follow each other are one line.
type recorder struct {
	answers []string // to prompts, in order
	onInput func(ctx context.Context, prompt string) (string, error)

	mu     sync.Mutex
	events []*strings.Builder
	notify chan struct{} // receives after each event, if somebody listens
}

func newRecorder(answers ...string) *recorder {
	return &recorder{answers: answers, notify: make(chan struct{}, 1)}
}

func (r *recorder) add(kind, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.events)
	if (kind != "stdout" && kind != "stderr") || n == 0 || !strings.HasPrefix(r.events[n-1].String(), kind+"|") {
		r.events = append(r.events, &strings.Builder{})
		r.events[n].WriteString(kind + "|")
		n++
	}
	r.events[n-1].WriteString(text)
	select {
	case r.notify <- struct{}{}:
	default:
	}
}

func (r *recorder) Stream(name, text string) error {
	r.add(name, text)
	return nil
}

func (r *recorder) StreamBytes(name string, text []byte) error {
	return r.Stream(name, string(text))
}

func (r *recorder) Display(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	r.add("display", fmt.Sprint(data["text/plain"]))
	return nil
}

func (r *recorder) UpdateDisplay(data jupyter.MIMEBundle, metadata map[string]any, id string) error {
	r.add("update", fmt.Sprint(data["text/plain"]))
	return nil
}

func (r *recorder) ClearOutput(wait bool) error {
	r.add("clear", fmt.Sprint(wait))
	return nil
}

func (r *recorder) Result(data jupyter.MIMEBundle, metadata map[string]any) error {
	r.add("result", fmt.Sprint(data["text/plain"]))
	return nil
}

func (r *recorder) Input(ctx context.Context, prompt string, password bool) (string, error) {
	kind := "input"
	if password {
		kind = "password"
	}
	r.add(kind, prompt)
	if r.onInput != nil {
		return r.onInput(ctx, prompt)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answers) == 0 {
		return "", errors.New("the test has no answer left")
	}
	a := r.answers[0]
	r.answers = r.answers[1:]
	return a, nil
}

// all returns the events so far.
func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]string, len(r.events))
	for i, e := range r.events {
		all[i] = e.String()
	}
	return all
}

// text returns all text of a kind.
func (r *recorder) text(kind string) string {
	var s strings.Builder
	for _, e := range r.all() {
		if t, ok := strings.CutPrefix(e, kind+"|"); ok {
			s.WriteString(t)
		}
	}
	return s.String()
}

// wait returns when an event contains what.
func (r *recorder) wait(t testing.TB, what string) {
	t.Helper()
	r.waitFor(t, what, func(event string) bool { return strings.Contains(event, what) })
}

// waitFor returns when there is such an event, which name describes.
func (r *recorder) waitFor(t testing.TB, name string, such func(event string) bool) {
	t.Helper()
	deadline := time.After(patience)
	for !slices.ContainsFunc(r.all(), such) {
		select {
		case <-r.notify:
		case <-deadline:
			t.Fatalf("no %q in %q", name, r.all())
		}
	}
}

// findR returns the R to test with; the project's tests need one.
func findR(t testing.TB) *Installation {
	t.Helper()
	inst, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	return inst
}

func testLogger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// startProcess starts an R that the test ends.
func startProcess(inst *Installation, args []string, out output, logger *slog.Logger) (*process, error) {
	p := newProcess(out, logger)
	if err := p.start(inst, args); err != nil {
		return nil, err
	}
	return p, nil
}

// startR starts an R that ends with the test.
func startR(t testing.TB, args ...string) *process {
	t.Helper()
	args = append(append([]string(nil), rArgs...), args...)
	p := newProcess(newRecorder(), testLogger())
	p.callBudget, p.graceQuit = 30*time.Second, 30*time.Second // whatever else the machine does
	if err := p.start(findR(t), args); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		p.shutdown(ctx)
	})
	return p
}

// run runs a cell and returns what it did; its error, if any, comes last.
func runCell(t testing.TB, p *process, code string, answers ...string) []string {
	t.Helper()
	rec := newRecorder(answers...)
	return finishCell(t, p, rec, code)
}

func finishCell(t testing.TB, p *process, rec *recorder, code string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	result, err := p.execute(ctx, rec, cell{code, true, true})
	events := rec.all()
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		events = append(events, "error|"+e.Name+"|"+e.Value+"|"+strings.Join(e.Traceback, "\n"))
	} else if err != nil {
		t.Fatalf("execute %.200q: %v (%q)", code, err, events)
	}
	if result != nil && result.Exit {
		events = append(events, fmt.Sprintf("exit|%d", result.ExitStatus))
	}
	return events
}
