package kernel

import (
	"context"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A Debugger serves the Debug Adapter Protocol, which Jupyter carries in
// debug_requests and debug_events. Only where the language is one does the
// kernel say that it has a debugger. JupyterLab looks at the kernelspec instead: its
// metadata has to have "debugger": true.
type Debugger interface {
	// Debug answers a request of the protocol. It is called for one at a time, in
	// order, but at the same time as the other methods of the language: a program
	// that stopped at a breakpoint is still running. out publishes events, also
	// after Debug has returned, by [Output.DebugEvent].
	//
	// With an error, the reply says that the request failed, and why.
	Debug(ctx context.Context, req jupyter.DebugRequest, out *Output) (jupyter.DebugReply, error)
}

// DebugEvent publishes debug_event: an event of the Debug Adapter Protocol.
func (o *Output) DebugEvent(e jupyter.DebugEvent) error { return o.publish(&e) }

// debug has the language answer a debug_request.
func (s *Server) debug(ctx context.Context, in *incoming, req jupyter.DebugRequest) jupyter.Content {
	lang, ok := s.lang.(Debugger)
	if !ok {
		return failedDebug(req, "NotSupported", "this kernel has no debugger")
	}
	out := &Output{out: s.out, parent: in.msg.RawHeader, comms: s.comms}
	var r jupyter.DebugReply
	err := s.guard(func() (err error) {
		if err = s.awaitStart(ctx); err == nil {
			r, err = lang.Debug(ctx, req, out)
		}
		return err
	})
	if err != nil {
		info := errorInfo(ctx, err)
		return failedDebug(req, info.EName, info.EValue)
	}
	return r
}

// failedDebug is the reply to a debug_request that failed, in the form of the
// Debug Adapter Protocol and in that of Jupyter.
func failedDebug(req jupyter.DebugRequest, name, message string) jupyter.Content {
	return jupyter.DebugReply{
		"type": "response", "success": false, "message": message,
		"command": req["command"], "request_seq": req["seq"],
		"status": jupyter.StatusError, "ename": name, "evalue": message,
		"traceback": []string{},
	}
}
