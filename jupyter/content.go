package jupyter

import (
	"encoding/json"
	"unicode/utf8"
)

// A MIMEBundle is one piece of output in several representations: MIME type
// to value. Text types hold a string, binary types base64 text, JSON types any
// JSON value.
type MIMEBundle map[string]any

// ExecuteRequest asks to run code. What a message leaves out has the
// protocol's default: StoreHistory is the opposite of Silent, AllowStdin and
// StopOnError are true. In a request that is silent, StoreHistory is false
// whatever the message says.
//
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#execute
type ExecuteRequest struct {
	Code            string            `json:"code"`
	Silent          bool              `json:"silent"`
	StoreHistory    bool              `json:"store_history"`
	UserExpressions map[string]string `json:"user_expressions"`
	AllowStdin      bool              `json:"allow_stdin"`
	StopOnError     bool              `json:"stop_on_error"`
}

// MsgType returns "execute_request".
func (*ExecuteRequest) MsgType() string { return TypeExecuteRequest }

// MarshalJSON writes missing user expressions as {}.
func (r ExecuteRequest) MarshalJSON() ([]byte, error) {
	type plain ExecuteRequest
	if r.UserExpressions == nil {
		r.UserExpressions = map[string]string{}
	}
	return marshal(plain(r))
}

// UnmarshalJSON fills in the protocol's defaults. Code must be there.
func (r *ExecuteRequest) UnmarshalJSON(raw []byte) error {
	type plain ExecuteRequest
	v := struct {
		*plain
		StoreHistory *bool `json:"store_history"`
	}{plain: &plain{AllowStdin: true, StopOnError: true}}
	if err := unmarshalRequired(raw, &v, "code"); err != nil {
		return err
	}
	*r = ExecuteRequest(*v.plain)
	r.StoreHistory = !r.Silent && (v.StoreHistory == nil || *v.StoreHistory)
	return nil
}

// ExecuteReply answers execute_request. Payload and UserExpressions belong to
// status "ok", the fields of ErrorInfo to "error". An aborted request has no count,
// as with ipykernel: front ends would show it beside a cell that did not run.
// Payload is what the front end is asked to do; each has a "source", which is
// "page", "set_next_input", "edit_magic" or "ask_exit".
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#payloads-deprecated
type ExecuteReply struct {
	Status          string
	ExecutionCount  int
	Payload         []map[string]any
	UserExpressions map[string]UserExpression
	ErrorInfo
}

// MsgType returns "execute_reply".
func (*ExecuteReply) MsgType() string { return TypeExecuteReply }

// executeReplyOK and executeReplyError are the two forms of an execute_reply
// on the wire.
type executeReplyOK struct {
	Status          string                    `json:"status"`
	ExecutionCount  int                       `json:"execution_count"`
	Payload         []map[string]any          `json:"payload"`
	UserExpressions map[string]UserExpression `json:"user_expressions"`
}

type executeReplyError struct {
	Status         string `json:"status"`
	ExecutionCount int    `json:"execution_count"`
	ErrorInfo
}

// MarshalJSON writes the fields that the status calls for.
func (r ExecuteReply) MarshalJSON() ([]byte, error) {
	switch r.Status {
	case StatusOK:
		v := executeReplyOK{r.Status, r.ExecutionCount, r.Payload, r.UserExpressions}
		if v.Payload == nil {
			v.Payload = []map[string]any{}
		}
		if v.UserExpressions == nil {
			v.UserExpressions = map[string]UserExpression{}
		}
		return marshal(v)
	case StatusError:
		return marshal(executeReplyError{r.Status, r.ExecutionCount, r.ErrorInfo.filled()})
	}
	return marshal(map[string]any{"status": r.Status})
}

// UnmarshalJSON reads either form.
func (r *ExecuteReply) UnmarshalJSON(raw []byte) error {
	var v struct {
		executeReplyOK
		ErrorInfo
	}
	// execution_count may be null in replies of other kernels, which is 0 here.
	if err := unmarshalRequired(raw, &v, "status"); err != nil {
		return err
	}
	*r = ExecuteReply{v.Status, v.ExecutionCount, v.Payload, v.UserExpressions, v.ErrorInfo}
	return nil
}

// A UserExpression is the value of one of the user_expressions of a request:
// status "ok" with data, or "error" with ErrorInfo.
type UserExpression struct {
	Status   string
	Data     MIMEBundle
	Metadata Object
	ErrorInfo
}

// MarshalJSON writes the fields that the status calls for.
func (e UserExpression) MarshalJSON() ([]byte, error) {
	if e.Status != StatusOK {
		return marshal(ErrorReply{Status: e.Status, ErrorInfo: e.ErrorInfo})
	}
	return marshal(struct {
		Status   string     `json:"status"`
		Data     MIMEBundle `json:"data"`
		Metadata Object     `json:"metadata"`
	}{e.Status, e.Data, e.Metadata})
}

