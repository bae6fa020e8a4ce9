package kernel

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// execute serves an execute_request.
func (s *Server) execute(ctx context.Context, in *incoming, c *jupyter.ExecuteRequest) jupyter.Content {
	if in.aborted {
		return abortedReply()
	}
	if c.StoreHistory {
		in.lane.count.Add(1)
	}
	req := &Request{
		Output:         &Output{out: s.out, parent: in.msg.RawHeader, silent: c.Silent, comms: s.comms},
		ExecuteRequest: *c,
		ExecutionCount: int(in.lane.count.Load()),
		Metadata:       in.msg.Metadata,
		server:         s,
		in:             in,
		over:           make(chan struct{}),
	}
	if !c.Silent {
		s.ambient.Store(req.Output)
		s.logError(s.out.publish(in.msg.RawHeader,
			&jupyter.ExecuteInput{Code: c.Code, ExecutionCount: req.ExecutionCount}))
	}
	res, err := s.callExecute(ctx, req)
	s.remember(req)
	if err != nil {
		return s.failed(ctx, req, err)
	}
	reply := &jupyter.ExecuteReply{
		Status:          jupyter.StatusOK,
		ExecutionCount:  req.ExecutionCount,
		UserExpressions: s.userExpressions(ctx, c.UserExpressions),
	}
	if res != nil {
		reply.Payload = res.Payload
		if res.Exit {
			in.exit = &ending{status: res.ExitStatus}
		}
	}
	return reply
}

// callExecute calls the language.
func (s *Server) callExecute(ctx context.Context, req *Request) (res *Result, err error) {
	defer s.recoverPanic(&err)
	if err := s.awaitStart(ctx); err != nil {
		return nil, err
	}
	s.beginRequest(req)
	defer s.endRequest(req)
	res, err = s.lang.Execute(ctx, req)
	if err == nil && res != nil {
		// In the reply, where nobody looks for it, an error would come too late.
		if _, err = json.Marshal(res.Payload); err != nil {
			err = fmt.Errorf("payload: %w", err)
		}
	}
	return res, err
}

// remember keeps the input, and the text of the result, for history_request.
func (s *Server) remember(req *Request) {
	if !req.StoreHistory {
		return
	}
	err := req.in.lane.history.Append(HistoryItem{
		Line: req.ExecutionCount, Input: req.Code, Output: req.result.Load(),
	})
	if err != nil {
		s.cfg.Logger.Error("kernel: history", "err", err)
	}
}

// failed publishes the error of a request and returns its reply. If the request
// stops on errors, what was received after it is aborted, for which the reply may
// have to wait. A silent one aborts nothing, as with ipykernel: no user has seen
// it, or would see why their cells do not run.
func (s *Server) failed(ctx context.Context, req *Request, err error) jupyter.Content {
	info := errorInfo(ctx, err)
	aborts := req.StopOnError && !req.Silent
	if aborts {
		s.abortReceived(req.in)
	}
	if !req.Silent {
		s.logError(s.out.publish(req.parent, &jupyter.Error{ErrorInfo: info}))
	}
	if aborts {
		s.abortBurst(ctx, req.in)
	}
	return &jupyter.ExecuteReply{
		Status:         jupyter.StatusError,
		ExecutionCount: req.ExecutionCount,
		ErrorInfo:      info,
	}
}

// abortedReply is the reply to an execute_request that is not run.
func abortedReply() jupyter.Content { return &jupyter.ExecuteReply{Status: jupyter.StatusAborted} }

// userExpressions evaluates the user_expressions of a request that succeeded.
// One that fails has its error as value and leaves the others alone. They come in
// the order of their names: that of the message is lost in a map.
func (s *Server) userExpressions(ctx context.Context, exprs map[string]string,
) map[string]jupyter.UserExpression {
	values := make(map[string]jupyter.UserExpression, len(exprs))
	for _, name := range slices.Sorted(maps.Keys(exprs)) {
		data, err := s.evaluate(ctx, exprs[name])
		if err != nil {
			values[name] = jupyter.UserExpression{Status: jupyter.StatusError, ErrorInfo: errorInfo(ctx, err)}
			continue
		}
		values[name] = jupyter.UserExpression{Status: jupyter.StatusOK, Data: data}
	}
	return values
}

func (s *Server) evaluate(ctx context.Context, expr string) (data jupyter.MIMEBundle, err error) {
	e, ok := s.lang.(Evaluator)
	if !ok {
		return nil, &Error{Name: "NotSupported", Value: "this kernel evaluates no user_expressions"}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	defer s.recoverPanic(&err)
	data, err = e.Evaluate(ctx, expr)
	if err == nil {
		if _, err = data.MarshalJSON(); err != nil {
			err = fmt.Errorf("value: %w", err)
		}
	}
	return data, err
}

// complete, inspect and isComplete ask the language, if it can answer.

func (s *Server) complete(ctx context.Context, c *jupyter.CompleteRequest) (jupyter.Content, error) {
	var r *jupyter.CompleteReply
	if l, ok := s.lang.(Completer); ok {
		var err error
		if r, err = l.Complete(ctx, c.Code, c.CursorPos); err != nil {
			return nil, err
		}
	}
	if r == nil {
		r = &jupyter.CompleteReply{CursorStart: c.CursorPos, CursorEnd: c.CursorPos}
	}
	return withStatus(r), nil
}

func (s *Server) inspect(ctx context.Context, c *jupyter.InspectRequest) (jupyter.Content, error) {
	var r *jupyter.InspectReply
	if l, ok := s.lang.(Inspector); ok {
		var err error
		if r, err = l.Inspect(ctx, c.Code, c.CursorPos, c.DetailLevel); err != nil {
			return nil, err
		}
	}
	if r == nil {
		r = &jupyter.InspectReply{}
	}
	return withStatus(r), nil
}

func (s *Server) isComplete(ctx context.Context, c *jupyter.IsCompleteRequest) (jupyter.Content, error) {
	var r *jupyter.IsCompleteReply
	if l, ok := s.lang.(CompletenessChecker); ok {
		var err error
		if r, err = l.IsComplete(ctx, c.Code); err != nil {
			return nil, err
		}
	}
	if r == nil {
		r = &jupyter.IsCompleteReply{}
	}
	return withStatus(r), nil
}

// withStatus returns c with a status where the language gave none.
func withStatus(c jupyter.Content) jupyter.Content {
	switch c := c.(type) {
	case *jupyter.CompleteReply:
		c.Status = cmp.Or(c.Status, jupyter.StatusOK)
	case *jupyter.InspectReply:
		c.Status = cmp.Or(c.Status, jupyter.StatusOK)
	case *jupyter.IsCompleteReply:
		c.Status = cmp.Or(c.Status, "unknown")
	}
	return c
}

// history answers a history_request.
func (s *Server) history(ctx context.Context, in *incoming, c *jupyter.HistoryRequest) jupyter.Content {
	h, err := in.lane.history.Find(ctx, c)
	if err != nil {
		return s.errorReply(in, errorInfo(ctx, err))
	}
	return &jupyter.HistoryReply{Status: jupyter.StatusOK, History: h}
}

// connect answers a connect_request.
func (s *Server) connect() jupyter.Content {
	p := s.info.Ports
	return &jupyter.ConnectReply{
		Status: jupyter.StatusOK, ShellPort: p[jupyter.Shell], ControlPort: p[jupyter.Control],
		StdinPort: p[jupyter.Stdin], IOPubPort: p[jupyter.IOPub], HBPort: p[jupyter.Heartbeat],
	}
}
