package kernel

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// An incoming is a message of a client on shell or control.
type incoming struct {
	channel  jupyter.Channel
	msg      *jupyter.Message
	err      error // a part of the message is broken
	size     int
	received time.Time
	lane     *lane       // where it waits or runs; nil on control
	aborted  bool        // do not run it (K6); guarded by lane.mu, then owned by the worker
	exit     *ending     // the kernel ends after its idle; owned by the worker
	busy     bool        // its busy was sent; guarded by Server.runMu
	answered atomic.Bool // its reply was sent
	idle     atomic.Bool // its idle was sent
}

// receive decodes what came on ch. It returns nil for what is no message of a
// client: that gets no answer (K2).
func (s *Server) receive(ch jupyter.Channel, m zmq.Message) *incoming {
	msg, err := s.codec.Decode(m.Frames)
	if msg == nil {
		s.dropped.count(s.cfg.Logger, ch, err.Error())
		return nil
	}
	return &incoming{channel: ch, msg: msg, err: err, size: sizeOf(m.Frames), received: time.Now()}
}

// sameClient says that in and other are from one client.
func (in *incoming) sameClient(other *incoming) bool {
	return in.msg.Header.Session == other.msg.Header.Session
}

// publishStatus publishes that the kernel is now in state because of in, which
// may be nil.
func (s *Server) publishStatus(in *incoming, state string) {
	c := &jupyter.Status{ExecutionState: state}
	if in == nil {
		s.logError(s.out.publish(nil, c))
		return
	}
	s.logError(s.out.publish(in.msg.RawHeader, c))
}

// busy publishes that the kernel is busy with in, which runs in its lane.
func (s *Server) busy(in *incoming) {
	s.runMu.Lock()
	defer s.runMu.Unlock()
	s.publishStatus(in, jupyter.StateBusy)
	in.busy = true
}

// idle publishes that the kernel is done with in, if that was not said before.
//
// Front ends, and servers that end kernels of which nothing is heard, take every idle
// for the kernel's. So where code runs beside in, they hear at once that the kernel is
// still busy; what runs can neither begin nor end between. What in has interrupted is
// about to end.
func (s *Server) idle(in *incoming) {
	lanes := s.lanes.all()
	s.runMu.Lock()
	defer s.runMu.Unlock()
	if in.idle.Swap(true) {
		return
	}
	s.publishStatus(in, jupyter.StateIdle)
	for _, l := range lanes {
		if r := l.running; r != nil && r.isCode() && r.in.busy && !r.in.idle.Load() && r.interruptedBy != in {
			s.publishStatus(r.in, jupyter.StateBusy)
			return
		}
	}
}

// reply answers in, on the channel and to the client that it came from, if it
// was not answered before. A nil c is the answer to what has none.
func (s *Server) reply(in *incoming, c jupyter.Content) {
	if c == nil || in.answered.Swap(true) {
		return
	}
	m, err := s.session.Reply(in.msg, c)
	if err != nil {
		// The language put something into its reply that is no JSON.
		m, err = s.session.Reply(in.msg, s.errorReply(in, errorInfo(s.langCtx, err)))
	}
	if err == nil {
		err = s.out.send(in.channel, m, nil)
	}
	s.logError(err)
}

// answer answers in, which the language does not see: busy, reply, idle (K2).
func (s *Server) answer(in *incoming, c jupyter.Content) {
	s.publishStatus(in, jupyter.StateBusy)
	s.reply(in, c)
	s.idle(in)
}

// errorReply returns the error reply to in.
func (s *Server) errorReply(in *incoming, info jupyter.ErrorInfo) jupyter.Content {
	if in.msg.Header.MsgType == jupyter.TypeExecuteRequest {
		return &jupyter.ExecuteReply{
			Status:         jupyter.StatusError,
			ExecutionCount: s.countOf(in),
			ErrorInfo:      info,
		}
	}
	return &jupyter.ErrorReply{
		Type:      jupyter.ReplyType(in.msg.Header.MsgType),
		Status:    jupyter.StatusError,
		ErrorInfo: info,
	}
}

// countOf returns the execution count where in belongs.
func (s *Server) countOf(in *incoming) int {
	if in.lane == nil {
		return int(s.lanes.main.count.Load())
	}
	return int(in.lane.count.Load())
}

// badRequest is the reply to a request that cannot be served.
func (s *Server) badRequest(in *incoming, format string, args ...any) jupyter.Content {
	if !jupyter.IsRequest(in.msg.Header.MsgType) {
		return nil
	}
	value := fmt.Sprintf(format, args...)
	return s.errorReply(in, jupyter.ErrorInfo{
		EName: "BadRequest", EValue: value, Traceback: []string{"BadRequest: " + value},
	})
}

// parse returns the content of in, or the error reply that it deserves.
func (s *Server) parse(in *incoming) (c jupyter.Content, bad jupyter.Content) {
	if in.err != nil {
		return nil, s.badRequest(in, "%s", reason(in.err))
	}
	c, err := in.msg.Parse()
	if errors.Is(err, jupyter.ErrUnknownType) {
		return nil, s.badRequest(in, "this kernel knows no %s", in.msg.Header.MsgType)
	}
	if err != nil {
		return nil, s.badRequest(in, "%s", reason(err))
	}
	return c, nil
}

// reason returns what err says, without the name of the package that says it.
func reason(err error) string { return strings.TrimPrefix(err.Error(), "jupyter: ") }

// drops counts messages that were dropped and logs some of them: whoever sends
// rubbish must not fill the log.
type drops struct {
	mu sync.Mutex
	n  map[jupyter.Channel]int // guarded by mu
}

// count counts a message, and logs the first, the second, the fourth, and so on.
func (d *drops) count(log *slog.Logger, ch jupyter.Channel, reason string) {
	d.mu.Lock()
	if d.n == nil {
		d.n = map[jupyter.Channel]int{}
	}
	d.n[ch]++
	n := d.n[ch]
	d.mu.Unlock()
	if n&(n-1) == 0 {
		log.Warn("kernel: dropped a message", "channel", ch.String(), "reason", reason, "count", n)
	}
}

// Stats are numbers about a running server.
type Stats struct {
	// Dropped counts, for each channel, what came and was thrown away: what is
	// no message, what has a wrong signature, an input_reply that nobody waits
	// for.
	Dropped map[jupyter.Channel]int

	// Waiting is the number of requests on shell that wait for their turn.
	Waiting int

	// Starting is true until Start of the language has returned.
	Starting bool
}

// Stats returns numbers about the server.
func (s *Server) Stats() Stats {
	s.dropped.mu.Lock()
	defer s.dropped.mu.Unlock()
	st := Stats{Dropped: maps.Clone(s.dropped.n), Waiting: int(s.waiting.Load())}
	select {
	case <-s.started:
	default:
		st.Starting = true
	}
	return st
}
