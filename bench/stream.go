package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// streamLines is how many lines a cell prints.
const streamLines = 20_000

// The columns of the table of streams, as keys of sample.values.
const (
	streamTime     = "stream time"
	streamMessages = "stream messages"
)

// measureStreams has a cell print lines in a kernel of the framework, as it comes
// and with a message for each line, and in the kernels of Python, in turn, and
// prints how many lines and messages come in a second. A run in which a kernel of
// Python fails, or loses text, does not count and is told of.
func measureStreams(ctx context.Context, w io.Writer, python []*jupyter.KernelSpec, runs int, dir string) error {
	ours, err := buildKernel(ctx, dir, "./bench/lines")
	if err != nil {
		return err
	}
	each := *ours
	each.Name, each.Argv = "lines -each", []string{ours.Argv[0], "-each", "{connection_file}"}
	code := fmt.Sprint(streamLines)
	samples, codes := []*sample{newSample(ours), newSample(&each)}, []string{code, code}
	for _, spec := range python {
		samples, codes = append(samples, newSample(spec)), append(codes, "for i in range("+code+"): print(i)")
	}
	for i := range runs {
		for j := range samples {
			k := (i + j) % len(samples)
			progress("run %d of %d: lines of %s", i+1, runs, samples[k].spec.Name)
			err := samples[k].measureStream(ctx, codes[k], dir)
			ours := k < len(samples)-len(python)
			if err != nil && (ours || ctx.Err() != nil) {
				return fmt.Errorf("%s: %w", samples[k].spec.Name, err)
			}
			if err != nil {
				samples[k].flaws[streamTime] = oneLine(err)
			}
		}
	}
	progress("")
	fmt.Fprintf(w, "%-42s%12s%12s%12s%12s\n", "20,000 printed lines, to idle", "", "lines/s", "messages", "messages/s")
	for _, s := range samples {
		fmt.Fprintf(w, "%-42s", "  "+s.spec.Name)
		if ms, ok := s.median(streamTime); ok {
			n, _ := s.median(streamMessages)
			fmt.Fprintf(w, "%12s%12.0f%12.0f%12.0f",
				row{unit: milliseconds}.format(ms), streamLines/ms*1000, n, n/ms*1000)
		}
		if flaw := s.flaws[streamTime]; flaw != "" {
			fmt.Fprintf(w, "   a run failed: %s", flaw)
		}
		fmt.Fprintln(w)
	}
	return nil
}

// measureStream runs a cell that prints the numbers below streamLines, in a kernel
// of its own that has run one before.
func (s *sample) measureStream(ctx context.Context, code, dir string) error {
	return s.session(ctx, dir, func(c *client.Client) error {
		for _, warm := range []bool{true, false} {
			messages, bytes := 0, 0
			started := time.Now()
			err := succeed(ctx, c, code, &client.ExecuteOptions{Output: func(m *jupyter.Message) {
				if stream, err := jupyter.Decode[jupyter.Stream](m); err == nil {
					messages++
					bytes += len(stream.Text)
				}
			}})
			took := time.Since(started)
			if err != nil {
				return err
			}
			if want := len(numbers(streamLines)); bytes != want {
				return fmt.Errorf("%d bytes came, want %d", bytes, want)
			}
			if !warm {
				s.addTime(streamTime, took)
				s.add(streamMessages, float64(messages))
			}
		}
		return nil
	})
}

// numbers returns the numbers below n, a line each.
func numbers(n int) string {
	var text []byte
	for i := range n {
		text = fmt.Appendln(text, i)
	}
	return string(text)
}
