package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// A signalError is the cause of a context that a signal has ended.
type signalError struct{ syscall.Signal }

func (s signalError) Error() string { return s.Signal.String() }

// withSignals returns a context that ends with SIGTERM, SIGHUP, SIGQUIT (Ctrl-\
// while code runs) or, when nobody reads the output any more, SIGPIPE. Under
// nohup SIGHUP stays ignored.
func withSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	sigs := make(chan os.Signal, 1)
	watched := []os.Signal{syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGPIPE}
	if !signal.Ignored(syscall.SIGHUP) {
		watched = append(watched, syscall.SIGHUP)
	}
	signal.Notify(sigs, watched...)
	go func() {
		select {
		case s := <-sigs:
			cancel(signalError{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(sigs)
		cancel(nil)
	}
}

// interruptStatus is the exit status of a program that SIGINT ended.
const interruptStatus = 128 + int(syscall.SIGINT)
