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

// A heavy is a cell with much output or code, and how much text it prints.
type heavy struct {
	row, code string
	bytes     int
}

var heavyMeasurements = []measurement{
	weighing(heavy{row: printsRow, code: "for (i in 1:20000) print(i)",
		// "[1] " and a newline around each number
		bytes: 20000*5 + 9*1 + 90*2 + 900*3 + 9000*4 + 10001*5}),
	weighing(heavy{row: outputRow,
		code: `x <- strrep("0123456789", 1e4); for (i in 1:500) cat(x)`, bytes: 50e6}),
	weighing(heavy{row: linesRow, code: strings.Repeat("x <- 1\n", 20000)}),
}

func weighing(h heavy) measurement {
	return measurement{rows: []string{h.row},
		runs: func(n counts) int { return min(n.runs, n.heavy) },
		take: func(ctx context.Context, s *sample, n counts, dir string) error {
			return s.session(ctx, dir, func(c *client.Client) error {
				if err := s.measureCells(ctx, c, "", "1", 1); err != nil {
					return err
				}
				return s.measureHeavy(ctx, c, h, n.limit)
			})
		},
		plain: func(ctx context.Context, s *sample, n counts) error {
			return withPlainR(ctx, func(r *plainR) error {
				started := time.Now()
				got, err := r.run(h.code)
				if err != nil {
					return err
				}
				s.addHeavy(h, time.Since(started), got)
				return nil
			})
		},
	}
}

// measureHeavy takes the time of a cell from the request to its idle status,
// and counts the text that came.
func (s *sample) measureHeavy(ctx context.Context, c *client.Client, h heavy, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got := 0
	started := time.Now()
	err := succeed(ctx, c, h.code, &client.ExecuteOptions{Output: func(m *jupyter.Message) {
		if stream, err := jupyter.Decode[jupyter.Stream](m); err == nil {
			got += len(stream.Text)
		}
	}})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		s.over[h.row] = limit
	case err != nil:
		return err
	default:
		s.addHeavy(h, time.Since(started), got)
	}
	return nil
}

func (s *sample) addHeavy(h heavy, took time.Duration, got int) {
	if got < h.bytes {
		s.flaws[h.row] = fmt.Sprintf("lost %d of %d bytes", h.bytes-got, h.bytes)
	}
	s.addTime(h.row, took)
}
