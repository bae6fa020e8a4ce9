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
	interruptLimit = 3 * time.Second
	// A kernel that has lost so many and ended none is not asked again.
	hopeless = 3
)

// An interruption is code that runs until it is interrupted. It says that it is
// running by printing, or by asking.
type interruption struct {
	row  string
	code string
	asks bool
}

var interruptMeasurements = []measurement{
	interrupting(interruption{row: loopRow, code: `cat("now\n"); flush.console(); while (TRUE) {}`}),
	interrupting(interruption{row: sleepRow, code: `cat("now\n"); flush.console(); Sys.sleep(60)`}),
	interrupting(interruption{row: waitRow, code: `readline("who? ")`, asks: true}),
}

func interrupting(kind interruption) measurement {
	return measurement{rows: []string{kind.row}, runs: every,
		take: func(ctx context.Context, s *sample, n counts, dir string) error {
			return s.measureInterrupts(ctx, kind, n.interrupts, dir)
		}}
}

// measureInterrupts interrupts n times, and goes on in a new kernel after an
// interrupt that did not end its cell.
func (s *sample) measureInterrupts(ctx context.Context, kind interruption, n int, dir string) error {
	for done := 0; done < n && (s.lost[kind.row] < hopeless || s.values[kind.row] != nil); {
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
