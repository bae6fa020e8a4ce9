// Command soak has several clients use two kernels for a long time, and prints
// what the kernels' processes hold meanwhile: memory, descriptors, threads,
// goroutines. It is run by hand:
//
//	make build && go run ./e2e/soak -for 1h
//
// One kernel is the R kernel, in processes of its own; the other serves a small
// language inside this program, which can count its goroutines. The clients
// print, ask and answer, interrupt, complete, leave and come back; now and then
// a kernel is restarted. Every output and every answer is compared with what it
// has to be; the first that is wrong ends the program with status 1.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	length := flag.Duration("for", time.Hour, "how long to soak")
	every := flag.Duration("every", time.Minute, "time between two lines of figures")
	restart := flag.Duration("restart", 5*time.Minute, "time between two restarts of a kernel")
	clients := flag.Int("clients", 4, "clients of each kernel")
	binary := flag.String("adrastea", "bin/adrastea", "the binary of the R kernel")
	flag.Parse()
	dir, err := os.MkdirTemp("", "adrastea-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("XDG_STATE_HOME", dir); err != nil { // not the user's own history
		return err
	}
	r, err := newRKernel(ctx, *binary, filepath.Join(dir, "r"))
	if err != nil {
		return err
	}
	kernels := []*tub{{name: "R", kernel: r, say: sayR}, {name: "small", kernel: newSmallKernel(), say: saySmall}}

	ctx, cancel := context.WithTimeout(ctx, *length)
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var wg sync.WaitGroup
	for _, k := range kernels {
		if err := k.start(ctx); err != nil {
			return err
		}
		defer k.kernel.stop()
		for n := range *clients {
			wg.Go(func() {
				if err := k.soak(ctx); err != nil && ctx.Err() == nil {
					fail(fmt.Errorf("%s, client %d: %w", k.name, n, err))
				}
			})
		}
		wg.Go(func() {
			if err := k.restarts(ctx, *restart); err != nil && ctx.Err() == nil {
				fail(fmt.Errorf("%s: restart: %w", k.name, err))
			}
		})
	}
	wg.Go(func() { report(ctx, kernels, *every) })
	<-ctx.Done()
	wg.Wait()
	if err := context.Cause(ctx); err != context.DeadlineExceeded {
		return err
	}
	return nil
}
