package kernel

import (
	"context"
	"time"
)

// Front ends send the cells of "Run All" one by one, JupyterLab some 3 ms apart,
// through a server that adds pauses of its own. A burst is over when its client
// has sent nothing for burstGap, or, since a client may never pause, burstMax
// after the failure.
const (
	burstGap = 50 * time.Millisecond
	burstMax = 2 * time.Second
)

// An abort asks the reader of shell to abort what a lane has received.
type abort struct {
	lane *lane
	done chan struct{} // closed when that was done
}

// abortReceived aborts the execute requests that were received so far for the
// same subshell as in, which has failed (K6). The worker calls it before it sends
// the reply: what a client sends after it has seen that reply runs. While more may
// be on its way of what the client sent together with in, the reply waits. ctx is
// that of in: nobody interrupts before having sent all.
func (s *Server) abortReceived(ctx context.Context, in *incoming) {
	s.awaitBurst(ctx, in)
	a := abort{in.lane, make(chan struct{})}
	select {
	case s.aborts <- a:
		<-a.done
	case <-s.drainc:
	}
}

// awaitBurst returns when the burst of execute requests that in belongs to is over,
// or ctx is done.
func (s *Server) awaitBurst(ctx context.Context, in *incoming) {
	end := time.Now().Add(burstMax)
	for {
		until := in.lane.lastOfBurst(in).Add(burstGap)
		if until.After(end) {
			until = end
		}
		wait := time.Until(until)
		if wait <= 0 {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}
