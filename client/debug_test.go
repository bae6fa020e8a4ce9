package client_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A debugEvent is what Config.DebugEvent is called with.
type debugEvent struct {
	event string
	body  json.RawMessage
}

// debugEvents returns a handler and the channel that its events go to.
func debugEvents() (func(string, json.RawMessage), <-chan debugEvent) {
	events := make(chan debugEvent, 1000)
	return func(event string, body json.RawMessage) { events <- debugEvent{event, body} }, events
}

// awaitEvent returns the body of the next event of that name.
func awaitEvent(t *testing.T, events <-chan debugEvent, event string) json.RawMessage {
	t.Helper()
	for {
		select {
		case e := <-events:
			if e.event == event {
				return e.body
			}
		case <-testContext(t).Done():
			t.Fatalf("the event %q does not come", event)
		}
	}
}

// debug sends a request that succeeds and decodes the body of its response.
func debug[Body any](t *testing.T, c *client.Client, command string, arguments any) Body {
	t.Helper()
	var body Body
	raw, err := c.Debug(testContext(t), command, arguments)
	if err != nil {
		t.Fatalf("Debug(%q): %v", command, err)
	}
	if raw != nil {
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Fatalf("Debug(%q) = %s: %v", command, raw, err)
		}
	}
	return body
}

func TestDebugWhileCodeStands(t *testing.T) {
	t.Parallel()
	handler, events := debugEvents()
	c, err := client.Start(testContext(t), exampleSpec(), config(t, &client.Config{DebugEvent: handler}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if !slices.Contains(c.Info().SupportedFeatures, jupyter.FeatureDebugger) {
		t.Errorf("the kernel's features are %q", c.Info().SupportedFeatures)
	}
	shown := make(chan string, 1)
	go func() {
		shown <- output(t, c, "stop", &client.ExecuteOptions{Output: func(m *jupyter.Message) {
			if m.Header.MsgType == jupyter.TypeDebugEvent {
				t.Error("Output hears of a debug_event")
			}
		}})
	}()
	if body := awaitEvent(t, events, "stopped"); string(body) != `{"reason":"breakpoint"}` {
		t.Errorf("the body of stopped is %s", body)
	}
	type expression struct{ Expression string }
	if got := debug[expression](t, c, "evaluate", expression{"x"}); got.Expression != "x" {
		t.Errorf("Debug(evaluate) = %+v, want the argument", got)
	}
	_, err = c.Debug(testContext(t), "dance", nil)
	if e, ok := errors.AsType[*client.ReplyError](err); !ok || e.EName != "Unknown" || e.EValue != "dance" {
		t.Errorf("Debug(dance): %v, want a ReplyError with Unknown: dance", err)
	}
	if body, err := c.Debug(testContext(t), "continue", nil); err != nil || body != nil {
		t.Errorf("Debug(continue) = %s, %v; want no body", body, err)
	}
	if body := awaitEvent(t, events, "continued"); body != nil {
		t.Errorf("the body of continued is %s", body)
	}
	if got := <-shown; got != "went on\n" {
		t.Errorf("the code that stood shows %q", got)
	}
}

func TestDebugOfOddReplies(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{}`: "client: debug_reply: threads: no response: the debugger may not have been started",
		`{"success":false,"message":"notStopped"}`: "client: debug_reply: threads: notStopped",
		`{"success":"yes"}`:                        "success",
	} {
		k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
			k.whole(ch, m, &jupyter.RawContent{Type: jupyter.TypeDebugReply, JSON: json.RawMessage(content)}, nil)
		}))
		_, err := attach(t, k, nil).Debug(testContext(t), "threads", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Debug after %s: %v, want %q", content, err, want)
		}
	}
}

// TestDebugIPykernel stops a cell of Python at a breakpoint, as JupyterLab does it.
func TestDebugIPykernel(t *testing.T) {
	t.Parallel()
	testenv.Python(t, "debugpy")
	handler, events := debugEvents()
	c := startIPykernel(t, &client.Config{DebugEvent: handler})
	if _, err := c.Debug(testContext(t), "threads", nil); err == nil {
		t.Error("a debugger that was not started answers")
	}
	debug[any](t, c, "initialize", map[string]any{
		"clientID": "test", "adapterID": "", "pathFormat": "path", "linesStartAt1": true,
		"columnsStartAt1": true, "supportsVariableType": true, "locale": "en",
	})
	debug[any](t, c, "attach", map[string]any{})
	awaitEvent(t, events, "initialized")

	code := "def f(x):\n    y = x + 1\n    return y\nprint(f(41))"
	source := debug[struct{ SourcePath string }](t, c, "dumpCell", map[string]any{"code": code})
	if filepath.Ext(source.SourcePath) != ".py" {
		t.Fatalf("dumpCell: %+v", source)
	}
	t.Cleanup(func() {
		os.Remove(source.SourcePath)
		os.Remove(filepath.Dir(source.SourcePath)) // ipykernel's own
	})
	debug[any](t, c, "setBreakpoints", map[string]any{
		"source":      map[string]any{"path": source.SourcePath},
		"breakpoints": []any{map[string]any{"line": 3}},
	})
	debug[any](t, c, "configurationDone", nil)

	shown := make(chan string, 1)
	go func() { shown <- output(t, c, code, nil) }()
	var stopped struct{ ThreadID int }
	if err := json.Unmarshal(awaitEvent(t, events, "stopped"), &stopped); err != nil {
		t.Fatal(err)
	}
	thread := map[string]any{"threadId": stopped.ThreadID}
	frames := debug[struct {
		StackFrames []struct {
			ID, Line int
			Name     string
		}
	}](t, c, "stackTrace", thread).StackFrames
	if len(frames) == 0 || frames[0].Name != "f" || frames[0].Line != 3 {
		t.Fatalf("stackTrace: %+v, want line 3 of f first", frames)
	}
	value := debug[struct{ Result string }](t, c, "evaluate", map[string]any{
		"expression": "x + y", "frameId": frames[0].ID,
	})
	if value.Result != "83" {
		t.Errorf("evaluate: %+v, want 83", value)
	}
	_, err := c.Debug(testContext(t), "dance", nil)
	if e, ok := errors.AsType[*client.ReplyError](err); !ok || !strings.Contains(e.EValue, "dance") {
		t.Errorf("Debug(dance): %v, want a ReplyError that says what is wrong", err)
	}
	debug[any](t, c, "continue", thread)
	if got := <-shown; got != "42\n" {
		t.Errorf("the code that stood shows %q, want 42", got)
	}
	debug[any](t, c, "disconnect", map[string]any{"restart": false, "terminateDebuggee": false})
}
