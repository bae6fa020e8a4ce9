package kernel

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A running is the message that the worker of a lane has given to the language.
type running struct {
	in     *incoming
	cancel context.CancelCauseFunc
	req    *Request // of an execute_request, while Execute runs
	asks   []*ask   // prompts that wait for an answer

	interruptedBy *incoming // the last request that did; nil for a signal, too
}

// beginRunning makes in what runs: from now on an interrupt is for it. ctx is
// cancelled by an interrupt and by the end of the kernel.
func (s *Server) beginRunning(in *incoming) (ctx context.Context) {
	parent := s.langCtx
	if in.lane.id != "" {
		parent = context.WithValue(parent, subshellKey{}, in.lane.id)
	}
	ctx, cancel := context.WithCancelCause(parent)
	s.runMu.Lock()
	defer s.runMu.Unlock()
	in.lane.running = &running{in: in, cancel: cancel}
	if in.lane.running.isCode() {
		s.codeBegan.Store(true)
	}
	return ctx
}

// finishRunning says that in does not run any more.
func (s *Server) finishRunning(in *incoming) {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	in.lane.running.cancel(nil)
	in.lane.running = nil
}

// beginRequest says that Execute runs req.
func (s *Server) beginRequest(req *Request) {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	req.in.lane.running.req = req
}

// endRequest says that Execute has returned. Prompts that it left behind end.
func (s *Server) endRequest(req *Request) {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	req.in.lane.running.req = nil
	close(req.over)
}

// cancelAll cancels the contexts of what runs.
func (s *Server) cancelAll(cause error) {
	for _, l := range s.lanes.all() {
		s.runMu.Lock()
		if l.running != nil {
			l.running.cancel(cause)
		}
		s.runMu.Unlock()
	}
}

// Interrupt interrupts what runs, as an interrupt_request and SIGINT do (K5):
// its context is cancelled, a prompt that waits ends, and an [Interrupter] is
// told. When nothing runs, it does nothing, nor to what runs next. What runs in
// subshells is left alone, and so is, while something else runs, what handles a
// comm beside it.
func (s *Server) Interrupt() { s.interruptMain(nil) }

// interruptMain is Interrupt, because of a request or, with nil, of something else.
func (s *Server) interruptMain(by *incoming) {
	if !s.interrupt(s.lanes.main, by) && s.lanes.comms != nil {
		s.interrupt(s.lanes.comms, by)
	}
}

// interrupt interrupts what runs in l, and reports whether something does.
func (s *Server) interrupt(l *lane, by *incoming) bool {
	s.runMu.Lock()
	defer s.runMu.Unlock() // held, so that what hears of it still runs
	r := l.running
	if r == nil {
		return false
	}
	r.interruptedBy = by
	r.cancel(ErrInterrupted)
	for _, a := range r.asks {
		a.interrupt()
	}
	if i, ok := s.lang.(Interrupter); ok && r.req != nil {
		_ = s.guard(func() error { i.Interrupt(r.req); return nil })
	}
	return true
}

// awaitStart returns when the language has started: with nil when it is ready
// and wanted, or with the reason why not. What was interrupted before it ran
// does not run.
func (s *Server) awaitStart(ctx context.Context) error {
	select {
	case <-s.started:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s.langCtx.Err() != nil { // its end reaches Start before it reaches ctx
		return context.Cause(s.langCtx)
	}
	return s.startErr
}

// call has f call the language for in and returns the reply: what f returns or
// the error reply.
func (s *Server) call(ctx context.Context, in *incoming, f func() (jupyter.Content, error),
) jupyter.Content {
	var c jupyter.Content
	err := s.guard(func() (err error) {
		if err = s.awaitStart(ctx); err == nil {
			c, err = f()
		}
		return err
	})
	if err == nil {
		return c
	}
	if !jupyter.IsRequest(in.msg.Header.MsgType) {
		s.cfg.Logger.Warn("kernel: "+in.msg.Header.MsgType+" failed", "err", err)
		return nil
	}
	return s.errorReply(in, errorInfo(ctx, err))
}

// guard calls f, which calls the language. A panic of the language becomes the
// error.
func (s *Server) guard(f func() error) (err error) {
	defer s.recoverPanic(&err)
	return f()
}

// recoverPanic turns a panic of the language into an error. It has to be deferred
// itself: called by what is deferred, it would recover nothing.
func (s *Server) recoverPanic(err *error) {
	if p := recover(); p != nil {
		s.cfg.Logger.Error("kernel: the language panicked", "panic", p, "stack", string(debug.Stack()))
		*err = &Error{Name: "Panic", Value: fmt.Sprint(p)}
	}
}
