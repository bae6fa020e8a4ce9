package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

const (
	startLimit     = 60 * time.Second
	interruptLimit = 3 * time.Second
)

// counts say how often each thing is measured.
type counts struct{ runs, cells, interrupts, heavy, growth int }

// A sample is all that was measured of one kernel.
type sample struct {
	spec   *jupyter.KernelSpec
	values map[string][]float64
	lost   map[string]int    // interrupts that did not end the cell
	flaws  map[string]string // what else was wrong with a row
}

func newSample(spec *jupyter.KernelSpec) *sample {
	return &sample{spec: spec, values: map[string][]float64{}, lost: map[string]int{},
		flaws: map[string]string{}}
}

// measure is one run, the i-th: a start, then sessions in kernels of their own.
func (s *sample) measure(ctx context.Context, n counts, i int, dir string) error {
	if err := s.measureStart(ctx, dir); err != nil {
		return err
	}
	if err := s.session(ctx, dir, func(c *client.Client) error {
		if err := s.measureCells(ctx, c, cellRow, "1", n.cells); err != nil {
			return err
		}
		if err := s.measureMemory(c); err != nil {
			return err
		}
		return s.measurePrompts(ctx, c, n.cells)
	}); err != nil {
		return err
	}
	for _, kind := range interruptions {
		if err := s.measureInterrupts(ctx, kind, n.interrupts, dir); err != nil {
			return err
		}
	}
	for _, h := range heavies {
		if i >= n.heavy {
			break
		}
		if err := s.session(ctx, dir, func(c *client.Client) error {
			return s.measureHeavy(ctx, c, h)
		}); err != nil {
			return err
		}
	}
	if i > 0 || n.growth == 0 {
		return nil
	}
	return s.session(ctx, dir, func(c *client.Client) error {
		return s.measureGrowth(ctx, c, n.growth)
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

// measureCells takes the time of n cells.
func (s *sample) measureCells(ctx context.Context, c *client.Client, row, code string, n int) error {
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

// measurePrompts takes the time of a cell with one prompt, and the time from
// one prompt to the next in a cell with many: both answered at once.
func (s *sample) measurePrompts(ctx context.Context, c *client.Client, n int) error {
	answer := func(context.Context, *jupyter.InputRequest) (string, error) { return "Ada", nil }
	for range n / 2 {
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
	code := fmt.Sprintf(`for (i in 1:%d) readline("who? ")`, n)
	return succeed(ctx, c, code, &client.ExecuteOptions{Input: timed, AskAtOnce: true})
}

// An interruption is code that runs until it is interrupted. It says that it is
// running by printing, or by asking.
type interruption struct {
	row  string
	code string
	asks bool
}

var interruptions = []interruption{
	{row: loopRow, code: `cat("now\n"); flush.console(); while (TRUE) {}`},
	{row: sleepRow, code: `cat("now\n"); flush.console(); Sys.sleep(60)`},
	{row: waitRow, code: `readline("who? ")`, asks: true},
}

// measureInterrupts interrupts n times, and goes on in a new kernel after an
// interrupt that did not end its cell.
func (s *sample) measureInterrupts(ctx context.Context, kind interruption, n int, dir string) error {
	for done := 0; done < n; {
		err := s.session(ctx, dir, func(c *client.Client) error {
			for done < n {
				took, err := interrupt(ctx, c, kind)
				done++
				if err != nil {
					return err
				}
				s.addTime(kind.row, took)
			}
			return nil
		})
		if errors.Is(err, errLost) {
			s.lost[kind.row]++
		} else if err != nil {
			return err
		}
	}
	return nil
}

// errLost is an interrupt that did not end the cell.
var errLost = errors.New("the interrupt did not end the cell")

// interrupt starts code, interrupts it when it is known to run, and returns the
// time from there to its end.
func interrupt(ctx context.Context, c *client.Client, kind interruption) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	running := make(chan struct{}, 1)
	opts := &client.ExecuteOptions{Output: func(m *jupyter.Message) {
		stream, err := jupyter.Decode[jupyter.Stream](m)
		if err == nil && strings.Contains(stream.Text, "now") {
			running <- struct{}{}
		}
	}}
	if kind.asks {
		opts.Input = func(ctx context.Context, _ *jupyter.InputRequest) (string, error) {
			running <- struct{}{}
			<-ctx.Done()
			return "", ctx.Err()
		}
	}
	type result struct {
		at  time.Time
		err error
	}
	ended := make(chan result, 1)
	go func() {
		_, err := c.Execute(ctx, kind.code, opts)
		ended <- result{time.Now(), err}
	}()
	select {
	case <-running:
	case r := <-ended:
		return 0, fmt.Errorf("%q ended before it was interrupted: %v", kind.code, r.err)
	}
	started := time.Now()
	if err := c.Interrupt(ctx); err != nil {
		return 0, err
	}
	select {
	case r := <-ended:
		return r.at.Sub(started), r.err
	case <-time.After(interruptLimit):
		return 0, errLost
	}
}
