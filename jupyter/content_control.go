package jupyter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ShutdownRequest asks the kernel to end; Restart says that another one takes
// its place.
type ShutdownRequest struct {
	Restart bool `json:"restart"`
}

// MsgType returns "shutdown_request".
func (*ShutdownRequest) MsgType() string { return TypeShutdownRequest }

// ShutdownReply answers shutdown_request.
type ShutdownReply struct {
	Status  string `json:"status"`
	Restart bool   `json:"restart"`
}

// MsgType returns "shutdown_reply".
func (*ShutdownReply) MsgType() string { return TypeShutdownReply }

// InterruptRequest asks to interrupt what runs.
type InterruptRequest struct{}

// MsgType returns "interrupt_request".
func (*InterruptRequest) MsgType() string { return TypeInterruptRequest }

// InterruptReply answers interrupt_request.
type InterruptReply struct {
	Status string `json:"status"`
}

// MsgType returns "interrupt_reply".
func (*InterruptReply) MsgType() string { return TypeInterruptReply }

// DebugRequest is a request of the Debug Adapter Protocol.
type DebugRequest map[string]any

// MsgType returns "debug_request".
func (DebugRequest) MsgType() string { return TypeDebugRequest }

// MarshalJSON writes nil as {}.
func (d DebugRequest) MarshalJSON() ([]byte, error) { return marshalObject(d) }

// DebugReply is a response of the Debug Adapter Protocol.
type DebugReply map[string]any

// MsgType returns "debug_reply".
func (DebugReply) MsgType() string { return TypeDebugReply }

// MarshalJSON writes nil as {}.
func (d DebugReply) MarshalJSON() ([]byte, error) { return marshalObject(d) }

// DebugEvent is an event of the Debug Adapter Protocol.
type DebugEvent map[string]any

// MsgType returns "debug_event".
func (DebugEvent) MsgType() string { return TypeDebugEvent }

// MarshalJSON writes nil as {}.
func (d DebugEvent) MarshalJSON() ([]byte, error) { return marshalObject(d) }

// CreateSubshellRequest asks for another subshell (JEP 91).
type CreateSubshellRequest struct{}

// MsgType returns "create_subshell_request".
func (*CreateSubshellRequest) MsgType() string { return TypeCreateSubshellRequest }

// CreateSubshellReply answers create_subshell_request.
type CreateSubshellReply struct {
	Status     string `json:"status"`
	SubshellID string `json:"subshell_id"`
}

// MsgType returns "create_subshell_reply".
func (*CreateSubshellReply) MsgType() string { return TypeCreateSubshellReply }

// DeleteSubshellRequest asks to end a subshell.
type DeleteSubshellRequest struct {
	SubshellID string `json:"subshell_id"`
}

// MsgType returns "delete_subshell_request".
func (*DeleteSubshellRequest) MsgType() string { return TypeDeleteSubshellRequest }

// UnmarshalJSON checks that SubshellID is there.
func (r *DeleteSubshellRequest) UnmarshalJSON(raw []byte) error {
	type plain DeleteSubshellRequest
	return unmarshalRequired(raw, (*plain)(r), "subshell_id")
}

// DeleteSubshellReply answers delete_subshell_request.
type DeleteSubshellReply struct {
	Status string `json:"status"`
}

// MsgType returns "delete_subshell_reply".
func (*DeleteSubshellReply) MsgType() string { return TypeDeleteSubshellReply }

// ListSubshellRequest asks for the subshells.
type ListSubshellRequest struct{}

// MsgType returns "list_subshell_request".
func (*ListSubshellRequest) MsgType() string { return TypeListSubshellRequest }

// ListSubshellReply answers list_subshell_request.
type ListSubshellReply struct {
	Status     string   `json:"status"`
	SubshellID []string `json:"subshell_id"`
}

// MsgType returns "list_subshell_reply".
func (*ListSubshellReply) MsgType() string { return TypeListSubshellReply }

// MarshalJSON writes no subshells as [].
func (r ListSubshellReply) MarshalJSON() ([]byte, error) {
	type plain ListSubshellReply
	if r.SubshellID == nil {
		r.SubshellID = []string{}
	}
	return marshal(plain(r))
}

// UsageRequest asks what the kernel uses of its machine. It and its reply are not in
// the protocol's documents: they are ipykernel's (since 6.10), and what
// jupyter-resource-usage shows in JupyterLab.
type UsageRequest struct{}

// MsgType returns "usage_request".
func (*UsageRequest) MsgType() string { return TypeUsageRequest }

// UsageReply answers usage_request. What could not be found out is 0.
type UsageReply struct {
	Status   string `json:"status"`
	Hostname string `json:"hostname"`
	PID      int    `json:"pid"`
	// KernelCPU is the processor time of the kernel's process and of all that
	// descend from it, since the last request, in per cent of one processor; it is
	// 0 for those that were not there then.
	KernelCPU float64 `json:"kernel_cpu"`
	// KernelMemory is the memory of these processes, in octets. Of what they share
	// with others their part counts, where the system knows it.
	KernelMemory uint64 `json:"kernel_memory"`
	// HostCPUPercent is how busy all processors of the machine were since the last
	// request, at most 100.
	HostCPUPercent float64       `json:"host_cpu_percent,omitempty"`
	CPUCount       int           `json:"cpu_count"`
	HostMemory     VirtualMemory `json:"host_virtual_memory"`
}

