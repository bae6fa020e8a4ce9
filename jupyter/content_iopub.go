package jupyter

// IOPubWelcome tells a subscriber that its subscription is there (JEP 65).
type IOPubWelcome struct {
	Subscription string `json:"subscription"`
}

// MsgType returns "iopub_welcome".
func (*IOPubWelcome) MsgType() string { return TypeIOPubWelcome }

// Stream is text on stdout or stderr.
type Stream struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// MsgType returns "stream".
func (*Stream) MsgType() string { return TypeStream }

// Transient is what belongs to an output only while the kernel lives.
type Transient struct {
	DisplayID string `json:"display_id,omitempty"`
}

// DisplayData is output in several representations.
type DisplayData struct {
	Data      MIMEBundle `json:"data"`
	Metadata  Object     `json:"metadata"`
	Transient Transient  `json:"transient"`
}

// MsgType returns "display_data".
func (*DisplayData) MsgType() string { return TypeDisplayData }

// UpdateDisplayData replaces the displays whose id it names.
type UpdateDisplayData struct {
	Data      MIMEBundle `json:"data"`
	Metadata  Object     `json:"metadata"`
	Transient Transient  `json:"transient"`
}

// MsgType returns "update_display_data".
func (*UpdateDisplayData) MsgType() string { return TypeUpdateDisplayData }

// ExecuteInput tells all front ends what code runs.
type ExecuteInput struct {
	Code           string `json:"code"`
	ExecutionCount int    `json:"execution_count"`
}

// MsgType returns "execute_input".
func (*ExecuteInput) MsgType() string { return TypeExecuteInput }

// ExecuteResult is the value of what was executed.
type ExecuteResult struct {
	ExecutionCount int        `json:"execution_count"`
	Data           MIMEBundle `json:"data"`
	Metadata       Object     `json:"metadata"`
	Transient      Transient  `json:"transient"`
}

// MsgType returns "execute_result".
func (*ExecuteResult) MsgType() string { return TypeExecuteResult }

// Error is the error that ended an execution.
type Error struct {
	ErrorInfo
}

// MsgType returns "error".
func (*Error) MsgType() string { return TypeError }

// MarshalJSON writes no traceback as [].
func (e Error) MarshalJSON() ([]byte, error) { return marshal(e.ErrorInfo.filled()) }

// Status is the state of the kernel: "starting", "busy" or "idle".
type Status struct {
	ExecutionState string `json:"execution_state"`
}

// MsgType returns "status".
func (*Status) MsgType() string { return TypeStatus }

// ClearOutput clears what a cell shows, or, if Wait, has the next output do so.
type ClearOutput struct {
	Wait bool `json:"wait"`
}

// MsgType returns "clear_output".
func (*ClearOutput) MsgType() string { return TypeClearOutput }
