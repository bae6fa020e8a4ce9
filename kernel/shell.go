package kernel

import (
	"context"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// Bounds on the requests that wait for their turn. Beyond them the kernel does
// not read from its shell socket, which pushes back on the clients.
const (
	maxWaiting      = 10_000
	maxWaitingBytes = 256 << 20
)

// readShell takes what arrives on shell, so that the kernel knows what it has
// received (K6), and gives it to the lanes. It returns when drainc is closed.
func (s *Server) readShell() {
	s.typing.timer = time.NewTimer(time.Hour)
	defer s.typing.timer.Stop()
	for {
		recv := s.sockets[jupyter.Shell].Recv()
		if s.waiting.Load() >= maxWaiting || s.waitingBytes.Load() >= maxWaitingBytes {
			recv = nil
		}
		select {
		case m, ok := <-recv:
			if !ok {
				s.socketFailed(jupyter.Shell)
				<-s.drainc
				return
			}
			s.route(s.receive(jupyter.Shell, m))
		case <-s.roomc:
		case <-s.typing.timer.C:
			for _, in := range s.typing.due() {
				s.answerBusy(in)
			}
		case a := <-s.aborts:
			s.takeReceived()
			a.lane.abort(a.which)
			close(a.done)
		case <-s.drainc:
			s.takeReceived()
			return
		}
	}
}

// takeReceived takes the messages that are in the channel of shell.
func (s *Server) takeReceived() {
	for {
		select {
		case m, ok := <-s.sockets[jupyter.Shell].Recv():
			if !ok {
				return
			}
			s.route(s.receive(jupyter.Shell, m))
		default:
			return
		}
	}
}

// route gives in, which may be nil, to its lane.
func (s *Server) route(in *incoming) {
	if in == nil {
		return
	}
	l := s.lanes.beside(in.msg.Header.MsgType)
	if l == nil {
		l = s.laneOf(in.msg)
	}
	if l == nil || !s.enqueue(l, in) {
		s.answer(in, s.badRequest(in, "there is no subshell %q", in.msg.Header.SubshellID))
		return
	}
	if _, ok := s.lang.(BusyAnswerer); ok && isTyping(in.msg.Header.MsgType) {
		s.typing.add(in)
	}
}

// enqueue has in wait for its turn in l. It reports false if l has ended.
func (s *Server) enqueue(l *lane, in *incoming) bool {
	s.waiting.Add(1)
	s.waitingBytes.Add(int64(in.size))
	if l.push(in) {
		return true
	}
	s.unqueue(in)
	return false
}

// unqueue says that in does not wait any more.
func (s *Server) unqueue(in *incoming) {
	s.waiting.Add(-1)
	s.waitingBytes.Add(-int64(in.size))
	select {
	case s.roomc <- struct{}{}:
	default:
	}
}

// serveLane serves the requests of a lane, one at a time, in order, until the
// lane or the kernel ends. Its goroutine is the only one that calls the language
// for them.
func (s *Server) serveLane(l *lane) {
	for {
		select {
		case <-s.endc:
			return
		case <-l.endc:
			return
		default:
		}
		if in := l.pop(); in != nil {
			s.unqueue(in)
			s.handleShell(in)
			continue
		}
		select {
		case <-l.wake:
		case <-l.endc:
		case <-s.endc:
		}
	}
}

// handleShell answers one message, between its busy and its idle (K2).
func (s *Server) handleShell(in *incoming) {
	select {
	case <-s.endc:
		s.refuse(in, ErrShutdown)
		return
	default:
	}
	// Before its busy, so that whoever sees the busy can interrupt.
	ctx := s.beginRunning(in)
	select {
	case <-in.lane.endc: // whoever deleted the subshell may have found nothing to interrupt
		s.finishRunning(in)
		s.refuse(in, errSubshellDeleted)
		return
	default:
	}
	s.busy(in)
	c, reply := s.parse(in)
	if c != nil {
		reply = s.dispatch(ctx, in, c)
	}
	s.finishRunning(in)
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
	if reply := s.startingReply(ctx, c); reply != nil {
		return reply
	}
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
		s.comm(ctx, in, c)
		return nil
	case *jupyter.InterruptRequest:
		// It waited for its turn, so nothing runs that it could interrupt.
		return &jupyter.InterruptReply{Status: jupyter.StatusOK}
	case *jupyter.DebugRequest:
		return s.debug(ctx, in, *c)
	case *jupyter.UsageRequest:
		return s.usage.reply()
	case *jupyter.ShutdownRequest:
		return nil
	}
	return s.badRequest(in, "%s is not served on the shell channel", in.msg.Header.MsgType)
}
