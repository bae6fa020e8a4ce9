package client_test

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// capture returns a fake kernel that runs all code, and the channel of the requests.
func capture(t *testing.T) (*fakeKernel, <-chan *jupyter.Message) {
	requests := make(chan *jupyter.Message, 100)
	return startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		requests <- m
		k.whole(ch, m, okReply(), nil)
	})), requests
}

func TestExecuteOptions(t *testing.T) {
	t.Parallel()
	k, requests := capture(t)
	c := attach(t, k, nil)
	answer := func(context.Context, *jupyter.InputRequest) (string, error) { return "", nil }
	for _, tt := range []struct {
		opts *client.ExecuteOptions
		want string
	}{
		{nil, `{"silent":false,"store_history":true,"allow_stdin":false,"stop_on_error":true,"user_expressions":{}}`},
		{&client.ExecuteOptions{Silent: true},
			`{"silent":true,"store_history":false,"allow_stdin":false,"stop_on_error":true,"user_expressions":{}}`},
		{&client.ExecuteOptions{NoHistory: true},
			`{"silent":false,"store_history":false,"allow_stdin":false,"stop_on_error":true,"user_expressions":{}}`},
		{&client.ExecuteOptions{ContinueOnError: true, Input: answer, UserExpressions: map[string]string{"a": "b"}},
			`{"silent":false,"store_history":true,"allow_stdin":true,"stop_on_error":false,"user_expressions":{"a":"b"}}`},
		{&client.ExecuteOptions{SubshellID: "sub"},
			`{"silent":false,"store_history":true,"allow_stdin":false,"stop_on_error":true,"user_expressions":{}}`},
	} {
		if _, err := c.Execute(testContext(t), "x", tt.opts); err != nil {
			t.Fatal(err)
		}
		m := <-requests
		if want := `{"code":"x",` + tt.want[1:]; !sameJSON(string(m.Content), want) {
			t.Errorf("Execute with %+v sends %s, want %s", tt.opts, m.Content, want)
		}
		if tt.opts != nil && m.Header.SubshellID != tt.opts.SubshellID {
			t.Errorf("Execute with %+v is for subshell %q", tt.opts, m.Header.SubshellID)
		}
	}
}

// A front end may have an identity of its own, and all the time that there is.
func TestConfigOfASession(t *testing.T) {
	t.Parallel()
	k, requests := capture(t)
	c := attach(t, k, &client.Config{SessionID: "mine", Username: "ada", StartTimeout: -1})
	if _, err := c.Execute(testContext(t), "x", nil); err != nil {
		t.Fatal(err)
	}
	if h := (<-requests).Header; h.Session != "mine" || c.SessionID() != "mine" || h.Username != "ada" {
		t.Errorf("SessionID = %q; a header says %+v", c.SessionID(), h)
	}
	if a, b := attach(t, k, nil).SessionID(), attach(t, k, nil).SessionID(); a == "" || a == b {
		t.Errorf("two clients have the session ids %q and %q", a, b)
	}
}

// What of comms no handler wants is Config.Message's, if the comm is another's.
func TestCommsWithoutHandlers(t *testing.T) {
	t.Parallel()
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		if m.Header.MsgType != jupyter.TypeExecuteRequest {
			return
		}
		k.whole(ch, m, okReply(), func() {
			for _, id := range []string{"mine", "theirs"} {
				k.send(jupyter.IOPub, m, &jupyter.CommOpen{CommID: id, TargetName: "t"})
				k.send(jupyter.IOPub, m, &jupyter.CommMsg{CommID: id})
				k.send(jupyter.IOPub, m, &jupyter.CommClose{CommID: id})
			}
		})
	}))
	c := attach(t, k, nil)
	if _, err := c.AttachComm("mine", "t", &client.CommHandler{}); err != nil {
		t.Fatal(err)
	}
	var heard []string
	_, err := c.Execute(testContext(t), "x", &client.ExecuteOptions{Output: func(m *jupyter.Message) {
		if m.Header.MsgType != jupyter.TypeStatus {
			heard = append(heard, m.Header.MsgType+" "+string(m.Content))
		}
	}})
	want := []string{
		`comm_open {"comm_id":"mine","target_name":"t","data":{}}`, // nobody was asked for a handler
		`comm_open {"comm_id":"theirs","target_name":"t","data":{}}`,
		`comm_msg {"comm_id":"theirs","data":{}}`, `comm_close {"comm_id":"theirs","data":{}}`,
	}
	if err != nil || !slices.Equal(heard, want) {
		t.Errorf("heard %q, %v; want %q", heard, err, want)
	}
}

