package kernel

// An abort asks the reader of shell to abort what a lane has received.
type abort struct {
	lane *lane
	done chan struct{} // closed when that was done
}

// abortReceived aborts the execute requests that were received so far for the
// same subshell (K6). The worker calls it before it sends the reply to the one
// that failed: what a client sends after it has seen that reply runs.
func (s *Server) abortReceived(l *lane) {
	a := abort{l, make(chan struct{})}
	select {
	case s.aborts <- a:
		<-a.done
	case <-s.drainc:
	}
}
