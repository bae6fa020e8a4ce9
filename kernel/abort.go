package kernel

import "github.com/adrastea-kernel/adrastea/jupyter"

// abortReceived aborts the execute requests that were received so far (K6). The
// worker calls it before it sends the reply to the one that failed: what a client
// sends after it has seen that reply runs.
func (s *Server) abortReceived() {
	done := make(chan struct{})
	select {
	case s.aborts <- done:
		<-done
	case <-s.drainc:
	}
}

// abortWaiting marks the execute requests among waiting as aborted.
func abortWaiting(waiting []*incoming) {
	for _, in := range waiting {
		if in.msg.Header.MsgType == jupyter.TypeExecuteRequest {
			in.aborted = true
		}
	}
}
