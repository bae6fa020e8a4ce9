package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A soaked is a kernel that can be joined and restarted.
type soaked interface {
	start(ctx context.Context) error
	restart(ctx context.Context) error
	attach(ctx context.Context) (*client.Client, error)
	pids() []int // of the processes to look at; none for this one
	stop()
}

// sayings are programs of a kernel's language.
type sayings struct {
	lines func(n int) string         // prints 1 to n, each on a line
	ask   func(prompt string) string // asks, and prints the answer
	wait  string                     // runs until it is interrupted
}

// A tub is a kernel with what happens to it.
type tub struct {
	name   string
	kernel soaked
	say    sayings

	gate       sync.RWMutex // held for reading by a client in a round, for writing by a restart
	generation atomic.Int64 // of the kernel; changes while gate is held

	sent, taken atomic.Int64 // interrupts before they are sent and when they are answered

	requests, interrupted, restarted, joined atomic.Int64
}

func (k *tub) start(ctx context.Context) error { return k.kernel.start(ctx) }

// restarts restarts the kernel again and again.
func (k *tub) restarts(ctx context.Context, every time.Duration) error {
	for {
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return nil
		}
		k.gate.Lock()
		k.generation.Add(1)
		err := k.kernel.restart(ctx)
		k.gate.Unlock()
		if err != nil {
			return err
		}
		k.restarted.Add(1)
	}
}

// soak is client n: rounds until ctx ends. It leaves and joins again now and
// then, and when the kernel was restarted.
func (k *tub) soak(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := k.visit(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (k *tub) visit(ctx context.Context) error {
	k.gate.RLock()
	generation := k.generation.Load()
	c, err := k.kernel.attach(ctx)
	k.gate.RUnlock()
	if err != nil {
		return err
	}
	defer c.Close()
	k.joined.Add(1)
	for range 50 + rand.IntN(200) {
		k.gate.RLock()
		if ctx.Err() != nil || k.generation.Load() != generation {
			k.gate.RUnlock()
			return nil
		}
		err := k.round(ctx, c)
		k.gate.RUnlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// round is one request, whichever, and its result.
func (k *tub) round(ctx context.Context, c *client.Client) error {
	k.requests.Add(1)
	switch p := rand.IntN(100); {
	case p < 45:
		return k.print(ctx, c, 1+rand.IntN(20))
	case p < 47:
		return k.print(ctx, c, 20_000)
	case p < 70:
		return k.ask(ctx, c)
	case p < 75:
		return k.interrupt(ctx, c)
	case p < 85:
		taken := k.taken.Load()
		_, err := c.Complete(ctx, "pri", 3)
		if _, failed := errors.AsType[*client.ReplyError](err); failed && k.sent.Load() > taken {
			k.interrupted.Add(1)
			return nil
		}
		return err
	}
	_, err := c.KernelInfo(ctx)
	return err
}

// print has the kernel print and compares what comes.
func (k *tub) print(ctx context.Context, c *client.Client, lines int) error {
	var want strings.Builder
	for i := range lines {
		fmt.Fprintln(&want, i+1)
	}
	return k.execute(ctx, c, k.say.lines(lines), want.String(), nil)
}

// ask has the kernel ask, and looks whether the answer is printed.
func (k *tub) ask(ctx context.Context, c *client.Client) error {
	prompt, answer := fmt.Sprint("q", rand.IntN(1e9)), fmt.Sprint("a", rand.IntN(1e9))
	return k.execute(ctx, c, k.say.ask(prompt), answer,
		func(_ context.Context, q *jupyter.InputRequest) (string, error) {
			if q.Prompt != prompt {
				return "", fmt.Errorf("asked %q, want %q", q.Prompt, prompt)
			}
			return answer, nil
		})
}

// interrupt runs what does not end, and interrupts it: whatever runs when the
// interrupt comes may be another client's.
func (k *tub) interrupt(ctx context.Context, c *client.Client) error {
	ended := make(chan error, 1)
	go func() { ended <- k.execute(ctx, c, k.say.wait, "", nil) }()
	for {
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Duration(5+rand.IntN(50)) * time.Millisecond):
			k.sent.Add(1)
			err := c.Interrupt(ctx)
			k.taken.Add(1)
			if err != nil {
				return err
			}
		}
	}
}

// execute runs code, which has to print text unless an interrupt came that was
// not yet answered when the code was sent.
func (k *tub) execute(ctx context.Context, c *client.Client, code, text string,
	input func(context.Context, *jupyter.InputRequest) (string, error)) error {
	taken := k.taken.Load()
	var got strings.Builder
	reply, err := c.Execute(ctx, code, &client.ExecuteOptions{
		ContinueOnError: true,
		Input:           input,
		Output: func(m *jupyter.Message) {
			if s, err := jupyter.Decode[jupyter.Stream](m); err == nil && s.Name == jupyter.Stdout {
				got.WriteString(s.Text)
			}
		},
	})
	switch {
	case err != nil:
		return err
	case reply.Status == jupyter.StatusError && k.sent.Load() > taken:
		k.interrupted.Add(1)
		return nil
	case reply.Status != jupyter.StatusOK:
		return fmt.Errorf("%.80q: %s %s %s", code, reply.Status, reply.EName, reply.EValue)
	case strings.TrimRight(got.String(), "\n") != strings.TrimRight(text, "\n"):
		return fmt.Errorf("%.80q printed %d bytes, want %d", code, got.Len(), len(text))
	}
	return nil
}
