package kerneltest

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// schemaJSON is what each message of the protocol has to look like. The tests
// with Jupyter's own clients, in e2e, read the same file.
//
//go:embed messages.schema.json
var schemaJSON []byte

// protocol returns the schema of all messages.
var protocol = sync.OnceValue(func() *jsonschema.Schema {
	var s jsonschema.Schema
	if err := json.Unmarshal(schemaJSON, &s); err != nil {
		panic("BUG: messages.schema.json: " + err.Error())
	}
	return &s
})

// validators holds what schemaOf has resolved: the name of a definition to its
// *jsonschema.Resolved.
var validators sync.Map

// schemaOf returns the schema that the definition name is.
func schemaOf(name string) *jsonschema.Resolved {
	if v, ok := validators.Load(name); ok {
		return v.(*jsonschema.Resolved)
	}
	s := &jsonschema.Schema{Schema: protocol().Schema, Ref: "#/$defs/" + name, Defs: protocol().Defs}
	resolved, err := s.CloneSchemas().Resolve(nil)
	if err != nil {
		panic("BUG: messages.schema.json: " + err.Error())
	}
	v, _ := validators.LoadOrStore(name, resolved)
	return v.(*jsonschema.Resolved)
}

// CheckMessage compares m, sent on ch, with the schema of the protocol, and
// returns what is wrong with it: its frames, its type, the channel, or its
// content. Every message that a [Client] receives or sends is checked.
//
// The schema is strict: a field that the protocol does not name is an error.
func CheckMessage(ch jupyter.Channel, m *jupyter.Message) error {
	header, err := m.HeaderJSON()
	if err != nil {
		return err
	}
	frames := map[string]any{}
	for name, raw := range map[string]json.RawMessage{
		"header": header, "parent_header": m.ParentHeader, "metadata": m.Metadata, "content": m.Content,
	} {
		var v any
		if len(raw) == 0 {
			raw = json.RawMessage("{}") // as package jupyter has it
		}
		err := json.Unmarshal(raw, &v)
		// A number that is too large for a float64 is JSON all the same.
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !ok {
			return fmt.Errorf("%s: %w", name, err)
		}
		frames[name] = v
	}
	if err := schemaOf("message").Validate(frames); err != nil {
		return err
	}
	if err := checkContent(ch, m.Header.MsgType, frames["content"].(map[string]any)); err != nil {
		return err
	}
	return checkRelations(m.Header.MsgType, frames)
}

// checkContent compares content with the schema of its type. The reply to any
// request may say that it failed, on the channel on which that came, also where
// the protocol knows no such request.
func checkContent(ch jupyter.Channel, typ string, content map[string]any) error {
	def := protocol().Defs[typ]
	known := def != nil && def.Extra["x-channels"] != nil
	if s := content["status"]; strings.HasSuffix(typ, "_reply") && s == jupyter.StatusError {
		if ch != jupyter.Shell && ch != jupyter.Control {
			return fmt.Errorf("%s does not belong on %v", typ, ch)
		}
		if !known || typ == jupyter.TypeInputReply {
			return schemaOf("failure").Validate(content)
		}
		return schemaOf(typ).Validate(content)
	}
	if !known {
		return fmt.Errorf("the protocol has no message of type %q", typ)
	}
	if !slices.Contains(def.Extra["x-channels"].([]any), any(ch.String())) {
		return fmt.Errorf("%s does not belong on %v", typ, ch)
	}
	return schemaOf(typ).Validate(content)
}

// checkRelations checks what the schema cannot say: who has a parent, and what
// order two numbers have.
func checkRelations(typ string, frames map[string]any) error {
	parent := frames["parent_header"].(map[string]any)
	content := frames["content"].(map[string]any)
	switch {
	case typ == jupyter.TypeIOPubWelcome && len(parent) > 0:
		return fmt.Errorf("%s has a parent", typ)
	case strings.HasSuffix(typ, "_reply") && typ != jupyter.TypeInputReply:
		if len(parent) == 0 {
			return fmt.Errorf("%s has no parent", typ)
		}
		if request := parent["msg_type"].(string); jupyter.ReplyType(request) != typ {
			return fmt.Errorf("%s answers a message of type %q", typ, request)
		}
	}
	if start, ok := content["cursor_start"].(float64); ok && start > content["cursor_end"].(float64) {
		return fmt.Errorf("the cursor ends before it starts: %v", content)
	}
	return nil
}
