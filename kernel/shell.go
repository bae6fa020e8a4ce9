package kernel

import (
	"context"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// Bounds on the requests that wait for their turn. Beyond them the kernel does
// not read from its shell socket, which pushes back on the clients.
const (
	maxWaiting      = 10_000
	maxWaitingBytes = 256 << 20
)

// readShell takes what arrives on shell, so that the kernel knows what it has
// received (K6), and hands it to the worker one by one. It returns what was not
// processed when drainc is closed.
func (s *Server) readShell() []*incoming {
	sock := s.sockets[jupyter.Shell]
	var waiting []*incoming
	bytes := 0
	push := func(in *incoming) {
		if in == nil {
			return
		}
		waiting = append(waiting, in)
		bytes += in.size
	}
	for {
		s.waiting.Store(int64(len(waiting)))
		recv, next := sock.Recv(), s.next
		var first *incoming
		if len(waiting) == 0 {
			next = nil
		} else {
			first = waiting[0]
		}
		if len(waiting) >= maxWaiting || bytes >= maxWaitingBytes {
			recv = nil
		}
		select {
		case m, ok := <-recv:
			if !ok {
				s.socketFailed(jupyter.Shell)
				<-s.drainc
				return waiting
			}
			push(s.receive(jupyter.Shell, m))
		case next <- first:
			waiting[0] = nil
			waiting = waiting[1:]
			bytes -= first.size
		case done := <-s.aborts:
			s.takeReceived(push)
			abortWaiting(waiting)
			close(done)
		case <-s.drainc:
			s.takeReceived(push)
			return waiting
		}
	}
}

// takeReceived takes the messages that are in the channel of shell.
func (s *Server) takeReceived(push func(*incoming)) {
	for {
		select {
		case m, ok := <-s.sockets[jupyter.Shell].Recv():
			if !ok {
				return
			}
			push(s.receive(jupyter.Shell, m))
		default:
			return
		}
	}
}

// serveShell serves the requests on shell, one at a time, in order. It is the
// only goroutine that calls the language for a request.
func (s *Server) serveShell() {
	for {
		select {
		case in := <-s.next:
			s.handleShell(in)
		case <-s.endc:
			return
		}
	}
}

// handleShell answers one message, between its busy and its idle (K2).
func (s *Server) handleShell(in *incoming) {
	select {
	case <-s.endc:
		s.refuse(in)
		return
	default:
	}
	// Before its busy, so that whoever sees the busy can interrupt.
	ctx := s.beginRunning(in)
	s.publishStatus(in, jupyter.StateBusy)
	c, reply := s.parse(in)
	if c != nil {
		reply = s.dispatch(ctx, in, c)
	}
	s.finishRunning()
	if sd, ok := c.(*jupyter.ShutdownRequest); ok {
		s.shutdownRequested(in, sd) // its reply and its idle come at the end
		return
	}
	s.reply(in, reply)
	s.idle(in)
	if in.exit != nil {
		s.beginEnd(*in.exit)
	}
}

// dispatch serves a request and returns its reply.
func (s *Server) dispatch(ctx context.Context, in *incoming, c jupyter.Content) jupyter.Content {
	switch c := c.(type) {
	case *jupyter.ExecuteRequest:
		return s.execute(ctx, in, c)
	case *jupyter.KernelInfoRequest:
		return s.kernelInfo(in)
	case *jupyter.CompleteRequest:
		return s.call(ctx, in, func() (jupyter.Content, error) { return s.complete(ctx, c) })
	case *jupyter.InspectRequest:
		return s.call(ctx, in, func() (jupyter.Content, error) { return s.inspect(ctx, c) })
	case *jupyter.IsCompleteRequest:
		return s.call(ctx, in, func() (jupyter.Content, error) { return s.isComplete(ctx, c) })
	case *jupyter.HistoryRequest:
		return s.history(ctx, in, c)
	case *jupyter.CommInfoRequest:
		return s.comms.info(c)
	case *jupyter.ConnectRequest:
		return s.connect()
	case *jupyter.CommOpen, *jupyter.CommMsg, *jupyter.CommClose:
		return s.call(ctx, in, func() (jupyter.Content, error) {
			return nil, s.comms.handle(ctx, in, c)
		})
	case *jupyter.InterruptRequest:
		// It waited for its turn, so nothing runs that it could interrupt.
		return &jupyter.InterruptReply{Status: jupyter.StatusOK}
	case *jupyter.DebugRequest:
		return s.noDebugger(*c)
	case *jupyter.ShutdownRequest:
		return nil
	}
	return s.badRequest(in, "%s is not served on the shell channel", in.msg.Header.MsgType)
}
