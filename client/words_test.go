package client_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// words is a small language, for the examples and for tests of this package
// with package kernel.
type words struct{ resume chan struct{} }

func (words) Info() kernel.Info {
	return kernel.Info{Implementation: "words", Language: jupyter.LanguageInfo{Name: "words"}}
}

func (words) Start(context.Context, *kernel.Output) error { return nil }

func (words) Shutdown(context.Context, bool) error { return nil }

func (w words) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	word, arg, _ := strings.Cut(req.Code, " ")
	switch word {
	case "print":
		return nil, req.Stream(jupyter.Stdout, arg+"\n")
	case "greet":
		name, err := req.Input(ctx, "who?", false)
		if err != nil {
			return nil, err
		}
		return nil, req.Stream(jupyter.Stdout, "hello, "+name+"\n")
	case "loop":
		if err := req.Stream(jupyter.Stdout, "looping\n"); err != nil {
			return nil, err
		}
		<-ctx.Done()
		return nil, &kernel.Error{Name: "KeyboardInterrupt"}
	case "open": // a comm to a target of the front end
		c, err := req.OpenComm(&kernel.CommOpening{
			Target: arg, Data: map[string]any{"n": 1}, Metadata: map[string]any{"version": "2"},
			Buffers: [][]byte{{1, 2}},
		}, echoComm{})
		if err != nil {
			return nil, err
		}
		return nil, c.Send(req.Output, map[string]any{"n": 2}, nil)
	case "stop": // at a breakpoint
		err := req.DebugEvent(jupyter.DebugEvent{
			"type": "event", "event": "stopped", "body": map[string]any{"reason": "breakpoint"},
		})
		if err != nil {
			return nil, err
		}
		select {
		case <-w.resume:
			return nil, req.Stream(jupyter.Stdout, "went on\n")
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return nil, &kernel.Error{Name: "Unknown", Value: req.Code}
}

// Debug knows two commands.
func (w words) Debug(
	ctx context.Context, req jupyter.DebugRequest, out *kernel.Output,
) (jupyter.DebugReply, error) {
	reply := jupyter.DebugReply{
		"type": "response", "request_seq": req["seq"], "command": req["command"], "success": true,
	}
	switch req["command"] {
	case "evaluate":
		reply["body"] = req["arguments"]
	case "continue":
		select {
		case w.resume <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		return reply, out.DebugEvent(jupyter.DebugEvent{"type": "event", "event": "continued"})
	default:
		return nil, &kernel.Error{Name: "Unknown", Value: fmt.Sprint(req["command"])}
	}
	return reply, nil
}

// OpenComm knows the target "echo".
func (words) OpenComm(_ context.Context, m *kernel.CommMessage) (kernel.CommHandler, error) {
	c := m.Comm
	if c.Target != "echo" {
		return nil, kernel.ErrNoTarget
	}
	return echoComm{}, c.Send(m.Output, map[string]any{"opened": m.Data, "as": c.Metadata}, m.Buffers)
}

// An echoComm answers with what it is told; told to, it closes the comm.
type echoComm struct{}

func (echoComm) Message(_ context.Context, m *kernel.CommMessage) error {
	if strings.Contains(string(m.Data), "close") {
		return m.Comm.Close(m.Output, map[string]any{"reason": "told to"})
	}
	return m.Comm.Send(m.Output, m.Data, m.Buffers)
}

func (echoComm) Close(_ context.Context, m *kernel.CommMessage) error {
	return m.Stream(jupyter.Stdout, "closed "+string(m.Data)+"\n")
}

// OpenSubshell and CloseSubshell have nothing to do: words has no state.
func (words) OpenSubshell(string) error { return nil }
func (words) CloseSubshell(string)      {}

// runWords is the kernel of words as a process.
func runWords() int {
	lang := words{make(chan struct{})}
	status, err := kernel.Serve(context.Background(), lang, os.Args[len(os.Args)-1], nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return status
}
