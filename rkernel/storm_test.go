//go:build linux || darwin

package rkernel

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// stormCells are cells that may be interrupted at any moment: what they give
// if they are not, the answer being the number of the round.
var stormCells = []struct{ code, want string }{
	{`x <- readline("? "); x`, `result|[1] "%d"`},
	{`x <- c(readline("a? "), readline("b? ")); x[2]`, `result|[1] "%d"`},
	{`tryCatch({ cat("x\n"); readline("? ") }, finally = cat("finally\n"))`, `result|[1] "%d"`},
	{`for (i in 1:2000) sin(i); message("m"); %d`, `result|[1] %d`},
	{`for (i in 1:200) { cat(i); message(i) }; %d`, `result|[1] %d`},
	{`Sys.sleep(0.002); %d`, `result|[1] %d`},
	{`system("sleep 0.002"); %d`, `result|[1] %d`},
	{`print(data.frame(x = 1:3)); %d`, `result|[1] %d`},
	{`f <- function() { on.exit(cat("bye\n")); Sys.sleep(0.002); %d }; f()`, `result|[1] %d`},
	{`invisible(try(stop("caught"), silent = FALSE)); %d`, `result|[1] %d`},
}

// TestK5Storm runs cells and interrupts them at random moments, some twice,
// some never, some before they have begun: every cell ends, and the next one is
// whole.
func TestK5Storm(t *testing.T) {
	p := startR(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	runCell(t, p, "1")
	interrupted := 0
	for round := range 150 {
		cell := stormCells[random.IntN(len(stormCells))]
		if stormRound(t, p, random, round, cell.code, cell.want) {
			interrupted++
		}
		code := fmt.Sprintf("y <- %d\ny + 1", round)
		want := []string{fmt.Sprintf("result|[1] %d", round+1)}
		if got := runCell(t, p, code); !slices.Equal(got, want) {
			t.Fatalf("round %d: the next cell gives %q, want %q", round, got, want)
		}
	}
	t.Logf("%d of 150 cells were interrupted", interrupted)
}

func stormRound(t *testing.T, p *process, random *rand.Rand, round int, code, want string) bool {
	t.Helper()
	if slices.Contains([]byte(code), '%') {
		code = fmt.Sprintf(code, round)
	}
	rec := newRecorder()
	interrupts := make(chan struct{}, 4)
	delay := time.Duration(random.IntN(3000)) * time.Microsecond
	rec.onInput = func(ctx context.Context, prompt string) (string, error) {
		answered := time.NewTimer(delay)
		defer answered.Stop()
		select {
		case <-interrupts:
			return "", kernel.ErrInterrupted
		case <-ctx.Done():
			return fmt.Sprint("late ", round), nil // nobody waits any more
		case <-answered.C:
			return fmt.Sprint(round), nil
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := p.execute(context.Background(), rec, cell{code: code, allowStdin: true})
		done <- err
	}()
	for range random.IntN(3) {
		timer := time.NewTimer(time.Duration(random.IntN(4000)) * time.Microsecond)
		select {
		case <-timer.C:
			select {
			case interrupts <- struct{}{}:
			default:
			}
			p.interrupt()
		case err := <-done:
			done <- err
		}
		timer.Stop()
	}
	if stormEnd(t, done, round, code) {
		return true
	}
	if want := fmt.Sprintf(want, round); !slices.Contains(rec.all(), want) {
		t.Fatalf("round %d: %s gives %q, want %q", round, code, rec.all(), want)
	}
	return false
}

// stormEnd waits for the end of a cell, and says whether it was an interrupt.
func stormEnd(t *testing.T, done <-chan error, round int, code string) bool {
	t.Helper()
	select {
	case err := <-done:
		if e, ok := errors.AsType[*kernel.Error](err); ok && e.Name == "interrupt" {
			return true
		} else if err != nil {
			t.Fatalf("round %d: %s: %v", round, code, err)
		}
	case <-time.After(patience):
		t.Fatalf("round %d: %s goes on", round, code)
	}
	return false
}

// An interrupt while a plot is drawn or shown leaves nothing of ours behind: no sink, in
// which all that is printed from then on would vanish, no connection, and no device.
func TestK5StormOfPlots(t *testing.T) {
	t.Parallel()
	p := startR(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const plots = "plot(1:9)\nhist(1:9)"
	for round := range 40 {
		done := make(chan error, 1)
		go func() {
			_, err := p.execute(context.Background(), newRecorder(), cell{code: plots})
			done <- err
		}()
		timer := time.NewTimer(time.Duration(random.IntN(40_000)) * time.Microsecond)
		select {
		case <-timer.C:
			p.interrupt()
		case err := <-done:
			done <- err
		}
		timer.Stop()
		stormEnd(t, done, round, plots)
		const look = "cat(c(sink.number(), nrow(showConnections()), setdiff(names(dev.list()), 'adrastea'))); invisible(graphics.off())"
		if got, want := runCell(t, p, look), []string{"stdout|0 0"}; !slices.Equal(got, want) {
			t.Fatalf("round %d: %q is left, want %q", round, got, want)
		}
	}
}
