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

// An abort asks the reader of shell to abort execute requests that a lane has
// received.
type abort struct {
	lane  *lane
	which func(*incoming) bool // whether to abort a request
	done  chan struct{}        // closed when that was done
}

// abortReceived aborts the execute requests that were received so far for the
// same subshell as in, which has failed (K6). The worker calls it before it
// publishes the error: what is sent because of that runs.
func (s *Server) abortReceived(in *incoming) {
	s.abort(in.lane, func(*incoming) bool { return true })
}

// abortBurst aborts what the client of in, which has failed, sent together with
// it and may still be on its way (K6). The worker calls it before it sends the
// reply, so that what the client sends on seeing the reply runs. So does what
// other clients send meanwhile. ctx is that of in: an interrupt ends the wait,
// since whoever interrupts has sent all.
func (s *Server) abortBurst(ctx context.Context, in *incoming) {
	s.awaitBurst(ctx, in)
	s.abort(in.lane, in.sameClient)
}

// abort aborts those of the execute requests received so far that which picks.
func (s *Server) abort(l *lane, which func(*incoming) bool) {
	a := abort{l, which, make(chan struct{})}
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