// MsgType returns "usage_reply".
func (*UsageReply) MsgType() string { return TypeUsageReply }

// VirtualMemory is the memory of a machine, in octets, as psutil's
// virtual_memory has it.
type VirtualMemory struct {
	Total     uint64  `json:"total"`
	Available uint64  `json:"available"`
	Percent   float64 `json:"percent"` // of Total that is not Available
	Used      uint64  `json:"used"`
	Free      uint64  `json:"free"`
	Active    uint64  `json:"active"`
	Inactive  uint64  `json:"inactive"`
}

// InputRequest asks the user for a line of text. The kernel sends it.
type InputRequest struct {
	Prompt   string `json:"prompt"`
	Password bool   `json:"password"`
}

// MsgType returns "input_request".
func (*InputRequest) MsgType() string { return TypeInputRequest }

// InputReply answers input_request.
type InputReply struct {
	Value string `json:"value"`
}

// MsgType returns "input_reply".
func (*InputReply) MsgType() string { return TypeInputReply }

// UnmarshalJSON checks that Value is there. A reply of status "error" is an
// error, also if it has a value.
func (r *InputReply) UnmarshalJSON(raw []byte) error {
	type plain InputReply
	v := struct {
		*plain
		Status string `json:"status"`
	}{plain: (*plain)(r)}
	if err := unmarshalRequired(raw, &v, "value"); err != nil {
		return err
	}
	if v.Status == StatusError {
		return errors.New("status is error")
	}
	return nil
}

// CommOpen opens a comm. Either side sends it.
type CommOpen struct {
	CommID     string          `json:"comm_id"`
	TargetName string          `json:"target_name"`
	Data       json.RawMessage `json:"data"`
}

// MsgType returns "comm_open".
func (*CommOpen) MsgType() string { return TypeCommOpen }

// MarshalJSON writes no data as {}.
func (c CommOpen) MarshalJSON() ([]byte, error) {
	type plain CommOpen
	c.Data = orEmpty(c.Data)
	return marshal(plain(c))
}

// UnmarshalJSON checks that CommID and TargetName are there, and reads no data as {}.
func (c *CommOpen) UnmarshalJSON(raw []byte) error {
	type plain CommOpen
	err := unmarshalRequired(raw, (*plain)(c), "comm_id", "target_name")
	c.Data = dataOrEmpty(c.Data)
	return err
}

// CommMsg is a message of a comm.
type CommMsg struct {
	CommID string          `json:"comm_id"`
	Data   json.RawMessage `json:"data"`
}

// MsgType returns "comm_msg".
func (*CommMsg) MsgType() string { return TypeCommMsg }

// MarshalJSON writes no data as {}.
func (c CommMsg) MarshalJSON() ([]byte, error) {
	type plain CommMsg
	c.Data = orEmpty(c.Data)
	return marshal(plain(c))
}

// UnmarshalJSON checks that CommID is there, and reads no data as {}.
func (c *CommMsg) UnmarshalJSON(raw []byte) error {
	type plain CommMsg
	err := unmarshalRequired(raw, (*plain)(c), "comm_id")
	c.Data = dataOrEmpty(c.Data)
	return err
}

// CommClose ends a comm.
type CommClose struct {
	CommID string          `json:"comm_id"`
	Data   json.RawMessage `json:"data"`
}

// MsgType returns "comm_close".
func (*CommClose) MsgType() string { return TypeCommClose }

// MarshalJSON writes no data as {}.
func (c CommClose) MarshalJSON() ([]byte, error) {
	type plain CommClose
	c.Data = orEmpty(c.Data)
	return marshal(plain(c))
}

// UnmarshalJSON checks that CommID is there, and reads no data as {}.
func (c *CommClose) UnmarshalJSON(raw []byte) error {
	type plain CommClose
	err := unmarshalRequired(raw, (*plain)(c), "comm_id")
	c.Data = dataOrEmpty(c.Data)
	return err
}

// dataOrEmpty returns the data of a comm, or {} where there is none.
func dataOrEmpty(raw json.RawMessage) json.RawMessage {
	if bytes.Equal(raw, null) {
		return orEmpty(nil)
	}
	return orEmpty(raw)
}

// CommData returns v as the data, or metadata, of a message of a comm: nil for nil. An
// error means that v does not become a JSON object.
func CommData(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := json.Marshal(v)
	if err == nil && raw[0] != '{' {
		err = errors.New("not a JSON object")
	}
	if err != nil {
		return nil, fmt.Errorf("jupyter: comm data: %w", err)
	}
	return raw, nil
}
