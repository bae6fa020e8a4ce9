package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/rkernel"
)

const areaR = "R"

// doctorPatience bounds the start of one R and its cell.
const doctorPatience = 60 * time.Second

// examineR looks at every R. It is a problem if the one that is taken by default
// does not work, or there is none.
func examineR(ctx context.Context) findings {
	var f findings
	byDefault, err := rkernel.Find("")
	if err != nil {
		text, remedy, _ := strings.Cut(bare(err), "\n")
		f.add(areaR, problem, text, remedy)
	}
	for _, c := range rkernel.Discover() {
		if c.Err != nil {
			if err != nil && firstLine(bare(c.Err)) == firstLine(bare(err)) {
				continue // said above
			}
			f.add(areaR, note, firstLine(bare(c.Err)), "Not used.")
			continue
		}
		used := byDefault != nil && c.Installation.Home == byDefault.Home
		f = append(f, tryR(ctx, c, used)...)
	}
	return f
}

// tryR starts a kernel with an R and runs a cell.
func tryR(ctx context.Context, c rkernel.Candidate, used bool) findings {
	var f findings
	bad := warning
	if used {
		bad = problem
	}
	name := fmt.Sprintf("R %s (%s)", c.Installation.Version, c.Command)
	ctx, cancel := context.WithTimeoutCause(ctx, doctorPatience,
		fmt.Errorf("no answer within %v", doctorPatience))
	defer cancel()
	t, err := runTrial(ctx, c.Command)
	if err != nil {
		text, remedy, _ := strings.Cut(bare(err), "\n")
		f.add(areaR, bad, name+": a kernel does not start: "+text, remedy)
		return f
	}
	if t.failure != "" {
		f.add(areaR, bad, name+": a cell fails: "+t.failure, t.remedy())
		if said := strings.TrimSpace(t.stderr); said != "" {
			f.add(areaR, note, name+" says: "+firstLine(said), "")
		}
		return f
	}
	state := fmt.Sprintf("starts and runs a cell in %.2f s", t.took.Seconds())
	if !used {
		state += "; not the one taken by default"
	}
	f.add(areaR, fine, name+": "+state, "")
	t.judge(&f, name, bad)
	return f
}

// trialCode is a cell that tells of the session it runs in, and draws. The widths
// of letters tell whether there are fonts: without any, all are boxes.
//
//go:embed doctor.R
var trialCode string

// A trial is what a cell said.
type trial struct {
	took    time.Duration
	failure string // the cell's error

	mu sync.Mutex
	// guarded by mu while the kernel runs
	facts  map[string]string
	drawn  bool   // a plot came as an image
	stderr string // what was said there, also by start-up files
}

// runTrial starts a kernel as a front end does, runs the cell and ends it.
func runTrial(ctx context.Context, r string) (_ *trial, err error) {
	spec, err := ownSpec(r)
	if err != nil {
		return nil, err
	}
	t := &trial{facts: map[string]string{}}
	start := time.Now()
	c, err := client.Start(ctx, spec, &client.Config{Message: t.hear})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	reply, err := c.Execute(ctx, trialCode, &client.ExecuteOptions{Output: t.hear, NoHistory: true})
	if err != nil {
		return nil, err
	}
	t.took = time.Since(start)
	if reply.Status != jupyter.StatusOK {
		t.failure = reply.EName + ": " + reply.EValue
	}
	return t, c.Shutdown(ctx)
}

// hear notes what a message of the kernel says.
func (t *trial) hear(m *jupyter.Message) {
	content, err := m.Parse()
	if err != nil {
		return // the kernel is ours
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch c := content.(type) {
	case *jupyter.Stream:
		if c.Name == jupyter.Stderr {
			t.stderr += c.Text
		}
		for line := range strings.Lines(c.Text) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && c.Name == jupyter.Stdout {
				t.facts[key] = value
			}
		}
	case *jupyter.DisplayData:
		if _, ok := c.Data["image/png"]; ok {
			t.drawn = true
		}
	}
}

// remedy is what to do about a cell that fails.
func (t *trial) remedy() string {
	if strings.HasPrefix(t.failure, "RStartError") {
		return "Install this R again: its library libR cannot be used."
	}
	return "Look at what R says when it starts: R --no-save; and at its start-up files, ~/.Rprofile among them."
}

// judge adds what the facts say.
func (t *trial) judge(f *findings, name string, bad severity) {
	if said := strings.TrimSpace(t.stderr); said != "" {
		remedy := "If that is not wanted, look at its start-up files, ~/.Rprofile among them."
		if strings.Contains(said, "Setting LC_") { // R says so in English then
			remedy = "The locale is not installed. Install it (on Debian and Ubuntu: apt install locales, " +
				"dpkg-reconfigure locales), or set LANG=C.UTF-8."
		}
		said = strings.Replace(said, ":\n", ": ", 1) // what it says of warnings is a line of its own
		f.add(areaR, note, name+" says when it starts: "+firstLine(said), remedy)
	}
	if t.facts["utf8"] != "TRUE" {
		f.add(areaR, bad, name+": its characters are not UTF-8: "+t.facts["locale"],
			"Install a UTF-8 locale (on Debian and Ubuntu: apt install locales), or set LC_ALL=C.UTF-8.")
	}
	switch {
	case t.facts["cairo"] != "TRUE":
		f.add(areaR, bad, name+": it cannot draw plots: it was built without cairo",
			`Use an R whose capabilities("cairo") is TRUE.`)
	case !t.drawn:
		f.add(areaR, bad, name+": a plot did not come out as an image: "+firstLine(strings.TrimSpace(t.stderr)),
			"Try plot(1) in this R, and what it says.")
	case t.facts["letters"] != "TRUE":
		f.add(areaR, bad, name+": there is no font for the text of plots",
			"Install fonts (on Debian and Ubuntu: apt install fontconfig fonts-dejavu-core).")
	}
}
