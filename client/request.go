package client

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// KernelInfo asks the kernel about itself. [Client.Info] has the answer from
// when it became ready.
func (c *Client) KernelInfo(ctx context.Context) (*jupyter.KernelInfoReply, error) {
	return ask[jupyter.KernelInfoReply](ctx, c, (*link).shellSocket, &jupyter.KernelInfoRequest{})
}

// Complete asks for completions of code at cursor, which counts code points; a
// negative one is the end of code.
func (c *Client) Complete(
	ctx context.Context, code string, cursor int,
) (*jupyter.CompleteReply, error) {
	return ask[jupyter.CompleteReply](ctx, c, (*link).shellSocket, &jupyter.CompleteRequest{
		Code:      code,
		CursorPos: cursorOrEnd(code, cursor),
	})
}

// Inspect asks what is known about the name at cursor, which counts as in
// [Client.Complete]. detail is 0, or 1 for more.
func (c *Client) Inspect(
	ctx context.Context, code string, cursor, detail int,
) (*jupyter.InspectReply, error) {
	return ask[jupyter.InspectReply](ctx, c, (*link).shellSocket, &jupyter.InspectRequest{
		Code:        code,
		CursorPos:   cursorOrEnd(code, cursor),
		DetailLevel: detail,
	})
}

// interruptByMessage returns when the kernel has acknowledged the message.
func (c *Client) interruptByMessage(ctx context.Context) error {
	_, err := ask[jupyter.InterruptReply](ctx, c, (*link).controlSocket, &jupyter.InterruptRequest{})
	return err
}

func cursorOrEnd(code string, cursor int) int {
	if cursor < 0 {
		return utf8.RuneCountInString(code)
	}
	return cursor
}

// IsComplete asks whether code can be run as it is. Not every kernel answers:
// give ctx a deadline.
func (c *Client) IsComplete(ctx context.Context, code string) (*jupyter.IsCompleteReply, error) {
	return ask[jupyter.IsCompleteReply](ctx, c, (*link).shellSocket, &jupyter.IsCompleteRequest{
		Code: code,
	})
}

// History asks for earlier input.
func (c *Client) History(
	ctx context.Context, req *jupyter.HistoryRequest,
) (*jupyter.HistoryReply, error) {
	return ask[jupyter.HistoryReply](ctx, c, (*link).shellSocket, req)
}

// CommInfo asks for the open comms, of one target or, if it is empty, of all.
func (c *Client) CommInfo(ctx context.Context, target string) (*jupyter.CommInfoReply, error) {
	return ask[jupyter.CommInfoReply](ctx, c, (*link).shellSocket, &jupyter.CommInfoRequest{
		TargetName: target,
	})
}

func (l *link) shellSocket() *zmq.Socket   { return l.shell }
func (l *link) controlSocket() *zmq.Socket { return l.control }

// ask sends content and returns the reply as a T. A reply with another status
// than "ok" is a [*ReplyError].
func ask[T any, P interface {
	*T
	jupyter.Content
}](
	ctx context.Context, c *Client, socket func(*link) *zmq.Socket, content jupyter.Content,
) (*T, error) {
	l, err := c.current()
	if err != nil {
		return nil, err
	}
	m, err := l.roundTrip(ctx, socket(l), content)
	if err != nil {
		return nil, err
	}
	return decodeReply[T, P](m)
}

// decodeReply returns the content of a reply, or its error.
func decodeReply[T any, P interface {
	*T
	jupyter.Content
}](m *jupyter.Message) (*T, error) {
	var status struct {
		Status string `json:"status"`
		jupyter.ErrorInfo
	}
	if err := json.Unmarshal(m.Content, &status); err != nil {
		return nil, fmt.Errorf("client: content of %s: %v", m.Header.MsgType, err)
	}
	if status.Status == jupyter.StatusError || status.Status == jupyter.StatusAborted {
		return nil, &ReplyError{m.Header.MsgType, status.Status, status.ErrorInfo}
	}
	v, err := jupyter.Decode[T, P](m)
	if err != nil {
		return nil, fmt.Errorf("client: %v", err)
	}
	return v, nil
}

// roundTrip sends content on s and waits for the reply.
func (l *link) roundTrip(
	ctx context.Context, s *zmq.Socket, content jupyter.Content,
) (*jupyter.Message, error) {
	m, err := l.c.session.New(nil, content)
	if err != nil {
		return nil, fmt.Errorf("client: %v", err)
	}
	r := l.register(m.Header.MsgID)
	defer l.forget(r)
	if err := l.send(ctx, s, m); err != nil {
		return nil, err
	}
	select {
	case m := <-r.reply:
		return m, nil
	case <-l.donec:
	case <-ctx.Done():
	}
	// An answer that is here wins over whatever else happened.
	select {
	case m := <-r.reply:
		return m, nil
	default:
	}
	if err := l.failure(); err != nil {
		return nil, err
	}
	return nil, contextError(ctx)
}

// failure returns why the kernel is gone, nil if it is not.
func (l *link) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