func TestErrorTexts(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&client.ExitError{Code: 3}, "client: the kernel ended: exit status 3"},
		{&client.ExitError{Code: 3, Output: "no R here\n"}, "client: the kernel ended: exit status 3: no R here"},
		{&client.ExitError{Code: 3, Output: "one\ntwo\n"}, "client: the kernel ended: exit status 3; its last words:\none\ntwo"},
		{&client.ExitError{Code: -1, Signal: syscall.SIGKILL}, "client: the kernel ended: signal 9 (killed)"},
		{&client.ExitError{Code: -1, Reason: "no answer"}, "client: the kernel ended: no answer"},
		{&client.ReplyError{Type: "x_reply", Status: "error", ErrorInfo: jupyter.ErrorInfo{EName: "E", EValue: "v"}}, "client: x_reply: E: v"},
		{&client.ReplyError{Type: "x_reply", Status: "error", ErrorInfo: jupyter.ErrorInfo{EValue: "v"}}, "client: x_reply: v"},
		{&client.ReplyError{Type: "x_reply", Status: "aborted"}, "client: x_reply with status aborted"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%+v says %q, want %q", tt.err, got, tt.want)
		}
	}
}

// A question that cannot be read is interrupted, as one that nobody can answer is.
func TestC3ABrokenQuestionInterrupts(t *testing.T) {
	t.Parallel()
	var asked *jupyter.Message
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		switch m.Header.MsgType {
		case jupyter.TypeExecuteRequest:
			asked = m
			k.status(m, jupyter.StateBusy)
			k.send(jupyter.Stdin, m, &jupyter.RawContent{Type: jupyter.TypeInputRequest, JSON: []byte(`{"prompt":1}`)})
		case jupyter.TypeInterruptRequest:
			k.whole(ch, m, &jupyter.InterruptReply{Status: jupyter.StatusOK}, nil)
			k.send(jupyter.Shell, asked, &jupyter.ExecuteReply{Status: jupyter.StatusError})
			k.status(asked, jupyter.StateIdle)
		}
	}))
	reply, err := attach(t, k, nil).Execute(testContext(t), "x", &client.ExecuteOptions{
		AskAtOnce: true,
		Input: func(context.Context, *jupyter.InputRequest) (string, error) {
			t.Error("the broken question is asked")
			return "", errors.New("no")
		},
	})
	if err != nil || reply.Status != jupyter.StatusError {
		t.Errorf("Execute = %+v, %v", reply, err)
	}
}

func TestRequestsOfACursor(t *testing.T) {
	t.Parallel()
	requests := make(chan string, 1)
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		requests <- m.Header.MsgType + " " + string(m.Content)
		k.whole(ch, m, &jupyter.RawContent{Type: jupyter.ReplyType(m.Header.MsgType), JSON: []byte(`{"status":"ok"}`)}, nil)
	}))
	c := attach(t, k, nil)
	for _, tt := range []struct {
		ask  func(ctx context.Context) error
		want string
	}{
		{func(ctx context.Context) error { _, err := c.Complete(ctx, "a𝄞b", 1); return err },
			`complete_request {"code":"a𝄞b","cursor_pos":1}`},
		{func(ctx context.Context) error { _, err := c.Complete(ctx, "a𝄞b", -1); return err },
			`complete_request {"code":"a𝄞b","cursor_pos":3}`},
		{func(ctx context.Context) error { _, err := c.Inspect(ctx, "a𝄞b", 0, 1); return err },
			`inspect_request {"code":"a𝄞b","cursor_pos":0,"detail_level":1}`},
		{func(ctx context.Context) error { _, err := c.Inspect(ctx, "a𝄞b", -1, 0); return err },
			`inspect_request {"code":"a𝄞b","cursor_pos":3,"detail_level":0}`},
	} {
		if err := tt.ask(testContext(t)); err != nil {
			t.Error(err)
		}
		if got := <-requests; got != tt.want {
			t.Errorf("sent %s, want %s", got, tt.want)
		}
	}
}

// What a kernel says too much disturbs nobody: a second reply, questions of nobody's
// code, and what is no question. Its debugger is Output's to hear where there is no
// DebugEvent.
func TestExecuteOfATalkativeKernel(t *testing.T) {
	t.Parallel()
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		stranger, err := k.session.New(nil, &jupyter.Status{})
		if err != nil {
			panic(err)
		}
		stranger.Identities = m.Identities
		k.status(m, jupyter.StateBusy)
		k.send(jupyter.Stdin, stranger, &jupyter.InputRequest{Prompt: "whose?"})
		k.send(jupyter.Stdin, m, &jupyter.RawContent{Type: "no_question", JSON: []byte(`{"prompt":"what?"}`)})
		k.send(jupyter.IOPub, m, jupyter.DebugEvent{"event": "stopped"})
		for n := range 2 {
			k.send(jupyter.Shell, m, &jupyter.ExecuteReply{Status: jupyter.StatusOK, ExecutionCount: n + 1})
		}
		k.status(m, jupyter.StateIdle)
	}))
	c := attach(t, k, nil)
	for range 20 {
		events := 0
		reply, err := c.Execute(testContext(t), "x", &client.ExecuteOptions{
			Output: func(m *jupyter.Message) {
				if m.Header.MsgType == jupyter.TypeDebugEvent {
					events++
				}
			},
			Input: func(_ context.Context, q *jupyter.InputRequest) (string, error) {
				t.Errorf("asked %q", q.Prompt)
				return "", nil
			},
		})
		if err != nil || reply.ExecutionCount != 1 || events != 1 {
			t.Fatalf("Execute = %+v, %v, after %d events of the debugger", reply, err, events)
		}
	}
}
