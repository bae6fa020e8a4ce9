package kernel_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestK1ControlNeverWaitsForTheLanguage(t *testing.T) { run(t, testK1Control) }

func testK1Control(t *testing.T, opt *kerneltest.Options) {
	l := newScript()
	c := kerneltest.Start(t, l, opt)
	r := c.Execute("display x\nstuck")
	c.ExpectStart(r, 1)
	c.Expect(r, jupyter.IOPub, jupyter.TypeDisplayData) // interrupted before, it would not run
	for range 3 {
		c.Heartbeat([]byte("\x00still there?"))
		i := c.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
		c.ExpectBusy(i)
		c.ExpectReply(i)
		c.ExpectIdle(i)
		c.ExpectBusy(r) // still
		i = c.Request(jupyter.Control, &jupyter.InterruptRequest{})
		c.ExpectBusy(i)
		c.ExpectReply(i)
		c.ExpectIdle(i)
	}
	close(l.stuck)
	c.ExpectReply(r)
	c.ExpectIdle(r)
}

func TestKernelInfo(t *testing.T) { run(t, testKernelInfo) }

func testKernelInfo(t *testing.T, opt *kerneltest.Options) {
	l := newScript()
	l.startc = make(chan struct{}) // also while the language is starting
	c := kerneltest.Start(t, l, opt)
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		r := c.Request(ch, &jupyter.KernelInfoRequest{})
		c.ExpectBusy(r)
		m := c.ExpectReply(r)
		c.ExpectIdle(r)
		want := `{"status":"ok","protocol_version":"5.5","implementation":"script",` +
			`"implementation_version":"1.2","language_info":{"name":"script","version":"3",` +
			`"mimetype":"","file_extension":".s"},"banner":"hello","debugger":false,` +
			`"help_links":[],"supported_features":["iopub_welcome"]}`
		if string(m.Content) != want {
			t.Errorf("kernel_info_reply on %v = %s, want %s", ch, m.Content, want)
		}
	}
	r := c.Execute("out x")
	c.ExpectStart(r, 1)
	close(l.startc)
	c.ExpectStream(r, "stdout", "x")
	c.ExpectReply(r)
	c.ExpectIdle(r)
}

func TestStartErrorIsTheErrorOfEveryRequest(t *testing.T) {
	l := newScript()
	l.startErr = fmt.Errorf("there is no script here")
	c := kerneltest.Start(t, l, nil)
	r := c.Execute("out x")
	c.ExpectStart(r, 1)
	c.ExpectError(r, "Error", "there is no script here")
	c.ExpectReplyStatus(r, "error")
	c.ExpectIdle(r)
	r = c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: "x"})
	c.ExpectBusy(r)
	m := c.ExpectReplyStatus(r, "error")
	c.ExpectIdle(r)
	if !strings.Contains(string(m.Content), "there is no script here") {
		t.Errorf("complete_reply = %s", m.Content)
	}
}

// rawRequest is a message with content as it is written.
func rawRequest(c *kerneltest.Client, typ, content string) *jupyter.Message {
	m, err := c.Session.New(nil, &jupyter.RawContent{Type: typ})
	if err != nil {
		panic(err)
	}
	m.Content = json.RawMessage(content)
	return m
}

// Whatever is answered while a cell runs, the status that is heard last is that of
// the cell: a server would end a kernel that seems to be idle for long.
func TestK2AKernelWhoseCellRunsIsBusy(t *testing.T) {
	tests := []struct {
		ch            jupyter.Channel
		typ, subshell string
	}{
		{jupyter.Control, "kernel_info_request", ""}, // of servers, when a page is loaded again
		{jupyter.Control, "list_subshell_request", ""},
		{jupyter.Control, "usage_request", ""}, // of jupyter-resource-usage, every few seconds
		{jupyter.Shell, "kernel_info_request", "of another kernel"},
	}
	run(t, func(t *testing.T, opt *kerneltest.Options) {
		c := kerneltest.Start(t, newSubScript(), opt)
		r := c.Execute("ask x")
		c.ExpectStart(r, 1)
		p := c.ExpectPrompt(r, "x")
		for _, tt := range tests {
			m := rawRequest(c, tt.typ, "{}")
			m.Header.SubshellID = tt.subshell
			c.SendUnchecked(tt.ch, m)
			c.ExpectBusy(m)
			c.Expect(m, tt.ch, jupyter.ReplyType(tt.typ))
			c.ExpectIdle(m)
			c.ExpectBusy(r)
		}
		c.Answer(p, "y")
		c.ExpectStream(r, "stdout", "<y>")
		done(c, r, "ok")
	})
}

