package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/adrastea-kernel/adrastea/client"
)

// measureMemory measures a kernel that has run one cell.
func measureMemory(ctx context.Context, s *sample, _ counts, dir string) error {
	return s.session(ctx, dir, func(c *client.Client) error {
		if err := s.measureCells(ctx, c, "", "1", 1); err != nil {
			return err
		}
		pss, rss, err := kernelMemory(c)
		if err != nil {
			return err
		}
		s.add(pssRow, pss)
		s.add(rssRow, rss)
		return nil
	})
}

// measureGrowth measures what n cells add to the memory of a kernel.
func measureGrowth(ctx context.Context, s *sample, n counts, dir string) error {
	return s.session(ctx, dir, func(c *client.Client) error {
		return s.growth(n.growth, func(code string) error {
			ctx, cancel := patience(ctx)
			defer cancel()
			return succeed(ctx, c, code, nil)
		}, func() (float64, error) {
			pss, _, err := kernelMemory(c)
			return pss, err
		})
	})
}

// growth adds the memory after n cells, and what they have added to it.
func (s *sample) growth(n int, run func(code string) error, memory func() (float64, error)) error {
	cells := []string{"1", "x <- 1 + 1", "mean(c(1, 2, 3))", "f <- function(x) x + 1; f(2)"}
	var before float64
	for i := range n + warmUp {
		if i == warmUp {
			var err error
			if before, err = memory(); err != nil {
				return err
			}
		}
		if err := run(cells[i%len(cells)]); err != nil {
			return err
		}
	}
	after, err := memory()
	if err != nil {
		return err
	}
	s.add(manyCellsRow, after)
	s.add(growthRow, after-before)
	return nil
}

// warmUp is how many cells come before those that are counted, so that what is
// loaded once does not count.
const warmUp = 10

// kernelMemory adds up the memory of the kernel's process and of all its
// descendants, as /proc tells it, in MiB.
func kernelMemory(c *client.Client) (pss, rss float64, err error) {
	pids, err := kernelProcesses(c.ConnectionFile())
	if err != nil {
		return 0, 0, err
	}
	for _, pid := range pids {
		p, r, err := memory(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue // ended meanwhile
		} else if err != nil {
			return 0, 0, err
		}
		pss, rss = pss+p, rss+r
	}
	return pss, rss, nil
}

// kernelProcesses returns the process whose command line names the connection
// file, and all below it.
func kernelProcesses(connectionFile string) ([]int, error) {
	children := map[int][]int{}
	root := 0
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	for _, stat := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err != nil {
			continue
		}
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // ended meanwhile
		}
		// The name of the command is in parentheses and may hold anything.
		_, fields, _ := bytes.Cut(text[bytes.LastIndexByte(text, ')')+1:], []byte(" "))
		parent, err := strconv.Atoi(strings.Fields(string(fields))[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", stat, err)
		}
		children[parent] = append(children[parent], pid)
		if parent != os.Getpid() {
			continue
		}
		cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && bytes.Contains(cmdline, []byte(connectionFile)) {
			root = pid
		}
	}
	if root == 0 {
		return nil, fmt.Errorf("no process has %s in its command line", connectionFile)
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all, nil
}

// memory returns the PSS and RSS of a process in MiB.
func memory(pid int) (pss, rss float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		kib, _ := strconv.ParseFloat(fields[1], 64)
		switch fields[0] {
		case "Pss:":
			pss = kib / 1024
		case "Rss:":
			rss = kib / 1024
		}
	}
	return pss, rss, nil
}
