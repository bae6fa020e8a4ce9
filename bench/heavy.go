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

const heavyLimit = 2 * time.Minute

// A heavy is a cell with much output or code, and how much text it prints.
type heavy struct {
	row, code string
	bytes     int
}

var heavies = []heavy{
	{row: printsRow, code: "for (i in 1:20000) print(i)",
		// "[1] " and a newline around each number
		bytes: 20000*5 + 9*1 + 90*2 + 900*3 + 9000*4 + 10001*5},
	{row: outputRow, code: `x <- strrep("0123456789", 1e4); for (i in 1:500) cat(x)`, bytes: 50e6},
	{row: linesRow, code: strings.Repeat("x <- 1\n", 20000)},
}

// measureHeavy takes the time of a cell from the request to its idle status,
// and counts the text that came.
func (s *sample) measureHeavy(ctx context.Context, c *client.Client, h heavy) error {
	ctx, cancel := context.WithTimeout(ctx, heavyLimit)
	defer cancel()
	got := 0
	started := time.Now()
	err := succeed(ctx, c, h.code, &client.ExecuteOptions{Output: func(m *jupyter.Message) {
		if stream, err := jupyter.Decode[jupyter.Stream](m); err == nil {
			got += len(stream.Text)
		}
	}})
	took := time.Since(started)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		s.flaws[h.row] = fmt.Sprintf("did not end within %v", heavyLimit)
	case err != nil:
		s.flaws[h.row] = err.Error()
	case got < h.bytes:
		s.flaws[h.row] = fmt.Sprintf("lost %d of %d bytes", h.bytes-got, h.bytes)
		fallthrough
	default:
		s.addTime(h.row, took)
	}
	return nil
}

// measureGrowth runs n cells and adds what they have added to the memory.
func (s *sample) measureGrowth(ctx context.Context, c *client.Client, n int) error {
	if err := s.measureCells(ctx, c, "", "1", 10); err != nil {
		return err
	}
	before, _, err := kernelMemory(c)
	if err != nil {
		return err
	}
	cells := []string{"1", "x <- 1 + 1", "mean(c(1, 2, 3))", "f <- function(x) x + 1; f(2)"}
	for i := range n {
		if err := succeed(ctx, c, cells[i%len(cells)], nil); err != nil {
			return err
		}
	}
	after, _, err := kernelMemory(c)
	if err != nil {
		return err
	}
	s.add(growthRow, after-before)
	return nil
}