// UnmarshalJSON reads either form.
func (e *UserExpression) UnmarshalJSON(raw []byte) error {
	var v struct {
		Status   string     `json:"status"`
		Data     MIMEBundle `json:"data"`
		Metadata Object     `json:"metadata"`
		ErrorInfo
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	*e = UserExpression{v.Status, v.Data, v.Metadata, v.ErrorInfo}
	return nil
}

// ErrorInfo is how the protocol describes an error.
type ErrorInfo struct {
	EName     string   `json:"ename"`
	EValue    string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

// filled returns e with an empty traceback in the place of none.
func (e ErrorInfo) filled() ErrorInfo {
	if e.Traceback == nil {
		e.Traceback = []string{}
	}
	return e
}

// ErrorReply is the content of every reply whose status is "error", to be sent;
// Type is the type of the reply. The traceback is written as a list even when there
// is none. [Message.Parse] does not return it, but what belongs to the type.
type ErrorReply struct {
	Type   string
	Status string
	ErrorInfo
}

// MsgType returns r.Type.
func (r *ErrorReply) MsgType() string { return r.Type }

// MarshalJSON writes status, ename, evalue and traceback.
func (r ErrorReply) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Status string `json:"status"`
		ErrorInfo
	}{r.Status, r.ErrorInfo.filled()})
}

// InspectRequest asks what is known about the name at the cursor.
type InspectRequest struct {
	Code        string `json:"code"`
	CursorPos   int    `json:"cursor_pos"` // in code points; default: the end of Code
	DetailLevel int    `json:"detail_level"`
}

// MsgType returns "inspect_request".
func (*InspectRequest) MsgType() string { return TypeInspectRequest }

// UnmarshalJSON fills in the defaults. Code must be there.
func (r *InspectRequest) UnmarshalJSON(raw []byte) error {
	type plain InspectRequest
	v := plain{CursorPos: -1}
	if err := unmarshalRequired(raw, &v, "code"); err != nil {
		return err
	}
	v.CursorPos = cursorIn(v.Code, v.CursorPos)
	*r = InspectRequest(v)
	return nil
}

// cursorIn returns a cursor inside code: its end for one that is missing or
// beyond.
func cursorIn(code string, cursor int) int {
	if n := utf8.RuneCountInString(code); cursor < 0 || cursor > n {
		return n
	}
	return cursor
}

// InspectReply answers inspect_request.
type InspectReply struct {
	Status   string     `json:"status"`
	Found    bool       `json:"found"`
	Data     MIMEBundle `json:"data"`
	Metadata Object     `json:"metadata"`
}

// MsgType returns "inspect_reply".
func (*InspectReply) MsgType() string { return TypeInspectReply }

// CompleteRequest asks for completions at the cursor.
type CompleteRequest struct {
	Code      string `json:"code"`
	CursorPos int    `json:"cursor_pos"` // in code points; default: the end of Code
}

// MsgType returns "complete_request".
func (*CompleteRequest) MsgType() string { return TypeCompleteRequest }

// UnmarshalJSON fills in the defaults. Code must be there.
func (r *CompleteRequest) UnmarshalJSON(raw []byte) error {
	type plain CompleteRequest
	v := plain{CursorPos: -1}
	if err := unmarshalRequired(raw, &v, "code"); err != nil {
		return err
	}
	v.CursorPos = cursorIn(v.Code, v.CursorPos)
	*r = CompleteRequest(v)
	return nil
}

// CompleteReply answers complete_request. Cursor positions count Unicode code
// points.
type CompleteReply struct {
	Status      string   `json:"status"`
	Matches     []string `json:"matches"`
	CursorStart int      `json:"cursor_start"`
	CursorEnd   int      `json:"cursor_end"`
	Metadata    Object   `json:"metadata"`
}

// MsgType returns "complete_reply".
func (*CompleteReply) MsgType() string { return TypeCompleteReply }

// MarshalJSON writes no matches as [].
func (r CompleteReply) MarshalJSON() ([]byte, error) {
	type plain CompleteReply
	if r.Matches == nil {
		r.Matches = []string{}
	}
	return marshal(plain(r))
}

// IsCompleteRequest asks whether code can be run as it is.
type IsCompleteRequest struct {
	Code string `json:"code"`
}

// MsgType returns "is_complete_request".
func (*IsCompleteRequest) MsgType() string { return TypeIsCompleteRequest }

// UnmarshalJSON checks that Code is there.
func (r *IsCompleteRequest) UnmarshalJSON(raw []byte) error {
	type plain IsCompleteRequest
	return unmarshalRequired(raw, (*plain)(r), "code")
}

// IsCompleteReply answers is_complete_request. Status is "complete",
// "incomplete", "invalid" or "unknown".
type IsCompleteReply struct {
	Status string `json:"status"`
	Indent string `json:"indent"` // written for "incomplete" only
}

// MsgType returns "is_complete_reply".
func (*IsCompleteReply) MsgType() string { return TypeIsCompleteReply }

// MarshalJSON writes the indent for status "incomplete" only.
func (r IsCompleteReply) MarshalJSON() ([]byte, error) {
	if r.Status == "incomplete" {
		type plain IsCompleteReply
		return marshal(plain(r))
	}
	return marshal(map[string]string{"status": r.Status})
}
