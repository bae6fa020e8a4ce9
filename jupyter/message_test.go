package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func newTestMessage(t *testing.T, c Content) *Message {
	t.Helper()
	m, err := NewSession("tester").New(nil, c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryTypeRoundTrips(t *testing.T) {
	for typ, fresh := range contents {
		m := newTestMessage(t, fresh())
		if strings.Contains(string(m.Content), "null") {
			t.Errorf("%s writes null: %s", typ, m.Content)
		}
		if m.Header.MsgType != typ || m.Header.Version != ProtocolVersion {
			t.Errorf("%s: header = %+v", typ, m.Header)
		}
	}
}

func TestParseDefaults(t *testing.T) {
	tests := []struct{ typ, content, want string }{
		{"execute_request", `{"code":"1"}`,
			`&{Code:1 Silent:false StoreHistory:true UserExpressions:map[] AllowStdin:true StopOnError:true}`},
		{"execute_request", `{"code":"1","silent":true,"store_history":true,"allow_stdin":false,"stop_on_error":false}`,
			`&{Code:1 Silent:true StoreHistory:false UserExpressions:map[] AllowStdin:false StopOnError:false}`},
		{"execute_request", `{"code":"1","store_history":true,"stop_on_error":null}`,
			`&{Code:1 Silent:false StoreHistory:true UserExpressions:map[] AllowStdin:true StopOnError:true}`},
		{"execute_request", `{"code":"1","store_history":false}`,
			`&{Code:1 Silent:false StoreHistory:false UserExpressions:map[] AllowStdin:true StopOnError:true}`},
		{"execute_request", `{"code":"1","silent":null,"store_history":null,"unknown":[1]}`,
			`&{Code:1 Silent:false StoreHistory:true UserExpressions:map[] AllowStdin:true StopOnError:true}`},
		{"complete_request", `{"code":"é𝄞x"}`, `&{Code:é𝄞x CursorPos:3}`},
		{"complete_request", `{"code":"abc","cursor_pos":99}`, `&{Code:abc CursorPos:3}`},
		{"complete_request", `{"code":"abc","cursor_pos":0}`, `&{Code:abc CursorPos:0}`},
		{"inspect_request", `{"code":"abc"}`, `&{Code:abc CursorPos:3 DetailLevel:0}`},
		{"inspect_request", `{"code":"abc","cursor_pos":1}`, `&{Code:abc CursorPos:1 DetailLevel:0}`},
		{"history_request", `{"n":3}`,
			`&{Output:false Raw:true AccessType:tail Session:0 Start:0 Stop:0 N:3 Pattern: Unique:false}`},
		{"comm_info_request", ``, `&{TargetName:}`},
		{"shutdown_request", `{}`, `&{Restart:false}`},
		// {} is what a handler of a comm can decode.
		{"comm_open", `{"comm_id":"1","target_name":"t"}`, `&{CommID:1 TargetName:t Data:[123 125]}`},
		{"comm_msg", `{"comm_id":"1","data":null}`, `&{CommID:1 Data:[123 125]}`},
		{"comm_close", `{"comm_id":"1"}`, `&{CommID:1 Data:[123 125]}`},
	}
	for _, tt := range tests {
		m := &Message{Header: Header{MsgType: tt.typ}, Content: json.RawMessage(tt.content)}
		c, err := m.Parse()
		if got := fmt.Sprintf("%+v", c); err != nil || got != tt.want {
			t.Errorf("Parse(%s %s) = %s, %v, want %s", tt.typ, tt.content, got, err, tt.want)
		}
	}
}

func TestParseBadContent(t *testing.T) {
	tests := []struct{ typ, content, want string }{
		{"execute_request", `{}`, "code is missing"},
		{"execute_request", `{"code":null}`, "code is missing"},
		{"execute_request", `{"code":1}`, "code is a number, want a string"},
		{"execute_request", `{"code":"1","silent":"yes"}`, "silent is a string, want true or false"},
		{"execute_request", `{"code":"1","user_expressions":[]}`, "user_expressions is an array, want an object"},
		{"execute_request", `{"code":"1","store_history":1}`, "store_history is a number, want true or false"},
		{"execute_request", `{"code":"1","user_expressions":{"a":true}}`, "user_expressions is true or false, want a string"},
		{"complete_request", `{"code":"1","cursor_pos":1.5}`, "cursor_pos is a number, want a whole number"},
		{"execute_request", `[]`, "not a JSON object"},
		{"execute_request", `{`, "not JSON"},
		{"execute_request", "{\"code\":\"\xff\"}", "not UTF-8"},
		{"history_request", `{"hist_access_type":"all"}`, "none of range, tail, search"},
		{"history_reply", `{"history":[[1,2]]}`, "a history entry has 3 parts, not 2"},
		{"history_reply", `{"history":[[1,2,3]]}`, "is a number"},
		{"execute_reply", `{}`, "status is missing"},
		{"input_reply", `{}`, "value is missing"},
		{"input_reply", `{"value":"x","status":"error"}`, "status is error"},
		{"delete_subshell_request", `{}`, "subshell_id is missing"},
		{"comm_open", `{"comm_id":"1"}`, "target_name is missing"},
		{"comm_msg", `{}`, "comm_id is missing"},
		{"is_complete_request", `{}`, "code is missing"},
	}
	for _, tt := range tests {
		m := &Message{Header: Header{MsgType: tt.typ}, Content: json.RawMessage(tt.content)}
		c, err := m.Parse()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Parse(%s %s) = %+v, %v, want an error with %q", tt.typ, tt.content, c, err, tt.want)
		}
	}
	_, err := (&Message{Header: Header{MsgType: "dance_request"}}).Parse()
	if !errors.Is(err, ErrUnknownType) {
		t.Errorf("Parse of an unknown type: %v, want ErrUnknownType", err)
	}
	if _, err := Decode[Stream](newTestMessage(t, &Status{"busy"})); err == nil {
		t.Error("Decode[Stream] of a status: no error")
	}
}

// What is read is written again as it came.
func TestContentOnTheWire(t *testing.T) {
	out := "2"
	failed := ErrorInfo{EName: "E", EValue: "v", Traceback: []string{"1", "2"}}
	tests := []struct {
		c    Content
		want string
	}{
		{&ExecuteReply{Status: "ok", ExecutionCount: 3},
			`{"status":"ok","execution_count":3,"payload":[],"user_expressions":{}}`},
		{&ExecuteReply{Status: "error", ExecutionCount: 3, ErrorInfo: ErrorInfo{EName: "E", EValue: "v"}},
			`{"status":"error","execution_count":3,"ename":"E","evalue":"v","traceback":[]}`},
		{&ExecuteReply{Status: "ok", Payload: []map[string]any{{"source": "page"}}, UserExpressions: map[string]UserExpression{
			"a": {Status: "ok", Data: MIMEBundle{"text/plain": "1"}}, "b": {Status: "error", ErrorInfo: failed}}},
			`{"status":"ok","execution_count":0,"payload":[{"source":"page"}],"user_expressions":{` +
				`"a":{"status":"ok","data":{"text/plain":"1"},"metadata":{}},` +
				`"b":{"status":"error","ename":"E","evalue":"v","traceback":["1","2"]}}}`},
		{&ExecuteReply{Status: "error", ErrorInfo: failed},
			`{"status":"error","execution_count":0,"ename":"E","evalue":"v","traceback":["1","2"]}`},
		{&ExecuteReply{Status: "aborted"}, `{"status":"aborted"}`},
		{&Error{failed}, `{"ename":"E","evalue":"v","traceback":["1","2"]}`},
		{&DisplayData{}, `{"data":{},"metadata":{},"transient":{}}`},
		{&UpdateDisplayData{Transient: Transient{"x"}},
			`{"data":{},"metadata":{},"transient":{"display_id":"x"}}`},
		{&ExecuteResult{ExecutionCount: 1, Data: MIMEBundle{"text/html": "<b>&</b>"}},
			`{"execution_count":1,"data":{"text/html":"<b>&</b>"},"metadata":{},"transient":{}}`},
		{&Stream{"stdout", "a\t\u2192"}, `{"name":"stdout","text":"a\t→"}`},
		{&CompleteReply{Status: "ok", Matches: []string{"a"}, CursorEnd: 1},
			`{"status":"ok","matches":["a"],"cursor_start":0,"cursor_end":1,"metadata":{}}`},
		{&KernelInfoReply{Status: "ok", HelpLinks: []HelpLink{{"R", "u"}}, SupportedFeatures: []string{FeatureSubshells}},
			`{"status":"ok","protocol_version":"","implementation":"","implementation_version":"",` +
				`"language_info":{"name":"","version":"","mimetype":"","file_extension":""},"banner":"","debugger":false,` +
				`"help_links":[{"text":"R","url":"u"}],"supported_features":["kernel subshells"]}`},
		{&CommInfoReply{"ok", map[string]CommInfo{"1": {"t"}}}, `{"status":"ok","comms":{"1":{"target_name":"t"}}}`},
		{&ListSubshellReply{"ok", []string{"1"}}, `{"status":"ok","subshell_id":["1"]}`},
		{&IsCompleteReply{Status: "complete"}, `{"status":"complete"}`},
		{&IsCompleteReply{Status: "incomplete"}, `{"status":"incomplete","indent":""}`},
		{&HistoryReply{"ok", []HistoryEntry{{1, 2, "x", false, nil}, {1, 3, "y", true, &out}, {1, 4, "z", true, nil}}},
			`{"status":"ok","history":[[1,2,"x"],[1,3,["y","2"]],[1,4,["z",null]]]}`},
		{&ErrorReply{TypeCompleteReply, StatusError, ErrorInfo{EName: "E", EValue: "v"}},
			`{"status":"error","ename":"E","evalue":"v","traceback":[]}`},
		{&CommOpen{CommID: "1", TargetName: "t"}, `{"comm_id":"1","target_name":"t","data":{}}`},
		{&RawContent{Type: "x"}, `{}`},
		{DebugReply{}, `{}`},
	}
	for _, tt := range tests {
		m := newTestMessage(t, tt.c)
		if string(m.Content) != tt.want {
			t.Errorf("%s = %s, want %s", tt.c.MsgType(), m.Content, tt.want)
		}
		switch tt.c.(type) {
		case *RawContent, *ErrorReply: // to be sent only
			continue
		}
		c, err := m.Parse()
		if err != nil {
			t.Errorf("%s does not parse again: %v", tt.c.MsgType(), err)
		} else if again := newTestMessage(t, c); string(again.Content) != tt.want {
			t.Errorf("%s read and written again = %s, want %s", tt.c.MsgType(), again.Content, tt.want)
		}
	}
}

func TestReplyKeepsTheRawParentHeader(t *testing.T) {
	req := newTestMessage(t, &KernelInfoRequest{})
	req.Identities = [][]byte{[]byte("peer")}
	req.RawHeader = json.RawMessage(`{"msg_id":"1","msg_type":"kernel_info_request","x-other":[1, 2]}`)
	m, err := NewSession("").Reply(req, &KernelInfoReply{})
	if err != nil || string(m.ParentHeader) != string(req.RawHeader) || string(m.Identities[0]) != "peer" {
		t.Errorf("Reply = %+v, %v", m, err)
	}
	if h, err := m.Parent(); err != nil || h.MsgID != "1" {
		t.Errorf("Parent() = %+v, %v", h, err)
	}
}

func TestNewID(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := NewID()
		if !uuid.MatchString(id) || seen[id] {
			t.Fatalf("NewID() = %q", id)
		}
		seen[id] = true
	}
}

func TestCommData(t *testing.T) {
	for _, tt := range []struct {
		v    any
		want string
	}{
		{nil, ""},
		{map[string]int{"a": 1}, `{"a":1}`},
		{json.RawMessage(` {"a": 1}`), `{"a":1}`},
		{[]int{1}, "not a JSON object"},
		{"text", "not a JSON object"},
		{json.RawMessage("null"), "not a JSON object"},
		{func() {}, "unsupported type"},
		{json.RawMessage("{"), "unexpected end"},
	} {
		raw, err := CommData(tt.v)
		got := string(raw)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tt.want) || (err == nil) != (got == tt.want) {
			t.Errorf("CommData(%v) = %s, %v, want %s", tt.v, raw, err, tt.want)
		}
	}
}
