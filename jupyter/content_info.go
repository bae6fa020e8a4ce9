package jupyter

import (
	"encoding/json"
	"fmt"
)

// KernelInfoRequest asks what the kernel is.
type KernelInfoRequest struct{}

// MsgType returns "kernel_info_request".
func (*KernelInfoRequest) MsgType() string { return TypeKernelInfoRequest }

// KernelInfoReply answers kernel_info_request.
type KernelInfoReply struct {
	Status                string       `json:"status"`
	ProtocolVersion       string       `json:"protocol_version"`
	Implementation        string       `json:"implementation"`
	ImplementationVersion string       `json:"implementation_version"`
	LanguageInfo          LanguageInfo `json:"language_info"`
	Banner                string       `json:"banner"`
	Debugger              bool         `json:"debugger"` // how older kernels say FeatureDebugger
	HelpLinks             []HelpLink   `json:"help_links"`
	SupportedFeatures     []string     `json:"supported_features"`
}

// The optional features that a kernel may name in SupportedFeatures (JEP 92).
const (
	FeatureDebugger     = "debugger"
	FeatureSubshells    = "kernel subshells"
	FeatureIOPubWelcome = "iopub_welcome"
)

// MsgType returns "kernel_info_reply".
func (*KernelInfoReply) MsgType() string { return TypeKernelInfoReply }

// MarshalJSON writes lists that are nil as [].
func (r KernelInfoReply) MarshalJSON() ([]byte, error) {
	type plain KernelInfoReply
	if r.HelpLinks == nil {
		r.HelpLinks = []HelpLink{}
	}
	if r.SupportedFeatures == nil {
		r.SupportedFeatures = []string{}
	}
	return marshal(plain(r))
}

// LanguageInfo describes the language of a kernel.
type LanguageInfo struct {
	Name              string `json:"name"`
	Version           string `json:"version"`
	MIMEType          string `json:"mimetype"`
	FileExtension     string `json:"file_extension"`
	PygmentsLexer     string `json:"pygments_lexer,omitempty"`
	CodeMirrorMode    any    `json:"codemirror_mode,omitempty"` // a string or an object
	NBConvertExporter string `json:"nbconvert_exporter,omitempty"`
}

// A HelpLink is an entry of a front end's help menu.
type HelpLink struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// HistoryRequest asks for input of the past.
type HistoryRequest struct {
	Output     bool   `json:"output"` // also the output of each input
	Raw        bool   `json:"raw"`    // input as typed; true where a message leaves it out
	AccessType string `json:"hist_access_type"`
	Session    int    `json:"session"` // of "range"; negative counts back from the current one
	Start      int    `json:"start"`   // of "range": first line
	Stop       int    `json:"stop"`    // of "range": the line after the last; 0 is the end
	N          int    `json:"n"`       // of "tail" and "search": how many; 0 is no limit
	Pattern    string `json:"pattern"` // of "search": a glob with * and ?
	Unique     bool   `json:"unique"`  // of "search"
}

// The values of [HistoryRequest.AccessType].
const (
	HistoryRange  = "range"
	HistoryTail   = "tail"
	HistorySearch = "search"
)

// MsgType returns "history_request".
func (*HistoryRequest) MsgType() string { return TypeHistoryRequest }

// UnmarshalJSON fills in the defaults: the tail of the raw input.
func (r *HistoryRequest) UnmarshalJSON(raw []byte) error {
	type plain HistoryRequest
	v := plain{Raw: true, AccessType: HistoryTail}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	switch v.AccessType {
	case HistoryRange, HistoryTail, HistorySearch:
	default:
		return fmt.Errorf("hist_access_type %q is none of range, tail, search", v.AccessType)
	}
	*r = HistoryRequest(v)
	return nil
}

// HistoryReply answers history_request.
type HistoryReply struct {
	Status  string         `json:"status"`
	History []HistoryEntry `json:"history"`
}

// MsgType returns "history_reply".
func (*HistoryReply) MsgType() string { return TypeHistoryReply }

// MarshalJSON writes no history as [].
func (r HistoryReply) MarshalJSON() ([]byte, error) {
	type plain HistoryReply
	if r.History == nil {
		r.History = []HistoryEntry{}
	}
	return marshal(plain(r))
}

// A HistoryEntry is one input of the past. On the wire it is the tuple
// (session, line, input), or (session, line, (input, output)) if output was
// asked for.
type HistoryEntry struct {
	Session, Line int
	Input         string
	WithOutput    bool
	Output        *string // nil where there was none
}

// MarshalJSON writes the tuple.
func (e HistoryEntry) MarshalJSON() ([]byte, error) {
	if e.WithOutput {
		return marshal([]any{e.Session, e.Line, []any{e.Input, e.Output}})
	}
	return marshal([]any{e.Session, e.Line, e.Input})
}

// UnmarshalJSON reads either form of the tuple.
func (e *HistoryEntry) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	if len(parts) != 3 {
		return fmt.Errorf("a history entry has 3 parts, not %d", len(parts))
	}
	var v HistoryEntry
	if err := json.Unmarshal(parts[0], &v.Session); err != nil {
		return err
	}
	if err := json.Unmarshal(parts[1], &v.Line); err != nil {
		return err
	}
	if json.Unmarshal(parts[2], &v.Input) != nil {
		pair := []any{&v.Input, &v.Output}
		if err := json.Unmarshal(parts[2], &pair); err != nil {
			return err
		}
		v.WithOutput = true
	}
	*e = v
	return nil
}

// ConnectRequest asks for the ports of the kernel. It is deprecated.
type ConnectRequest struct{}

// MsgType returns "connect_request".
func (*ConnectRequest) MsgType() string { return TypeConnectRequest }

// ConnectReply answers connect_request.
type ConnectReply struct {
	Status      string `json:"status"`
	ShellPort   int    `json:"shell_port"`
	IOPubPort   int    `json:"iopub_port"`
	StdinPort   int    `json:"stdin_port"`
	HBPort      int    `json:"hb_port"`
	ControlPort int    `json:"control_port"`
}

// MsgType returns "connect_reply".
func (*ConnectReply) MsgType() string { return TypeConnectReply }

// CommInfoRequest asks which comms are open. An empty TargetName means all.
type CommInfoRequest struct {
	TargetName string `json:"target_name,omitempty"`
}

// MsgType returns "comm_info_request".
func (*CommInfoRequest) MsgType() string { return TypeCommInfoRequest }

// CommInfoReply answers comm_info_request: comm id to comm.
type CommInfoReply struct {
	Status string              `json:"status"`
	Comms  map[string]CommInfo `json:"comms"`
}

// CommInfo is what a comm_info_reply says about one comm.
type CommInfo struct {
	TargetName string `json:"target_name"`
}

// MsgType returns "comm_info_reply".
func (*CommInfoReply) MsgType() string { return TypeCommInfoReply }

// MarshalJSON writes no comms as {}.
func (r CommInfoReply) MarshalJSON() ([]byte, error) {
	type plain CommInfoReply
	if r.Comms == nil {
		r.Comms = map[string]CommInfo{}
	}
	return marshal(plain(r))
}