func TestK2EveryRequestHasOneReply(t *testing.T) {
	tests := []struct {
		ch                 jupyter.Channel
		typ, content, want string // want: in the error reply; "" for no reply
	}{
		{jupyter.Shell, "execute_request", `{}`, "code is missing"},
		{jupyter.Shell, "execute_request", `{"code":3}`, "code is a number, want a string"},
		{jupyter.Shell, "execute_request", `[]`, "not a JSON object"},
		{jupyter.Shell, "execute_request", `{"code":`, "not JSON"},
		{jupyter.Shell, "execute_request", "{\"code\":\"\xff\"}", "not UTF-8"},
		{jupyter.Shell, "complete_request", `{"code":null}`, "code is missing"},
		{jupyter.Shell, "complete_request", `{"code":"panic"}`, "no completion"},
		{jupyter.Shell, "inspect_request", `{"cursor_pos":1}`, "code is missing"},
		{jupyter.Shell, "is_complete_request", `null`, "not a JSON object"},
		{jupyter.Shell, "history_request", `{"hist_access_type":"x"}`, "none of range, tail, search"},
		{jupyter.Shell, "comm_info_request", `{"target_name":[]}`, "target_name is an array, want a string"},
		{jupyter.Shell, "comm_msg", `{}`, ""},
		{jupyter.Shell, "comm_msg", `{"comm_id":"unknown"}`, ""},
		{jupyter.Shell, "dance_request", `{}`, "knows no dance_request"},
		{jupyter.Shell, "dance", `{}`, ""},
		{jupyter.Shell, "input_reply", `{"value":"x"}`, ""},
		{jupyter.Shell, "create_subshell_request", `{}`, "not served on the shell channel"},
		{jupyter.Shell, "debug_request", `{}`, "no debugger"},
		{jupyter.Shell, "input_request", `{"prompt":""}`, "not served on the shell channel"},
		{jupyter.Control, "dance_request", `{}`, "knows no dance_request"},
		{jupyter.Control, "dance", `{}`, ""},
		{jupyter.Control, "execute_request", `{"code":""}`, "not served on the control channel"},
		{jupyter.Control, "shutdown_request", `{"restart":"x"}`, "restart is a string, want true or false"},
		{jupyter.Control, "shutdown_request", `[`, "not JSON"},
		{jupyter.Control, "debug_request", `{"seq":7,"command":"attach"}`, `"request_seq":7`},
		{jupyter.Control, "create_subshell_request", `{}`, "this kernel has no subshells"},
	}
	run(t, func(t *testing.T, opt *kerneltest.Options) {
		c := kerneltest.Start(t, newScript(), opt)
		for _, tt := range tests {
			m := rawRequest(c, tt.typ, tt.content)
			c.SendUnchecked(tt.ch, m)
			c.ExpectBusy(m)
			if tt.want != "" {
				got := c.ExpectReplyStatus(m, "error")
				if !strings.Contains(string(got.Content), tt.want) {
					t.Errorf("%v %s %s: %s, want %q", tt.ch, tt.typ, tt.content, got.Content, tt.want)
				}
				if tt.typ == "execute_request" && !strings.Contains(string(got.Content), `"execution_count":`) {
					t.Errorf("%s has no execution_count", got.Content)
				}
			}
			c.ExpectIdle(m)
		}
	})
}

func TestK2BrokenPartsOtherThanContent(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	m := rawRequest(c, "execute_request", `{"code":""}`)
	m.Metadata = json.RawMessage(`3`)
	c.SendUnchecked(jupyter.Shell, m)
	c.ExpectBusy(m)
	c.ExpectReplyStatus(m, "error")
	c.ExpectIdle(m)
}

func TestK2AWrongSignatureGetsNothing(t *testing.T) { run(t, testK2WrongSignature) }

