package kernel

import (
	"context"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A running is the message that the worker of shell has given to the language.
type running struct {
	in     *incoming
	cancel context.CancelCauseFunc
	req    *Request // of an execute_request, while Execute runs
	asks   []*ask   // prompts that wait for an answer
}

// beginRunning makes in what runs: from now on an interrupt is for it. ctx is
// cancelled by an interrupt and by the end of the kernel.
func (s *Server) beginRunning(in *incoming) (ctx context.Context) {
	ctx, cancel := context.WithCancelCause(s.langCtx)
	s.runMu.Lock()
	defer s.runMu.Unlock()
	s.running = &running{in: in, cancel: cancel}
	return ctx
}

// finishRunning says that nothing runs any more.
func (s *Server) finishRunning() {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	if s.running != nil {
		s.running.cancel(nil)
		s.running = nil
	}
}

// setRequest says that Execute runs req, or, with nil, that it has returned.
func (s *Server) setRequest(req *Request) {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	if s.running != nil {
		s.running.req = req
	}
}

// cancelRunning cancels the context of what runs.
func (s *Server) cancelRunning(cause error) {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	if s.running != nil {
		s.running.cancel(cause)
	}
}

// Interrupt interrupts what runs, as an interrupt_request and SIGINT do (K5):
// its context is cancelled, a prompt that waits ends, and an [Interrupter] is
// told. When nothing runs, it does nothing, nor to what runs next.
func (s *Server) Interrupt() {
	s.runMu.Lock()
	defer s.runMu.Unlock() // held, so that what hears of it still runs
	r := s.running
	if r == nil {
		return
	}
	r.cancel(ErrInterrupted)
	for _, a := range r.asks {
		a.interrupt()
	}
	if i, ok := s.lang.(Interrupter); ok && r.req != nil {
		var err error
		defer s.recoverPanic(&err)
		i.Interrupt(r.req)
	}
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
	c, err := func() (c jupyter.Content, err error) {
		defer s.recoverPanic(&err)
		if err := s.awaitStart(ctx); err != nil {
			return nil, err
		}
		return f()
	}()
	if err == nil {
		return c
	}
	if !jupyter.IsRequest(in.msg.Header.MsgType) {
		s.cfg.Logger.Warn("kernel: "+in.msg.Header.MsgType+" failed", "err", err)
		return nil
	}
	return s.errorReply(in, errorInfo(ctx, err))
}
