package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// TestCrowd has eight clients send requests at once, with random interrupts:
// every request has exactly its busy, its outputs, its idle and one reply.
func TestCrowd(t *testing.T) { run(t, testCrowd) }

func testCrowd(t *testing.T, opt *kerneltest.Options) {
	const clients, rounds = 8, 4
	k := kerneltest.StartKernel(t, newScript(), opt)
	var wg sync.WaitGroup
	var all []*kerneltest.Client
	for range clients { // all first: to connect is a request too, beside the others
		all = append(all, k.Connect(t))
	}
	for n, c := range all {
		wg.Go(func() {
			for i := range rounds {
				crowdRound(t, c, fmt.Sprintf("%d-%d", n, i))
			}
		})
	}
	stop := make(chan struct{})
	var interrupts sync.WaitGroup
	interrupts.Go(func() {
		for {
			select {
			case <-time.After(time.Duration(rand.IntN(5000)) * time.Microsecond):
				k.Server.Interrupt()
			case <-stop:
				return
			}
		}
	})
	wg.Wait()
	close(stop)
	interrupts.Wait()
	for _, c := range all {
		// The end of a request may have overtaken its prompt, but not this one.
		r := c.Execute("ask last")
		for p := ""; p != `{"prompt":"last","password":false}`; {
			_, m := c.NextOf(jupyter.Stdin)
			if p = string(m.Content); p == `{"prompt":"last","password":false}` {
				c.Answer(m, "bye")
			}
		}
		c.Await(r, jupyter.Shell, jupyter.TypeExecuteReply)
		for range 4 { // busy, execute_input, stream, idle
			c.Next(jupyter.IOPub)
		}
	}
}

// crowdRound sends three requests at once and reads what comes.
func crowdRound(t *testing.T, c *kerneltest.Client, name string) {
	execute := func(code string) *jupyter.Message {
		return c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: code, AllowStdin: true})
	}
	print := execute("out " + name + "\nresult " + name)
	ask := execute("ask " + name)
	complete := c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: name})

	c.ExpectBusy(print)
	c.Expect(print, jupyter.IOPub, jupyter.TypeExecuteInput)
	if c.NextType(jupyter.IOPub) == jupyter.TypeError { // interrupted before it ran
		c.Expect(print, jupyter.IOPub, jupyter.TypeError)
		done(c, print, "error")
	} else {
		c.ExpectStream(print, "stdout", name)
		c.ExpectResult(print, name)
		done(c, print, "ok")
	}
	c.ExpectBusy(ask)
	c.Expect(ask, jupyter.IOPub, jupyter.TypeExecuteInput)
	status := "ok"
	for running := true; running; {
		switch _, m := c.NextOf(jupyter.IOPub, jupyter.Stdin); m.Header.MsgType {
		case jupyter.TypeInputRequest:
			c.Answer(m, name) // or too late, to an earlier one
		case jupyter.TypeStream:
			running = false
			if want := fmt.Sprintf(`{"name":"stdout","text":"<%s>"}`, name); string(m.Content) != want {
				t.Errorf("%s, want %s", m.Content, want)
			}
		case jupyter.TypeError:
			running, status = false, "error"
		default:
			t.Errorf("%s: %s", m.Header.MsgType, m.Content)
		}
	}
	done(c, ask, status)
	c.ExpectBusy(complete)
	c.Expect(complete, jupyter.Shell, jupyter.TypeCompleteReply) // interrupted or not
	c.ExpectIdle(complete)
}
