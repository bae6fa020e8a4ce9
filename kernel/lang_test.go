package kernel_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// A script is the language of the tests: its programs are lines of a command
// and an argument. See run.
type script struct {
	// stuck is what the command stuck waits for, whatever happens.
	stuck chan struct{}

	// startc, where it is not nil, is what Start waits for; startErr is what it
	// returns.
	startc   chan struct{}
	startErr error

	// startText is what Start says.
	startText []string

	mu       sync.Mutex
	out      *kernel.Output // guarded by mu; of Start
	last     *kernel.Request
	seen     []string // guarded by mu; what Evaluate was called with
	shutdown []bool   // guarded by mu; the calls of Shutdown
}

// A subScript is a script with subshells.
type subScript struct {
	*script
	limit  int
	closed chan string // receives the ids of subshells that were closed
}

func newSubScript() *subScript {
	return &subScript{script: newScript(), limit: 3, closed: make(chan string, 100)}
}

func (l *subScript) OpenSubshell(string) error {
	if l.limit--; l.limit < 0 {
		return &kernel.Error{Name: "Limit", Value: "three subshells are enough"}
	}
	return nil
}

func (l *subScript) CloseSubshell(id string) { l.closed <- id }

// A debugScript is a script with a debugger, which does what the command of a
// request says.
type debugScript struct{ *script }

func (l debugScript) Debug(ctx context.Context, req jupyter.DebugRequest, out *kernel.Output) (jupyter.DebugReply, error) {
	switch req["command"] {
	case "wait":
		<-ctx.Done()
		return nil, context.Cause(ctx)
	case "panic":
		panic("no breakpoints")
	case "event":
		if err := out.DebugEvent(jupyter.DebugEvent{"type": "event", "event": "stopped"}); err != nil {
			return nil, err
		}
	}
	return jupyter.DebugReply{
		"type": "response", "success": true, "command": req["command"], "request_seq": req["seq"],
	}, nil
}

// A commScript is a script that serves its comms while a cell runs.
type commScript struct{ *script }

func (commScript) ConcurrentComms() bool { return true }

// A busyScript is a script that answers completion while it is busy.
type busyScript struct{ *script }

func (busyScript) AnswerBusy(c jupyter.Content) jupyter.Content {
	if c, ok := c.(*jupyter.CompleteRequest); ok {
		return &jupyter.CompleteReply{CursorStart: c.CursorPos, CursorEnd: c.CursorPos}
	}
	return nil
}

// A plainScript is a script that can execute, and nothing else.
type plainScript struct{ kernel.Language }

// languages are the languages of the conversations, by name.
var languages = map[string]func() kernel.Language{
	"script":    func() kernel.Language { return newScript() },
	"subshells": func() kernel.Language { return newSubScript() },
	"debugger":  func() kernel.Language { return debugScript{newScript()} },
	"comms":     func() kernel.Language { return commScript{newScript()} },
	"plain":     func() kernel.Language { return plainScript{newScript()} },
}

func newScript() *script { return &script{stuck: make(chan struct{})} }

func (*script) Info() kernel.Info {
	return kernel.Info{
		Implementation:        "script",
		ImplementationVersion: "1.2",
		Language:              jupyter.LanguageInfo{Name: "script", Version: "3", FileExtension: ".s"},
		Banner:                "hello",
	}
}

func (l *script) Start(ctx context.Context, out *kernel.Output) error {
	l.mu.Lock()
	l.out = out
	l.mu.Unlock()
	for _, text := range l.startText {
		if err := out.Stream(jupyter.Stdout, text); err != nil {
			return err
		}
	}
	if l.startc != nil {
		select {
		case <-l.startc:
		case <-ctx.Done():
		}
	}
	return l.startErr
}

// ambient returns the Output of Start.
func (l *script) ambient() *kernel.Output {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out
}

// lastRequest returns the Request of the last Execute.
func (l *script) lastRequest() *kernel.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// shutdowns returns the arguments of the calls of Shutdown.
func (l *script) shutdowns() []bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shutdown
}

func (l *script) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	l.mu.Lock()
	l.last = req
	l.mu.Unlock()
	for line := range strings.Lines(req.Code) {
		cmd, arg, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		res, err := l.run(ctx, req, cmd, arg)
		if res != nil || err != nil {
			return res, err
		}
	}
	return nil, nil
}