func testK2WrongSignature(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	other, err := jupyter.NewCodec("", jupyter.NewKey("another key"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Session.New(nil, &jupyter.KernelInfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	forged, err := other.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin} {
		c.SendFrames(ch, forged)
		c.SendFrames(ch, [][]byte{[]byte("rubbish")})
		c.SendFrames(ch, [][]byte{[]byte("<IDS|MSG>")})
	}
	// What comes next is answered, and that is all there is to read.
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		r := c.Request(ch, &jupyter.KernelInfoRequest{})
		c.ExpectBusy(r)
		c.ExpectReply(r)
		c.ExpectIdle(r)
		c.Send(ch, r) // a replay gets nothing either
	}
	r := c.Request(jupyter.Shell, &jupyter.CommInfoRequest{})
	c.ExpectBusy(r)
	c.ExpectReply(r)
	c.ExpectIdle(r)
}

func TestLanguageRequests(t *testing.T) { run(t, testLanguageRequests) }

func testLanguageRequests(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	tests := []struct {
		c    jupyter.Content
		want string
	}{
		{&jupyter.CompleteRequest{Code: "ab", CursorPos: 1},
			`{"status":"ok","matches":["ab!"],"cursor_start":0,"cursor_end":1,"metadata":{}}`},
		{&jupyter.InspectRequest{Code: "ab", CursorPos: 2, DetailLevel: 1},
			`{"status":"ok","found":true,"data":{"text/plain":"ab 2 1"},"metadata":{}}`},
		{&jupyter.CompleteRequest{Code: "nothing", CursorPos: 3},
			`{"status":"ok","matches":[],"cursor_start":3,"cursor_end":3,"metadata":{}}`},
		{&jupyter.InspectRequest{Code: "nothing", CursorPos: 3},
			`{"status":"ok","found":false,"data":{},"metadata":{}}`},
		{&jupyter.CommInfoRequest{}, `{"status":"ok","comms":{}}`},
		{&jupyter.HistoryRequest{AccessType: "tail"}, `{"status":"ok","history":[]}`},
	}
	for _, tt := range tests {
		r := c.Request(jupyter.Shell, tt.c)
		c.ExpectBusy(r)
		if got := c.ExpectReply(r); string(got.Content) != tt.want {
			t.Errorf("%s: %s, want %s", tt.c.MsgType(), got.Content, tt.want)
		}
		c.ExpectIdle(r)
	}
	for code, status := range map[string]string{"x": "complete", "x\\": "incomplete", "nothing": "unknown"} {
		r := c.Request(jupyter.Shell, &jupyter.IsCompleteRequest{Code: code})
		c.ExpectBusy(r)
		c.ExpectReplyStatus(r, status)
		c.ExpectIdle(r)
	}
}

func TestSilentAndStoreHistory(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	silent := func(code, status string) {
		t.Helper()
		r := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: code, Silent: true, StoreHistory: true})
		c.ExpectBusy(r)
		m := c.ExpectReplyStatus(r, status)
		if !strings.Contains(string(m.Content), `"execution_count":0`) {
			t.Errorf("%s", m.Content)
		}
		c.ExpectIdle(r)
	}
	silent("out x\nresult y\ndisplay z\nclear", "ok")
	silent("fail x", "error")
	r := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: "out x"})
	c.ExpectStart(r, 0)
	c.ExpectStream(r, "stdout", "x")
	c.ExpectReply(r)
	c.ExpectIdle(r)
	r = c.Execute("")
	c.ExpectStart(r, 1)
	c.ExpectReply(r)
	c.ExpectIdle(r)
	r = c.Request(jupyter.Shell, &jupyter.HistoryRequest{AccessType: "tail"})
	c.ExpectBusy(r)
	if m := c.ExpectReply(r); string(m.Content) != `{"status":"ok","history":[[1,1,""]]}` {
		t.Errorf("history: %s", m.Content)
	}
	c.ExpectIdle(r)
}

func TestUserExpressions(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	r := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{
		Code: "", StoreHistory: true, UserExpressions: map[string]string{"a": "x", "b": "bad", "c": "unsendable"},
	})
	c.ExpectStart(r, 1)
	want := `{"status":"ok","execution_count":1,"payload":[],"user_expressions":{` +
		`"a":{"status":"ok","data":{"text/plain":"x!"},"metadata":{}},` +
		`"b":{"status":"error","ename":"Fail","evalue":"bad expression","traceback":["Fail: bad expression"]},` +
		`"c":{"status":"error","ename":"Error","evalue":"value: json: unsupported type: chan int",` +
		`"traceback":["Error: value: json: unsupported type: chan int"]}}}`
	if m := c.ExpectReply(r); string(m.Content) != want {
		t.Errorf("execute_reply = %s, want %s", m.Content, want)
	}
	c.ExpectIdle(r)
	// A request that fails has none.
	r = c.Request(jupyter.Shell, &jupyter.ExecuteRequest{
		Code: "fail x", UserExpressions: map[string]string{"a": "x"},
	})
	c.ExpectStart(r, 1)
	c.ExpectError(r, "Fail", "x")
	if m := c.ExpectReplyStatus(r, "error"); strings.Contains(string(m.Content), "user_expressions") {
		t.Errorf("execute_reply = %s", m.Content)
	}
	c.ExpectIdle(r)
}

// TestUserExpressionsHaveAnOrder: one may change what another one sees.
func TestUserExpressionsHaveAnOrder(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{
		UserExpressions: map[string]string{"e": "5", "b": "2", "d": "4", "a": "1", "c": "3"},
	})
	c.ExpectStart(r, 0)
	done(c, r, "ok")
	if got := strings.Join(l.seen, " "); got != "1 2 3 4 5" {
		t.Errorf("evaluated in the order %s", got)
	}
}

func TestErrorsOfTheLanguage(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	for code, want := range map[string][2]string{
		"fail no":  {"Fail", "no"},
		"oops no":  {"Error", "no"},
		"nilfail":  {"Error", "<nil>"},
		"panic no": {"Panic", "no"},
		"nonsense": {"Syntax", "no command nonsense"},
		// It is no JSON. The kernel does not exit, either.
		"unsendable": {"Error", "payload: json: unsupported type: chan int"},
		"exit none":  {"Error", `strconv.Atoi: parsing "none": invalid syntax`},
	} {
		r := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: code})
		c.ExpectStart(r, 0)
		c.ExpectError(r, want[0], want[1])
		c.ExpectReplyStatus(r, "error")
		c.ExpectIdle(r)
	}
	r := c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: "unsendable"})
	c.ExpectBusy(r)
	if m := c.ExpectReplyStatus(r, "error"); !strings.Contains(string(m.Content), "unsupported type: chan int") {
		t.Errorf("complete_reply = %s", m.Content)
	}
	c.ExpectIdle(r)
}
