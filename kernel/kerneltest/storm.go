package kerneltest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// Storm runs rounds of prompts, answers, interrupts and late answers at random
// moments. Every round has to have its right result: the answer to its own
// prompt, or, if it was interrupted, perhaps an error.
//
// ask returns a program that asks with prompt and prints the answer on stdout,
// as it is. c must not have executed anything yet.
func Storm(t testing.TB, c *Client, ask func(prompt string) (code string), rounds int) {
	t.Helper()
	seed := rand.Uint64()
	s := &storm{t: t, c: c, ask: ask, rng: rand.New(rand.NewPCG(seed, 1))}
	s.round(false) // the language has started when the storm begins
	for range rounds {
		s.round(s.rng.IntN(2) == 0)
	}
	for s.interrupted < rounds/10 && s.n < 10*rounds {
		s.round(true) // on a slow machine interrupts may come too early
	}
	s.round(false) // all prompts of the storm have come before its own
	t.Logf("seed %d: %d rounds, %d answered, %d interrupted, %d late answers",
		seed, s.n, s.answered, s.interrupted, s.late)
	c.AwaitDropped(jupyter.Stdin, s.late) // and answers that an interrupt overtook
	if s.answered == 0 || s.interrupted == 0 || s.late == 0 {
		t.Error("that was no storm")
	}
}

// A storm is the state of Storm.
type storm struct {
	t   testing.TB
	c   *Client
	ask func(prompt string) string
	rng *rand.Rand

	n       int                // of the round
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

// round runs one program, and perhaps interrupts it.
func (s *storm) round(interrupt bool) {
	s.t.Helper()
	s.n++
	var wg sync.WaitGroup
	if interrupt {
		after := s.moment()
		wg.Go(func() {
			time.Sleep(after)
			s.c.Kernel.Server.Interrupt()
		})
	}
	s.lateAnswers()
	prompt, answer := fmt.Sprintf("prompt %d ", s.n), fmt.Sprintf("<answer %d>", s.n)
	r := s.c.Execute(s.ask(prompt))
	s.c.ExpectStart(r, s.n)
	text, failed := s.follow(prompt, answer)
	wg.Wait()
	switch {
	case !failed && text == answer:
		s.answered++
	case failed && interrupt && (text == "" || text == answer):
		s.interrupted++
	default:
		s.t.Fatalf("round %d (interrupt: %v, error: %v) printed %q", s.n, interrupt, failed, text)
	}
}

// follow answers the prompt of a round and returns what the round printed and
// whether it failed. Between several sockets there is no order: the end of a round may
// overtake its prompt, which then comes in a later round.
func (s *storm) follow(prompt, answer string) (text string, failed bool) {
	s.t.Helper()
	var b strings.Builder
	replied, idle, prompted := false, false, (*jupyter.Message)(nil)
	for !replied || !idle {
		switch _, m := s.c.NextOf(jupyter.IOPub, jupyter.Stdin, jupyter.Shell); m.Header.MsgType {
		case jupyter.TypeInputRequest:
			if got := content[jupyter.InputRequest](s.c, m).Prompt; got != prompt {
				if s.n == 1 {
					s.t.Fatalf("the program asks with %q, want %q", got, prompt)
				}
				s.prompts = append(s.prompts, m)
				break
			}
			prompted = m
			s.lateAnswers()
			time.Sleep(s.moment())
			s.c.Answer(m, answer)
			s.lateAnswers()
		case jupyter.TypeStream:
			b.WriteString(content[jupyter.Stream](s.c, m).Text)
		case jupyter.TypeError:
			failed = true
		case jupyter.TypeExecuteReply:
			replied = true
		case jupyter.TypeStatus:
			idle = true
		default:
			s.t.Fatalf("round %d: %s", s.n, describe(m))
		}
	}
	if prompted != nil {
		s.prompts = append(s.prompts, prompted)
	}
	return b.String(), failed
}