func (l *script) run(ctx context.Context, req *kernel.Request, cmd, arg string) (*kernel.Result, error) {
	switch cmd {
	case "out": // text on stdout
		return nil, req.Stream(jupyter.Stdout, arg)
	case "err": // text on stderr
		return nil, req.Stream(jupyter.Stderr, arg)
	case "result":
		return nil, req.Result(jupyter.MIMEBundle{"text/plain": arg}, nil)
	case "display":
		return nil, req.Display(jupyter.MIMEBundle{"text/plain": arg}, nil, "id")
	case "update":
		return nil, req.UpdateDisplay(jupyter.MIMEBundle{"text/plain": arg}, nil, "id")
	case "clear":
		return nil, req.ClearOutput(arg == "wait")
	case "ask": // prompts, and prints the answer
		answer, err := req.Input(ctx, arg, false)
		if err != nil {
			return nil, err
		}
		return nil, req.Stream(jupyter.Stdout, "<"+answer+">")
	case "echo": // prompts, and prints the answer as it is
		answer, err := req.Input(ctx, arg, false)
		if err != nil {
			return nil, err
		}
		return nil, req.Stream(jupyter.Stdout, answer)
	case "ask!": // prompts, whatever happened before, and prints what came
		answer, err := req.Input(context.WithoutCancel(ctx), arg, true)
		return nil, req.Stream(jupyter.Stdout, fmt.Sprintf("<%s %v>", answer, err))
	case "where": // prints the subshell
		return nil, req.Stream(jupyter.Stdout, kernel.SubshellID(ctx))
	case "fail":
		return nil, &kernel.Error{Name: "Fail", Value: arg}
	case "oops":
		return nil, errors.New(arg)
	case "nilfail": // an error that is not nil, with a pointer in it that is
		var e *kernel.Error
		return nil, e
	case "panic":
		panic(arg)
	case "wait": // for an interrupt or the end
		<-ctx.Done()
		return nil, context.Cause(ctx)
	case "giveup": // as wait, but without the cause
		<-ctx.Done()
		return nil, ctx.Err()
	case "pause": // milliseconds
		n, err := strconv.Atoi(arg)
		time.Sleep(time.Duration(n) * time.Millisecond)
		return nil, err
	case "stuck": // whatever happens
		<-l.stuck
		return nil, nil
	case "exit":
		status, err := strconv.Atoi(arg)
		return &kernel.Result{
			Payload: []map[string]any{{"source": "ask_exit", "keepkernel": false}}, Exit: true, ExitStatus: status,
		}, err
	case "page": // shows text in the pager
		return &kernel.Result{Payload: []map[string]any{
			{"source": "page", "data": jupyter.MIMEBundle{"text/plain": arg}, "start": 0},
		}}, nil
	case "unsendable": // a payload that is no JSON
		return &kernel.Result{Payload: []map[string]any{{"source": make(chan int)}}, Exit: true}, nil
	case "next": // proposes the next input
		return &kernel.Result{Payload: []map[string]any{
			{"source": "set_next_input", "text": arg, "replace": false},
		}}, nil
	case "later": // prints after the request has ended: after a second through it, after two in its own name
		go func() {
			time.Sleep(time.Second)
			req.Stream(jupyter.Stdout, arg)
			time.Sleep(time.Second)
			l.ambient().Stream(jupyter.Stdout, "by nobody")
		}()
		return nil, nil
	case "flood": // arg lines
		n, err := strconv.Atoi(arg)
		for i := range n {
			if err := req.Stream(jupyter.Stdout, fmt.Sprintln(i)); err != nil {
				return nil, err
			}
		}
		return nil, err
	case "wide": // arg lines of a thousand bytes
		n, err := strconv.Atoi(arg)
		line := strings.Repeat("x", 999) + "\n"
		for range n {
			if err := req.Stream(jupyter.Stdout, line); err != nil {
				return nil, err
			}
		}
		return nil, err
	case "big": // a display of arg bytes
		n, err := strconv.Atoi(arg)
		if err != nil {
			return nil, err
		}
		return nil, req.Display(jupyter.MIMEBundle{"text/plain": strings.Repeat("x", n)}, nil, "")
	case "comm": // opens a comm, says something, closes it
		c, err := req.OpenComm(&kernel.CommOpening{Target: arg, Data: map[string]int{"n": 1},
			Metadata: map[string]string{"version": "2.1.0"}, Buffers: [][]byte{{1, 2}}}, nil)
		if err != nil {
			return nil, err
		}
		if err := c.Send(req.Output, map[string]string{"say": "hello"}, nil); err != nil {
			return nil, err
		}
		return nil, c.Close(req.Output, nil)
	case "line": // opens a comm that sends back what it receives
		_, err := req.OpenComm(&kernel.CommOpening{Target: arg, ID: arg}, commEcho{})
		return nil, err
	}
	return nil, &kernel.Error{Name: "Syntax", Value: "no command " + cmd}
}

