package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

const startLimit = 60 * time.Second

// counts say what is measured, and how often.
type counts struct {
	runs, cells, interrupts, heavy, growth int
	limit                                  time.Duration  // of a cell with much output or code
	rows                                   *regexp.Regexp // the rows that are asked for
}

// A sample is all that was measured of one kernel, or of plain R.
type sample struct {
	spec   *jupyter.KernelSpec
	values map[string][]float64
	lost   map[string]int           // interrupts that did not end the cell
	over   map[string]time.Duration // rows that did not end within a limit
	flaws  map[string]string        // what else was wrong with a row
}

func newSample(spec *jupyter.KernelSpec) *sample {
	return &sample{spec: spec, values: map[string][]float64{}, lost: map[string]int{},
		over: map[string]time.Duration{}, flaws: map[string]string{}}
}

// A measurement gives one or more rows, in a kernel of its own or several.
type measurement struct {
	rows []string
	runs func(n counts) int // in how many runs
	take func(ctx context.Context, s *sample, n counts, dir string) error
	// The same in plain R; nil where it has no such thing.
	plain func(ctx context.Context, s *sample, n counts) error
}

var measurements = slices.Concat([]measurement{
	{rows: []string{startRow, firstCellRow}, runs: every, take: measureStart, plain: measurePlainStart},
	{rows: []string{cellRow}, runs: every, take: measureValues, plain: measurePlainValues},
	{rows: []string{promptRow, nextRow}, runs: every, take: measurePrompts},
}, heavyMeasurements, interruptMeasurements, []measurement{
	{rows: []string{pssRow, rssRow}, runs: every, take: measureMemory, plain: measurePlainMemory},
	{rows: []string{manyCellsRow, growthRow}, runs: func(n counts) int { return min(1, n.growth) },
		take: measureGrowth, plain: measurePlainGrowth},
})

func every(n counts) int { return n.runs }

// asked says whether one of the measurement's rows is.
func (m *measurement) asked(n counts) bool {
	return m.runs(n) > 0 && slices.ContainsFunc(m.rows, n.rows.MatchString)
}

// measure is one run, the i-th. What cannot be measured is a flaw of its rows
// and is not tried again; the error is that ctx ended.
func (s *sample) measure(ctx context.Context, n counts, i int, dir string) error {
	return s.try(ctx, n, i, func(ctx context.Context, m *measurement) error {
		return m.take(ctx, s, n, dir)
	})
}

func (s *sample) try(ctx context.Context, n counts, i int, take func(context.Context, *measurement) error) error {
	for j := range measurements {
		m := &measurements[j]
		if i >= m.runs(n) || !m.asked(n) || s.failed(m) {
			continue
		}
		progress("run %d of %d: %s, %s", i+1, n.runs, s.spec.Name, m.rows[0])
		err := take(ctx, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.flaws[m.rows[0]] = oneLine(err)
		}
	}
	return nil
}

// oneLine is the beginning of what an error says, on one line.
func oneLine(err error) string {
	text := []rune(strings.Join(strings.Fields(err.Error()), " "))
	if len(text) > 150 {
		text = append(text[:150], '…')
	}
	return string(text)
}

func (s *sample) failed(m *measurement) bool {
	return slices.ContainsFunc(m.rows, func(row string) bool {
		return s.flaws[row] != "" || s.over[row] > 0
	})
}

// session starts a kernel, calls f, and ends it.
func (s *sample) session(ctx context.Context, dir string, f func(*client.Client) error) error {
	c, err := client.Start(ctx, s.spec, &client.Config{RuntimeDir: dir, StartTimeout: startLimit})
	if err != nil {
		return err
	}
	defer c.Close()
	return f(c)
}

// succeed runs code whose reply must be ok.
func succeed(ctx context.Context, c *client.Client, code string, opts *client.ExecuteOptions) error {
	reply, err := c.Execute(ctx, code, opts)
	if err == nil && reply.Status != jupyter.StatusOK {
		err = fmt.Errorf("%q: %s: %s", code, reply.Status, reply.EValue)
	}
	return err
}

// patience is a context for a few cells, none of which takes long.
func patience(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, startLimit, errors.New("a cell does not end"))
}

// measureCells takes the time of n cells.
func (s *sample) measureCells(ctx context.Context, c *client.Client, row, code string, n int) error {
	ctx, cancel := patience(ctx)
	defer cancel()
	for i := range n + n/10 { // the first ones warm up
		started := time.Now()
		if err := succeed(ctx, c, code, nil); err != nil {
			return err
		}
		if i >= n/10 {
			s.addTime(row, time.Since(started))
		}
	}
	return nil
}

func measureValues(ctx context.Context, s *sample, n counts, dir string) error {
	return s.session(ctx, dir, func(c *client.Client) error {
		return s.measureCells(ctx, c, cellRow, "1", n.cells)
	})
}

// measurePrompts takes the time of a cell with one prompt, and the time from
// one prompt to the next in a cell with many: both answered at once.
func measurePrompts(ctx context.Context, s *sample, n counts, dir string) error {
	ctx, cancel := patience(ctx)
	defer cancel()
	return s.session(ctx, dir, func(c *client.Client) error {
		answer := func(context.Context, *jupyter.InputRequest) (string, error) { return "Ada", nil }
		for range n.cells / 2 {
			started := time.Now()
			err := succeed(ctx, c, `invisible(readline("who? "))`,
				&client.ExecuteOptions{Input: answer, AskAtOnce: true})
			if err != nil {
				return err
			}
			s.addTime(promptRow, time.Since(started))
		}
		var last time.Time
		timed := func(context.Context, *jupyter.InputRequest) (string, error) {
			now := time.Now()
			if !last.IsZero() {
				s.addTime(nextRow, now.Sub(last))
			}
			last = now
			return "Ada", nil
		}
		code := fmt.Sprintf(`for (i in 1:%d) readline("who? ")`, n.cells)
		return succeed(ctx, c, code, &client.ExecuteOptions{Input: timed, AskAtOnce: true})
	})
}
