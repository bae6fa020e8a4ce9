package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// buildEcho builds the smallest kernel there is, and returns its spec: what a
// cell costs without any language.
func buildEcho(ctx context.Context, dir string) (*jupyter.KernelSpec, error) {
	return buildKernel(ctx, dir, "./examples/echo")
}

// buildKernel builds a kernel of this repository and returns its spec.
func buildKernel(ctx context.Context, dir, pkg string) (*jupyter.KernelSpec, error) {
	name := filepath.Base(pkg)
	binary := filepath.Join(dir, name)
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, pkg).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return &jupyter.KernelSpec{Name: name, Argv: []string{binary, "{connection_file}"},
		InterruptMode: jupyter.InterruptByMessage}, nil
}

// measureReferences measures what the kernels are compared with, in the i-th
// run: plain R, and the echo kernel's cell.
func (s *sample) measureReferences(ctx context.Context, n counts, i int, echo *jupyter.KernelSpec, dir string) error {
	if n.rows.MatchString(cellRow) {
		e := newSample(echo)
		err := e.session(ctx, dir, func(c *client.Client) error {
			return e.measureCells(ctx, c, echoRow, "1", n.cells)
		})
		if err != nil {
			return fmt.Errorf("the echo kernel: %w", err)
		}
		s.values[echoRow] = append(s.values[echoRow], e.values[echoRow]...)
	}
	return s.try(ctx, n, i, func(ctx context.Context, m *measurement) error {
		if m.plain == nil {
			return nil
		}
		return m.plain(ctx, s, n)
	})
}

// A plainR is R itself, which reads lines from a pipe and writes to another.
type plainR struct {
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

// withPlainR starts R, has it evaluate something, calls f, and ends R.
func withPlainR(ctx context.Context, f func(*plainR) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "R", "--no-save", "--no-restore", "--no-echo")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r := &plainR{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<16)}
	_, err = r.run("1")
	if err == nil {
		err = f(r)
	}
	in.Close()
	if err != nil {
		cancel()
		_ = cmd.Wait() // err says what was wrong
		return err
	}
	return cmd.Wait()
}

// mark ends the output of a text. R adds nothing to it.
const mark = '\x01'

// run has R run code, and returns how many bytes that printed.
func (r *plainR) run(code string) (int, error) {
	wrong := make(chan error, 1)
	go func() { // R prints while it still reads
		_, err := io.WriteString(r.in, strings.TrimSuffix(code, "\n")+"\ncat('\\001')\n")
		wrong <- err
	}()
	n := 0
	for {
		b, err := r.out.ReadSlice(mark)
		n += len(b)
		switch err {
		case nil:
			return n - 1, <-wrong
		case bufio.ErrBufferFull:
		default:
			return n, fmt.Errorf("plain R: %w", err)
		}
	}
}

func measurePlainStart(ctx context.Context, s *sample, _ counts) error {
	started := time.Now()
	if err := exec.CommandContext(ctx, "R", "--no-save", "--no-echo", "-e", "0").Run(); err != nil {
		return err
	}
	s.addTime(firstCellRow, time.Since(started))
	return nil
}

// measurePlainValues takes the time from a line on R's standard input to the
// value on its standard output.
func measurePlainValues(ctx context.Context, s *sample, n counts) error {
	return withPlainR(ctx, func(r *plainR) error {
		for i := range n.cells + n.cells/10 { // the first ones warm up
			started := time.Now()
			if _, err := io.WriteString(r.in, "1\n"); err != nil {
				return err
			}
			if line, err := r.out.ReadString('\n'); line != "[1] 1\n" {
				return fmt.Errorf("plain R says %q: %v", line, err)
			}
			if i >= n.cells/10 {
				s.addTime(cellRow, time.Since(started))
			}
		}
		return nil
	})
}

func measurePlainMemory(ctx context.Context, s *sample, _ counts) error {
	return withPlainR(ctx, func(r *plainR) error {
		pss, rss, err := memory(r.cmd.Process.Pid)
		if err != nil {
			return err
		}
		s.add(pssRow, pss)
		s.add(rssRow, rss)
		return nil
	})
}

func measurePlainGrowth(ctx context.Context, s *sample, n counts) error {
	return withPlainR(ctx, func(r *plainR) error {
		return s.growth(n.growth, func(code string) error {
			_, err := r.run(code)
			return err
		}, func() (float64, error) {
			pss, _, err := memory(r.cmd.Process.Pid)
			return pss, err
		})
	})
}
