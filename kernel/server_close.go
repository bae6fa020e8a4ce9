package kernel

import (
	"context"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// linger is how long the sockets may take at the end to send what is queued: a
// client that is gone must not hold the process.
const linger = time.Second

// beginEnd makes the kernel end. The first call says how.
func (s *Server) beginEnd(e ending) {
	s.endOnce.Do(func() {
		s.endMu.Lock()
		s.end = e
		s.endMu.Unlock()
		close(s.endc)
		s.langCancel(ErrShutdown)
		s.cancelAll(ErrShutdown)
		close(s.toldc)
	})
}

// finish is the end of a kernel (K9), in this order: the language ends, or is
// abandoned after its grace; what runs is answered; what waits is answered; the
// shutdown requests are answered; everything is flushed.
//
// Heartbeat and control are served until the last step.
func (s *Server) finish(loops, reader *sync.WaitGroup) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.ShutdownGrace)
	defer cancel()
	shut := make(chan struct{})
	go func() {
		defer close(shut)
		s.shutdownLanguage(ctx)
	}()
	if !waitAll(ctx, shut, s.lanes.close(), s.started) {
		s.cfg.Logger.Warn("kernel: the language does not end; the kernel ends without it")
	}
	s.answerAbandoned()
	close(s.drainc)
	reader.Wait()
	for _, l := range s.lanes.all() {
		for _, in := range l.end() {
			s.refuse(in, ErrShutdown)
		}
	}
	s.answerShutdowns()

	history := make(chan error, 1)
	go func() { history <- s.cfg.History.Close() }() // beside the sockets: both may take a while
	close(s.stopc)
	s.out.close() // sends what was held back
	s.flushSockets()
	loops.Wait()
	if err := <-history; err != nil {
		s.cfg.Logger.Error("kernel: history", "err", err)
	}
}

// waitAll reports whether all of cs were closed before ctx was done.
func waitAll(ctx context.Context, cs ...<-chan struct{}) bool {
	for _, c := range cs {
		select {
		case <-c:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// shutdownLanguage calls Shutdown of the language.
func (s *Server) shutdownLanguage(ctx context.Context) {
	err := s.guard(func() error { return s.lang.Shutdown(ctx, s.end.restart) })
	if err != nil && ctx.Err() == nil {
		s.cfg.Logger.Error("kernel: the language could not shut down", "err", err)
	}
}

// answerAbandoned answers the requests that a language still has that did not
// end in time.
func (s *Server) answerAbandoned() {
	for _, l := range s.lanes.all() {
		s.runMu.Lock()
		r := l.running
		s.runMu.Unlock()
		if r != nil {
			s.reply(r.in, s.errorReply(r.in, errorInfo(s.langCtx, ErrShutdown)))
			s.idle(r.in)
		}
	}
}

// refuse answers a request that will not be processed any more, because of err.
func (s *Server) refuse(in *incoming, err error) {
	var reply jupyter.Content
	switch typ := in.msg.Header.MsgType; {
	case typ == jupyter.TypeExecuteRequest:
		reply = abortedReply()
	case jupyter.IsRequest(typ):
		reply = s.errorReply(in, errorInfo(s.langCtx, err))
	}
	s.answer(in, reply)
}

// shutdownRequested has the kernel end because of in, which is answered at the
// end.
func (s *Server) shutdownRequested(in *incoming, c *jupyter.ShutdownRequest) {
	s.endMu.Lock()
	late := s.answered
	if !late {
		s.shutdowns = append(s.shutdowns, in)
	}
	s.endMu.Unlock()
	if late {
		s.answerShutdown(in)
		return
	}
	s.beginEnd(ending{restart: c.Restart})
}

// answerShutdowns answers the shutdown requests that came so far.
func (s *Server) answerShutdowns() {
	s.endMu.Lock()
	shutdowns := s.shutdowns
	s.shutdowns, s.answered = nil, true
	s.endMu.Unlock()
	for _, in := range shutdowns {
		s.answerShutdown(in)
	}
}

func (s *Server) answerShutdown(in *incoming) {
	c, err := jupyter.Decode[jupyter.ShutdownRequest](in.msg)
	if err != nil {
		return // cannot be: it was decoded before
	}
	s.reply(in, &jupyter.ShutdownReply{Status: jupyter.StatusOK, Restart: c.Restart})
	s.idle(in)
}

// flushSockets closes the sockets when they have sent what they have.
func (s *Server) flushSockets() {
	ctx, cancel := context.WithTimeout(context.Background(), linger)
	defer cancel()
	var wg sync.WaitGroup
	for _, sock := range s.sockets {
		wg.Go(func() {
			if err := sock.Shutdown(ctx); err != nil {
				s.cfg.Logger.Warn("kernel: not everything could be sent at the end", "err", err)
			}
			sock.Close()
		})
	}
	wg.Wait()
}
