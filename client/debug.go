package client

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// Debug sends a request of the Debug Adapter Protocol to the kernel's debugger
// and returns the body of the response, nil if it has none. arguments becomes
// JSON; nil leaves it out. It works while code runs, or stands at a breakpoint.
// What happens then comes to Config.DebugEvent, maybe before Debug returns.
//
// A response that says that the request failed is a [*ReplyError]; so is that of
// a debugger that was not told to "initialize" and "attach". Kernels with a
// debugger name [jupyter.FeatureDebugger] in the SupportedFeatures of
// [Client.Info]; others may not answer.
//
// What Jupyter adds to the protocol, such as the command "dumpCell", is in
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#debug-request.
func (c *Client) Debug(
	ctx context.Context, command string, arguments any,
) (json.RawMessage, error) {
	req := jupyter.DebugRequest{"type": "request", "seq": c.debugSeq.Add(1), "command": command}
	if arguments != nil {
		req["arguments"] = arguments
	}
	l, err := c.current()
	if err != nil {
		return nil, err
	}
	m, err := l.roundTrip(ctx, jupyter.Control, req)
	if err != nil {
		return nil, err
	}
	var r struct {
		Success bool            `json:"success"`
		Message string          `json:"message"`
		Body    json.RawMessage `json:"body"`
		jupyter.ErrorInfo
	}
	if err := json.Unmarshal(m.Content, &r); err != nil {
		return nil, fmt.Errorf("client: content of %s: %v", m.Header.MsgType, err)
	}
	if r.Success {
		return r.Body, nil
	}
	info := r.ErrorInfo
	if info.EName == "" { // only ours speak both languages
		info.EName, info.EValue = command, r.Message
	}
	if info.EValue == "" { // ipykernel answers {} before its debugger is there
		info.EValue = "no response: the debugger may not have been started"
	}
	return nil, &ReplyError{m.Header.MsgType, jupyter.StatusError, info}
}

// debugEvent hands over a debug_event.
func (l *link) debugEvent(m *jupyter.Message) {
	var e struct {
		Event string          `json:"event"`
		Body  json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(m.Content, &e); err != nil {
		l.c.cfg.Logger.Warn("message dropped", "type", m.Header.MsgType, "err", err)
		return
	}
	l.c.cfg.DebugEvent(e.Event, e.Body)
}
