package kernel

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

const (
	// promptFlush is how long a prompt waits for the output before it to be
	// handed over: a subscriber that reads nothing must not keep the others
	// from being asked.
	promptFlush = time.Second

	// promptRetry is how long a prompt waits before it is sent again to a
	// client that had no stdin socket. A front end connects its sockets one
	// after the other, and may lose one and connect it again.
	promptRetry = 100 * time.Millisecond
)

// nobodyWaits is why an answer is dropped.
const nobodyWaits = "an input_reply that nobody waits for"

// An ask is a prompt that waits for its answer. All its channels have room for
// what they will receive.
type ask struct {
	msg         *jupyter.Message // the input_request
	answer      chan answer      // receives at most one value
	interrupted chan struct{}    // closed by an interrupt; see interrupt
	undelivered chan struct{}    // capacity 1: the client has no stdin socket
	over        chan struct{}    // closed when its request has ended
}

// An answer is what a client answered, or why it is none.
type answer struct {
	value string
	err   error
}

// interrupt ends the wait. The caller holds runMu.
func (a *ask) interrupt() {
	select {
	case <-a.interrupted:
	default:
		close(a.interrupted)
	}
}

// client reports whether m is from the client that is asked.
func (a *ask) client(m *jupyter.Message) bool {
	return slices.EqualFunc(a.msg.Identities, m.Identities, bytes.Equal)
}

// input asks the client that sent req (K4). It owns no socket: it selects over
// answer, interrupt and end.
func (s *Server) input(ctx context.Context, req *Request, prompt string, password bool) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	msg, err := s.session.Reply(req.in.msg, &jupyter.InputRequest{Prompt: prompt, Password: password})
	if err != nil {
		return "", err
	}
	a := &ask{
		msg:         msg,
		answer:      make(chan answer, 1),
		interrupted: make(chan struct{}),
		undelivered: make(chan struct{}, 1),
		over:        req.over,
	}
	if !s.addAsk(req, a) {
		return "", ErrNotRunning
	}
	defer s.removeAsk(req, a)
	flushed := s.out.flush()
	timer := time.NewTimer(promptFlush) // for the flush, then for retries
	defer timer.Stop()
	var asks chan<- *ask // set when it is time to ask
	for {
		select {
		case <-flushed:
			timer.Stop()
			flushed, asks = nil, s.asks
		case <-timer.C:
			flushed, asks = nil, s.asks
		case asks <- a:
			asks = nil
		case <-a.undelivered:
			timer.Reset(promptRetry)
		case ans := <-a.answer:
			return ans.value, ans.err
		case <-a.interrupted:
			return "", ErrInterrupted
		case <-a.over:
			return "", ErrNotRunning
		case <-s.endc:
			return "", ErrShutdown
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// addAsk has interrupts end the wait of a. It reports false if req does not run
// any more.
func (s *Server) addAsk(req *Request, a *ask) bool {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	r := req.in.lane.running
	if r == nil || r.req != req {
		return false
	}
	r.asks = append(r.asks, a)
	return true
}

// removeAsk says that nobody waits for a any more.
func (s *Server) removeAsk(req *Request, a *ask) {
	s.runMu.Lock()
	if r := req.in.lane.running; r != nil {
		r.asks = slices.DeleteFunc(r.asks, func(b *ask) bool { return a == b })
	}
	s.runMu.Unlock()
	select {
	case s.unasks <- a: // from now on there will be no answer
	case <-s.stopc:
	}
	select {
	case <-a.answer: // the wait ended for another reason at the same time
		s.dropped.count(s.cfg.Logger, jupyter.Stdin, nobodyWaits)
	default:
	}
}

// serveStdin sends prompts and hands answers to those who wait for them.
func (s *Server) serveStdin() {
	sock := s.sockets[jupyter.Stdin]
	var asks []*ask // oldest first
	for {
		select {
		case a := <-s.asks:
			if !slices.Contains(asks, a) {
				asks = s.takeStale(asks)
				asks = append(asks, a)
			}
			s.sendPrompt(a)
		case a := <-s.unasks:
			asks = slices.DeleteFunc(asks, func(b *ask) bool { return a == b })
		case m, ok := <-sock.Recv():
			if !ok {
				s.socketFailed(jupyter.Stdin)
				return
			}
			asks = s.takeAnswer(asks, s.receive(jupyter.Stdin, m))
		case <-s.stopc:
			return
		}
	}
}

// sendPrompt sends the input_request, if its request still runs: nothing comes of
// a language that has returned, and the reply must not overtake a prompt.
func (s *Server) sendPrompt(a *ask) {
	s.runMu.Lock()
	defer s.runMu.Unlock() // held, so that the request cannot end between
	select {
	case <-a.over:
		return
	default:
	}
	s.logError(s.out.send(jupyter.Stdin, a.msg, func(err error) {
		if err == nil {
			return
		}
		select {
		case a.undelivered <- struct{}{}:
		default:
		}
	}))
}

// takeStale takes what has arrived before a prompt is sent: it cannot be its
// answer, even if it names no parent.
func (s *Server) takeStale(asks []*ask) []*ask {
	for {
		select {
		case m, ok := <-s.sockets[jupyter.Stdin].Recv():
			if !ok {
				return asks // serveStdin sees it
			}
			asks = s.takeAnswer(asks, s.receive(jupyter.Stdin, m))
		default:
			return asks
		}
	}
}

// takeAnswer gives an answer to the prompt it belongs to and returns the
// prompts that still wait. An answer that belongs to none is dropped: one that
// names another request as its parent, that comes from another client, or that
// comes when nobody waits. One that names no parent, as jupyter_client's
// blocking client sends it, belongs to the oldest prompt of its client.
func (s *Server) takeAnswer(asks []*ask, in *incoming) []*ask {
	if in == nil {
		return asks
	}
	if in.msg.Header.MsgType != jupyter.TypeInputReply {
		s.dropped.count(s.cfg.Logger, jupyter.Stdin, in.msg.Header.MsgType+" on the stdin channel")
		return asks
	}
	parent, err := in.msg.Parent()
	i := slices.IndexFunc(asks, func(a *ask) bool {
		return a.client(in.msg) && (parent.MsgID == "" || parent.MsgID == a.msg.Header.MsgID)
	})
	if i < 0 || err != nil && in.err == nil {
		s.dropped.count(s.cfg.Logger, jupyter.Stdin, nobodyWaits)
		return asks
	}
	asks[i].answer <- readAnswer(in)
	return slices.Delete(asks, i, i+1)
}

// readAnswer decodes an answer.
func readAnswer(in *incoming) answer {
	if in.err != nil {
		return answer{err: &BadReplyError{reason(in.err)}}
	}
	c, err := jupyter.Decode[jupyter.InputReply](in.msg)
	if err != nil {
		return answer{err: &BadReplyError{reason(err)}}
	}
	return answer{value: c.Value}
}
