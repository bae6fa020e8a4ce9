package client

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// KernelInfo asks the kernel about itself. [Client.Info] has the answer from
// when it became ready.
func (c *Client) KernelInfo(ctx context.Context) (*jupyter.KernelInfoReply, error) {
	return ask[jupyter.KernelInfoReply](ctx, c, jupyter.Shell, &jupyter.KernelInfoRequest{})
}

// Complete asks for completions of code at cursor, which counts code points; a
// negative one is the end of code.
func (c *Client) Complete(
	ctx context.Context, code string, cursor int,
) (*jupyter.CompleteReply, error) {
	return ask[jupyter.CompleteReply](ctx, c, jupyter.Shell, &jupyter.CompleteRequest{
		Code:      code,
		CursorPos: cursorOrEnd(code, cursor),
	})
}

// Inspect asks what is known about the name at cursor, which counts as in
// [Client.Complete]. detail is 0, or 1 for more.
func (c *Client) Inspect(
	ctx context.Context, code string, cursor, detail int,
) (*jupyter.InspectReply, error) {
	return ask[jupyter.InspectReply](ctx, c, jupyter.Shell, &jupyter.InspectRequest{
		Code:        code,
		CursorPos:   cursorOrEnd(code, cursor),
		DetailLevel: detail,
	})
}

// interruptByMessage returns when the kernel has acknowledged the message.
func (c *Client) interruptByMessage(ctx context.Context) error {
	_, err := ask[jupyter.InterruptReply](ctx, c, jupyter.Control, &jupyter.InterruptRequest{})
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
	return ask[jupyter.IsCompleteReply](ctx, c, jupyter.Shell, &jupyter.IsCompleteRequest{
		Code: code,
	})
}

// History asks for earlier input, for instance with AccessType
// [jupyter.HistoryTail], N 100 and Raw true.
func (c *Client) History(
	ctx context.Context, req *jupyter.HistoryRequest,
) (*jupyter.HistoryReply, error) {
	return ask[jupyter.HistoryReply](ctx, c, jupyter.Shell, req)
}

// CommInfo asks for the open comms, of one target or, if it is empty, of all: those
// of all front ends. [Client.AttachComm] joins one.
func (c *Client) CommInfo(ctx context.Context, target string) (*jupyter.CommInfoReply, error) {
	return ask[jupyter.CommInfoReply](ctx, c, jupyter.Shell, &jupyter.CommInfoRequest{
		TargetName: target,
	})
}

// NewMessage returns a message of this client with that content, for Request or
// Send: for types that the protocol does not know ([jupyter.RawContent]), and to
// set what the other methods do not, such as the buffers, or the subshell in the
// header. What it causes has its header as the parent. It may be sent once.
func (c *Client) NewMessage(content jupyter.Content) (*jupyter.Message, error) {
	m, err := c.session.New(nil, content)
	if err != nil {
		return nil, fmt.Errorf("client: %v", err)
	}
	return m, nil
}

// Request sends m on shell or control and returns the reply to it, which may come
// before the last output. All output goes to Config.Message. A kernel that does
// not know a type of request may not answer: give ctx a deadline.
//
// A reply with status "error" or "aborted" is returned together with a
// [*ReplyError]. Other errors are as those of Execute.
func (c *Client) Request(
	ctx context.Context, ch jupyter.Channel, m *jupyter.Message,
) (*jupyter.Message, error) {
	l, err := c.current()
	if err != nil {
		return nil, err
	}
	reply, err := l.exchange(ctx, ch, m)
	if err != nil {
		return nil, err
	}
	return reply, replyError(reply)
}

// Send sends m, which has no reply, on shell or control. It returns when m is on
// its way; it waits only while more is on its way than the connection takes.
// Errors are as those of Execute.
func (c *Client) Send(ctx context.Context, ch jupyter.Channel, m *jupyter.Message) error {
	l, err := c.current()
	if err != nil {
		return err
	}
	return l.sendOn(ctx, ch, m)
}

// ask sends content on ch and returns the reply as a T. A reply with status
// "error" or "aborted" is a [*ReplyError].
func ask[T any, P interface {
	*T
	jupyter.Content
}](ctx context.Context, c *Client, ch jupyter.Channel, content jupyter.Content) (*T, error) {
	l, err := c.current()
	if err != nil {
		return nil, err
	}
	m, err := l.roundTrip(ctx, ch, content)
	if err != nil {
		return nil, err
	}
	return decodeReply[T, P](m)
}

// replyError returns the error that a reply tells, nil if it tells none.
func replyError(m *jupyter.Message) error {
	var status struct {
		Status string `json:"status"`
		jupyter.ErrorInfo
	}
	if err := json.Unmarshal(m.Content, &status); err != nil {
		return fmt.Errorf("client: content of %s: %v", m.Header.MsgType, err)
	}
	if status.Status == jupyter.StatusError || status.Status == jupyter.StatusAborted {
		return &ReplyError{m.Header.MsgType, status.Status, status.ErrorInfo}
	}
	return nil
}

// decodeReply returns the content of a reply, or its error.
func decodeReply[T any, P interface {
	*T
	jupyter.Content
}](m *jupyter.Message) (*T, error) {
	if err := replyError(m); err != nil {
		return nil, err
	}
	v, err := jupyter.Decode[T, P](m)
	if err != nil {
		return nil, fmt.Errorf("client: %v", err)
	}
	return v, nil
}

// sendOn sends m on ch, which has to be shell or control.
func (l *link) sendOn(ctx context.Context, ch jupyter.Channel, m *jupyter.Message) error {
	switch ch {
	case jupyter.Shell:
		return l.send(ctx, l.shell, m)
	case jupyter.Control:
		return l.send(ctx, l.control, m)
	}
	return fmt.Errorf("client: messages are sent on shell or control, not on %v", ch)
}

// roundTrip sends content on ch and waits for the reply.
func (l *link) roundTrip(
	ctx context.Context, ch jupyter.Channel, content jupyter.Content,
) (*jupyter.Message, error) {
	m, err := l.c.NewMessage(content)
	if err != nil {
		return nil, err
	}
	return l.exchange(ctx, ch, m)
}

// exchange sends m on ch and waits for the reply.
func (l *link) exchange(
	ctx context.Context, ch jupyter.Channel, m *jupyter.Message,
) (*jupyter.Message, error) {
	r := l.register(m.Header.MsgID)
	defer l.forget(r)
	if err := l.sendOn(ctx, ch, m); err != nil {
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
