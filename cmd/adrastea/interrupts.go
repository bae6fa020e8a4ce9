package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

// interrupts gives each SIGINT to the one who asked for it last: to the prompt
// that is open, else to the code that runs. One that nobody waits for is kept
// for who comes next.
type interrupts struct {
	sigs chan os.Signal
	done chan struct{}
	wg   sync.WaitGroup

	mu      sync.Mutex
	waiting []chan struct{} // guarded by mu
	kept    bool            // guarded by mu
}

// newInterrupts begins to take SIGINT, until close.
func newInterrupts() *interrupts {
	i := &interrupts{sigs: make(chan os.Signal, 1), done: make(chan struct{})}
	signal.Notify(i.sigs, syscall.SIGINT)
	i.wg.Go(func() {
		for {
			select {
			case <-i.sigs:
				i.deliver()
			case <-i.done:
				return
			}
		}
	})
	return i
}

func (i *interrupts) close() {
	signal.Stop(i.sigs)
	close(i.done)
	i.wg.Wait()
}

func (i *interrupts) deliver() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.deliverLocked()
}

func (i *interrupts) deliverLocked() {
	if len(i.waiting) == 0 {
		i.kept = true
		return
	}
	select {
	case i.waiting[len(i.waiting)-1] <- struct{}{}:
	default: // it has one to see to already
	}
}

// wait returns a channel that receives interrupts, and the function that ends
// that. One that was not taken from the channel goes to who comes next.
func (i *interrupts) wait() (c <-chan struct{}, end func()) { return i.join(false) }

// waitBehind is wait for who gives way to those that wait already: the code's
// question may be open before somebody waits for the code.
func (i *interrupts) waitBehind() (c <-chan struct{}, end func()) { return i.join(true) }

func (i *interrupts) join(behind bool) (c <-chan struct{}, end func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	w := make(chan struct{}, 1)
	at := len(i.waiting)
	if behind {
		at = 0
	}
	i.waiting = slices.Insert(i.waiting, at, w)
	if i.kept {
		i.kept = false
		w <- struct{}{}
	}
	return w, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.waiting = slices.DeleteFunc(i.waiting, func(x chan struct{}) bool { return x == w })
		if len(w) > 0 {
			i.deliverLocked()
		}
	}
}

// within returns a context that ends with SIGINT, until end, which says whether one
// has come: what was done meanwhile may have gone well in spite of it.
func (i *interrupts) within(ctx context.Context) (_ context.Context, end func() (interrupted bool)) {
	ctx, cancel := context.WithCancelCause(ctx)
	interrupt, leave := i.wait()
	ended, heard := make(chan struct{}), make(chan bool, 1)
	go func() {
		select {
		case <-interrupt:
			cancel(signalError{syscall.SIGINT})
			heard <- true
		case <-ended:
			heard <- false
		}
	}()
	return ctx, func() bool {
		close(ended)
		defer cancel(nil)
		defer leave()
		return <-heard
	}
}

// forget drops an interrupt that is kept.
func (i *interrupts) forget() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kept = false
}
