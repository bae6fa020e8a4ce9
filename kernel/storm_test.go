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

// stormRounds is the number of rounds of the storm.
const stormRounds = 100

// TestStorm is 100 rounds of prompts, answers, interrupts and late answers at
// random moments. Every round has its right result: the answer to its own
// prompt, or, if it was interrupted, perhaps an interrupt.
func TestStorm(t *testing.T) { run(t, testStorm) }

func testStorm(t *testing.T, opt *kerneltest.Options) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	s := &storm{t: t, c: kerneltest.Start(t, newScript(), opt), rng: rng}
	for n := range stormRounds {
		s.round(n + 1)
	}
	s.calm(stormRounds + 1)
	t.Logf("%d rounds: %d answered, %d interrupted, %d late answers sent, %d dropped", stormRounds,
		s.answered, s.interrupted, s.late, s.c.Kernel.Server.Stats().Dropped[jupyter.Stdin])
	s.c.AwaitDropped(jupyter.Stdin, s.late) // not one of them was taken
	if s.answered == 0 || s.interrupted == 0 || s.late == 0 {
		t.Error("that was no storm")
	}
}

type storm struct {
	t   *testing.T
	c   *kerneltest.Client
	rng *rand.Rand

	prompts []*jupyter.Message // of the rounds before

	answered, interrupted, late int
}

// moment returns a short random time.
func (s *storm) moment() time.Duration {
	return time.Duration(s.rng.IntN(1500)) * time.Microsecond
}

// lateAnswers answers prompts of earlier rounds, now and then.
func (s *storm) lateAnswers() {
	for len(s.prompts) > 0 && s.rng.IntN(3) > 0 {
		s.late++
		s.c.Answer(s.prompts[s.rng.IntN(len(s.prompts))], "too late")
	}
}

// round runs one cell that asks.
func (s *storm) round(n int) {
	c, prompt := s.c, fmt.Sprint("prompt ", n)
	interrupts := s.rng.IntN(2) == 0
	var wg sync.WaitGroup
	if interrupts {
		after := s.moment()
		wg.Go(func() {
			time.Sleep(after)
			c.Kernel.Server.Interrupt()
		})
	}
	s.lateAnswers()
	r := c.Execute("ask " + prompt)
	c.ExpectStart(r, n)
	// Over several sockets there is no order between the prompt and the end of
	// the round.
	p, ended := s.promptOrEnd(prompt)
	if p != nil {
		s.lateAnswers()
		time.Sleep(s.moment())
		c.Answer(p, fmt.Sprint("answer ", n))
		s.lateAnswers()
		ended = c.Next(jupyter.IOPub)
	}
	wg.Wait()
	switch text := string(ended.Content); {
	case text == fmt.Sprintf(`{"name":"stdout","text":"<answer %d>"}`, n):
		s.answered++
		done(c, r, "ok")
		s.prompts = append(s.prompts, p)
	case interrupts && ended.Header.MsgType == jupyter.TypeError:
		s.interrupted++
		done(c, r, "error")
		if p != nil {
			s.late++ // the answer of this round is itself late
			s.prompts = append(s.prompts, p)
		}
	default:
		s.t.Fatalf("round %d (interrupted: %v) ended with %s %s", n, interrupts, ended.Header.MsgType, text)
	}
}

// calm runs a last round, in which nothing odd happens: all prompts of the
// storm have come before its own.
func (s *storm) calm(n int) {
	r := s.c.Execute("ask calm")
	s.c.ExpectStart(r, n)
	p, _ := s.promptOrEnd("calm")
	s.c.Answer(p, "well")
	s.c.ExpectStream(r, "stdout", "<well>")
	done(s.c, r, "ok")
}

// promptOrEnd returns the prompt of a round or, if the interrupt came before it,
// what ended the round. The prompt of an earlier round, which its end overtook,
// is kept for late answers.
func (s *storm) promptOrEnd(prompt string) (p, ended *jupyter.Message) {
	s.t.Helper()
	for {
		ch, m := s.c.NextOf(jupyter.Stdin, jupyter.IOPub)
		if ch == jupyter.IOPub {
			return nil, m
		}
		c, err := jupyter.Decode[jupyter.InputRequest](m)
		must(s.t, err)
		if c.Prompt == prompt {
			return m, nil
		}
		s.prompts = append(s.prompts, m)
	}
}
