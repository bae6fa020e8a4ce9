package kernel

import (
	"context"
	"slices"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// typingPatience is how long what a front end asks while its user types waits
// for the language. Users feel more than a tenth of a second.
const typingPatience = 60 * time.Millisecond

// A BusyAnswerer has answers to what front ends ask while their users type
// (complete_request, inspect_request, is_complete_request) also when it runs a
// cell, handles a message of a comm, or starts. Without it such a request waits
// for its turn, as every other does.
type BusyAnswerer interface {
	// AnswerBusy returns the reply to c, as a [Completer] and the others do; nil has
	// the request wait all the same.
	// It is called at the same time as Execute and the others, when the request
	// has waited for 60 ms, and must return at once.
	AnswerBusy(c jupyter.Content) jupyter.Content
}

// isTyping says that a request is of those a [BusyAnswerer] answers.
func isTyping(msgType string) bool {
	switch msgType {
	case jupyter.TypeCompleteRequest, jupyter.TypeInspectRequest, jupyter.TypeIsCompleteRequest:
		return true
	}
	return false
}

// typing are the requests that a BusyAnswerer may answer. The reader of shell
// owns it.
type typing struct {
	timer *time.Timer
	asked []typed // in the order of their arrival
}

// A typed is a request and when it has waited long enough.
type typed struct {
	in  *incoming
	due time.Time
}

// add notes that in waits.
func (t *typing) add(in *incoming) {
	t.asked = append(t.asked, typed{in, time.Now().Add(typingPatience)})
	if len(t.asked) == 1 {
		t.timer.Reset(typingPatience)
	}
}

// due returns the requests that have waited long enough.
func (t *typing) due() (due []*incoming) {
	now := time.Now()
	for len(t.asked) > 0 && !t.asked[0].due.After(now) {
		due = append(due, t.asked[0].in)
		t.asked = slices.Delete(t.asked, 0, 1)
	}
	if len(t.asked) > 0 {
		t.timer.Reset(t.asked[0].due.Sub(now))
	}
	return due
}

// answerBusy answers in if it still waits for its turn and the language has an
// answer while it is busy. Behind anything but code it waits longer.
func (s *Server) answerBusy(in *incoming) {
	c, _ := s.parse(in)
	if c == nil {
		return
	}
	if !s.codeRuns(in.lane) {
		if in.lane.has(in) {
			s.typing.add(in)
		}
		return
	}
	reply := s.busyReply(c)
	if reply == nil || !in.lane.remove(in) {
		return
	}
	s.unqueue(in)
	s.publishStatus(in, jupyter.StateBusy)
	s.reply(in, reply)
	s.idle(in)
}

// codeRuns says that the user's code runs in l.
func (s *Server) codeRuns(l *lane) bool {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	return l.running != nil && l.running.isCode()
}

// isCode says that r is the user's code: a cell, or what handles a comm. All else
// does not take long, and replies keep their order.
func (r *running) isCode() bool {
	if r.in.aborted {
		return false // it does not run
	}
	t := r.in.msg.Header.MsgType
	return t == jupyter.TypeExecuteRequest || jupyter.IsComm(t)
}

// busyReply asks the language for the reply to c. It returns nil if there is
// none.
func (s *Server) busyReply(c jupyter.Content) (reply jupyter.Content) {
	l, ok := s.lang.(BusyAnswerer)
	if !ok {
		return nil
	}
	_ = s.guard(func() error { reply = withStatus(l.AnswerBusy(c)); return nil }) // after a panic: nil
	return reply
}

// startingReply returns the reply to c of a language that still starts, or nil
// if it is to be asked as usual.
func (s *Server) startingReply(ctx context.Context, c jupyter.Content) jupyter.Content {
	if !isTyping(c.MsgType()) {
		return nil
	}
	select {
	case <-s.started:
		return nil
	default:
	}
	patience := time.NewTimer(typingPatience)
	defer patience.Stop()
	select {
	case <-s.started:
	case <-ctx.Done():
	case <-patience.C:
		return s.busyReply(c)
	}
	return nil
}