func (l *script) Shutdown(ctx context.Context, restart bool) error {
	l.mu.Lock()
	l.shutdown = append(l.shutdown, restart)
	l.mu.Unlock()
	return nil
}

func (*script) Complete(_ context.Context, code string, cursor int) (*jupyter.CompleteReply, error) {
	if code == "panic" {
		panic("no completion")
	}
	if code == "nothing" {
		return nil, nil
	}
	if code == "unsendable" {
		return &jupyter.CompleteReply{Metadata: jupyter.Object{"x": make(chan int)}}, nil
	}
	return &jupyter.CompleteReply{Matches: []string{code + "!"}, CursorEnd: cursor}, nil
}

func (*script) Inspect(ctx context.Context, code string, cursor, detail int) (*jupyter.InspectReply, error) {
	if code == "wait" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if code == "nothing" {
		return nil, nil
	}
	text := fmt.Sprint(code, " ", cursor, " ", detail)
	return &jupyter.InspectReply{Found: true, Data: jupyter.MIMEBundle{"text/plain": text}}, nil
}

func (*script) IsComplete(_ context.Context, code string) (*jupyter.IsCompleteReply, error) {
	if strings.HasSuffix(code, "\\") {
		return &jupyter.IsCompleteReply{Status: "incomplete", Indent: "  "}, nil
	}
	if code == "nothing" {
		return nil, nil
	}
	return &jupyter.IsCompleteReply{Status: "complete"}, nil
}

func (l *script) Evaluate(_ context.Context, expr string) (jupyter.MIMEBundle, error) {
	l.mu.Lock()
	l.seen = append(l.seen, expr)
	l.mu.Unlock()
	if expr == "bad" {
		return nil, &kernel.Error{Name: "Fail", Value: "bad expression"}
	}
	if expr == "unsendable" {
		return jupyter.MIMEBundle{"text/plain": make(chan int)}, nil
	}
	return jupyter.MIMEBundle{"text/plain": expr + "!"}, nil
}

// OpenComm knows the target "echo", whose comms send back what they receive,
// "print", whose comms print it, and "wait", whose comms wait for the end of their
// context with each message, and print why that ended.
func (l *script) OpenComm(_ context.Context, m *kernel.CommMessage) (kernel.CommHandler, error) {
	switch m.Comm.Target {
	case "echo":
		return commEcho{}, nil
	case "print":
		return commPrint{}, nil
	case "wait":
		return commWait{}, nil
	}
	return nil, kernel.ErrNoTarget
}

type commEcho struct{}

func (commEcho) Message(_ context.Context, m *kernel.CommMessage) error {
	return m.Comm.Send(m.Output, m.Data, m.Buffers)
}

func (commEcho) Close(context.Context, *kernel.CommMessage) error { return nil }

type commPrint struct{}

func (commPrint) Message(_ context.Context, m *kernel.CommMessage) error {
	return m.Stream(jupyter.Stdout, string(m.Data))
}

func (commPrint) Close(_ context.Context, m *kernel.CommMessage) error {
	return m.Stream(jupyter.Stdout, "closed")
}

type commWait struct{ commPrint }

func (commWait) Message(ctx context.Context, m *kernel.CommMessage) error {
	if err := m.Stream(jupyter.Stdout, "waiting\n"); err != nil {
		return err
	}
	<-ctx.Done()
	return m.Stream(jupyter.Stdout, context.Cause(ctx).Error()+"\n")
}
