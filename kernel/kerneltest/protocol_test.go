package kerneltest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// TestCheckMessage shows the check messages that are right, and for each rule
// one that breaks it.
func TestCheckMessage(t *testing.T) {
	request, err := jupyter.NewSession("x").New(nil, &jupyter.ExecuteRequest{})
	if err != nil {
		t.Fatal(err)
	}
	header, err := request.HeaderJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		ch                   jupyter.Channel
		typ, parent, content string
		wrong                string // a part of the error; "" for none
	}{
		{jupyter.IOPub, "status", "", `{"execution_state":"busy"}`, ""},
		{jupyter.IOPub, "stream", "", `{"name":"stdout","text":"x"}`, ""},
		{jupyter.IOPub, "display_data", "", `{"data":{"image/png":"AAAA"},"metadata":{},"transient":{}}`, ""},
		{jupyter.IOPub, "iopub_welcome", "{}", `{"subscription":""}`, ""},
		{jupyter.Shell, "execute_reply", "", `{"status":"aborted"}`, ""},
		{jupyter.Shell, "comm_msg", "{}", `{"comm_id":"1","data":{"x":-1e400}}`, ""},
		{jupyter.Shell, "execute_reply", "", `{"status":"ok","execution_count":3,"payload":[{"source":"page","data":{"text/plain":"x"},"start":0}],"user_expressions":{}}`, ""},
		{jupyter.Control, "execute_reply", "", `{"status":"error","execution_count":0,"ename":"x","evalue":"y","traceback":[]}`, ""},

		{jupyter.IOPub, "status", "", `{"execution_state":"dead"}`, "enum"},
		{jupyter.IOPub, "status", "", `{"execution_state":"busy","since":1}`, "since"},
		{jupyter.Shell, "status", "", `{"execution_state":"busy"}`, "does not belong on shell"},
		{jupyter.IOPub, "stream", "", `{"name":"stdout"}`, "text"},
		{jupyter.IOPub, "stream", "", `{"name":"stdlog","text":"x"}`, "enum"},
		{jupyter.IOPub, "display_data", "", `{"data":{"text":"x"},"metadata":{}}`, "propertyNames"},
		{jupyter.IOPub, "display_data", "", `{"data":{"image/png":[1]},"metadata":{}}`, "type"},
		{jupyter.IOPub, "update_display_data", "", `{"data":{},"metadata":{},"transient":{}}`, "display_id"},
		{jupyter.IOPub, "iopub_welcome", "", `{"subscription":""}`, "has a parent"},
		{jupyter.IOPub, "error", "", `{"ename":"x","evalue":"y","traceback":null}`, "traceback"},
		{jupyter.IOPub, "no_such", "", `{}`, "no message"},
		{jupyter.Shell, "execute_reply", "{}", `{"status":"aborted"}`, "no parent"},
		{jupyter.Shell, "inspect_reply", "", `{"status":"aborted"}`, "answers"},
		{jupyter.Shell, "execute_reply", "", `{"status":"ok"}`, "execution_count"},
		{jupyter.Shell, "execute_reply", "", `{"status":"ok","execution_count":3,"payload":[{"source":"page"}]}`, "required"},
		{jupyter.Shell, "execute_reply", "", `{"status":"done","execution_count":3}`, "const"},
		{jupyter.IOPub, "execute_reply", "", `{"status":"error","execution_count":0,"ename":"x","evalue":"y","traceback":[]}`, "does not belong on iopub"},
	} {
		m, err := jupyter.NewSession("x").New(header, &jupyter.RawContent{Type: tt.typ, JSON: json.RawMessage(tt.content)})
		if err != nil {
			t.Fatal(err)
		}
		if tt.parent != "" {
			m.ParentHeader = json.RawMessage(tt.parent)
		}
		err = CheckMessage(tt.ch, m)
		switch {
		case tt.wrong == "" && err != nil:
			t.Errorf("CheckMessage(%v, %s %s) = %v, want nil", tt.ch, tt.typ, tt.content, err)
		case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
			t.Errorf("CheckMessage(%v, %s %s) = %v, want an error with %q", tt.ch, tt.typ, tt.content, err, tt.wrong)
		}
	}
}

// TestSchemaResolves resolves every definition. Package jupyter knows each type
// of message that the schema knows.
func TestSchemaResolves(t *testing.T) {
	for name, def := range protocol().Defs {
		if def.Extra["x-channels"] == nil {
			continue
		}
		schemaOf(name) // panics if it does not resolve
		m := &jupyter.Message{Header: jupyter.Header{MsgType: name}, Content: json.RawMessage(`{}`)}
		if _, err := m.Parse(); err != nil && strings.Contains(err.Error(), jupyter.ErrUnknownType.Error()) {
			t.Errorf("package jupyter does not know the type %s of the schema", name)
		}
	}
}
