package jupyter

import "strings"

// ProtocolVersion is the version of the messaging protocol that this package
// speaks.
const ProtocolVersion = "5.5"

// The message types of the protocol.
const (
	TypeExecuteRequest        = "execute_request"
	TypeExecuteReply          = "execute_reply"
	TypeInspectRequest        = "inspect_request"
	TypeInspectReply          = "inspect_reply"
	TypeCompleteRequest       = "complete_request"
	TypeCompleteReply         = "complete_reply"
	TypeHistoryRequest        = "history_request"
	TypeHistoryReply          = "history_reply"
	TypeIsCompleteRequest     = "is_complete_request"
	TypeIsCompleteReply       = "is_complete_reply"
	TypeConnectRequest        = "connect_request"
	TypeConnectReply          = "connect_reply"
	TypeCommInfoRequest       = "comm_info_request"
	TypeCommInfoReply         = "comm_info_reply"
	TypeKernelInfoRequest     = "kernel_info_request"
	TypeKernelInfoReply       = "kernel_info_reply"
	TypeShutdownRequest       = "shutdown_request"
	TypeShutdownReply         = "shutdown_reply"
	TypeInterruptRequest      = "interrupt_request"
	TypeInterruptReply        = "interrupt_reply"
	TypeDebugRequest          = "debug_request"
	TypeDebugReply            = "debug_reply"
	TypeDebugEvent            = "debug_event"
	TypeCreateSubshellRequest = "create_subshell_request"
	TypeCreateSubshellReply   = "create_subshell_reply"
	TypeDeleteSubshellRequest = "delete_subshell_request"
	TypeDeleteSubshellReply   = "delete_subshell_reply"
	TypeListSubshellRequest   = "list_subshell_request"
	TypeListSubshellReply     = "list_subshell_reply"
	TypeIOPubWelcome          = "iopub_welcome"
	TypeStream                = "stream"
	TypeDisplayData           = "display_data"
	TypeUpdateDisplayData     = "update_display_data"
	TypeExecuteInput          = "execute_input"
	TypeExecuteResult         = "execute_result"
	TypeError                 = "error"
	TypeStatus                = "status"
	TypeClearOutput           = "clear_output"
	TypeInputRequest          = "input_request"
	TypeInputReply            = "input_reply"
	TypeCommOpen              = "comm_open"
	TypeCommMsg               = "comm_msg"
	TypeCommClose             = "comm_close"
)

// The values of status in a reply.
const (
	StatusOK      = "ok"
	StatusError   = "error"
	StatusAborted = "aborted"
)

// The values of [Status.ExecutionState].
const (
	StateStarting = "starting"
	StateBusy     = "busy"
	StateIdle     = "idle"
)

// The names of the streams.
const (
	Stdout = "stdout"
	Stderr = "stderr"
)

// contents maps each message type to a function that makes its content with
// the defaults of the protocol.
var contents = map[string]func() Content{
	TypeExecuteRequest:        func() Content { return new(ExecuteRequest) },
	TypeExecuteReply:          func() Content { return new(ExecuteReply) },
	TypeInspectRequest:        func() Content { return new(InspectRequest) },
	TypeInspectReply:          func() Content { return new(InspectReply) },
	TypeCompleteRequest:       func() Content { return new(CompleteRequest) },
	TypeCompleteReply:         func() Content { return new(CompleteReply) },
	TypeHistoryRequest:        func() Content { return new(HistoryRequest) },
	TypeHistoryReply:          func() Content { return new(HistoryReply) },
	TypeIsCompleteRequest:     func() Content { return new(IsCompleteRequest) },
	TypeIsCompleteReply:       func() Content { return new(IsCompleteReply) },
	TypeConnectRequest:        func() Content { return new(ConnectRequest) },
	TypeConnectReply:          func() Content { return new(ConnectReply) },
	TypeCommInfoRequest:       func() Content { return new(CommInfoRequest) },
	TypeCommInfoReply:         func() Content { return new(CommInfoReply) },
	TypeKernelInfoRequest:     func() Content { return new(KernelInfoRequest) },
	TypeKernelInfoReply:       func() Content { return new(KernelInfoReply) },
	TypeShutdownRequest:       func() Content { return new(ShutdownRequest) },
	TypeShutdownReply:         func() Content { return new(ShutdownReply) },
	TypeInterruptRequest:      func() Content { return new(InterruptRequest) },
	TypeInterruptReply:        func() Content { return new(InterruptReply) },
	TypeDebugRequest:          func() Content { return new(DebugRequest) },
	TypeDebugReply:            func() Content { return new(DebugReply) },
	TypeDebugEvent:            func() Content { return new(DebugEvent) },
	TypeCreateSubshellRequest: func() Content { return new(CreateSubshellRequest) },
	TypeCreateSubshellReply:   func() Content { return new(CreateSubshellReply) },
	TypeDeleteSubshellRequest: func() Content { return new(DeleteSubshellRequest) },
	TypeDeleteSubshellReply:   func() Content { return new(DeleteSubshellReply) },
	TypeListSubshellRequest:   func() Content { return new(ListSubshellRequest) },
	TypeListSubshellReply:     func() Content { return new(ListSubshellReply) },
	TypeIOPubWelcome:          func() Content { return new(IOPubWelcome) },
	TypeStream:                func() Content { return new(Stream) },
	TypeDisplayData:           func() Content { return new(DisplayData) },
	TypeUpdateDisplayData:     func() Content { return new(UpdateDisplayData) },
	TypeExecuteInput:          func() Content { return new(ExecuteInput) },
	TypeExecuteResult:         func() Content { return new(ExecuteResult) },
	TypeError:                 func() Content { return new(Error) },
	TypeStatus:                func() Content { return new(Status) },
	TypeClearOutput:           func() Content { return new(ClearOutput) },
	TypeInputRequest:          func() Content { return new(InputRequest) },
	TypeInputReply:            func() Content { return new(InputReply) },
	TypeCommOpen:              func() Content { return new(CommOpen) },
	TypeCommMsg:               func() Content { return new(CommMsg) },
	TypeCommClose:             func() Content { return new(CommClose) },
}

// ReplyType returns the type of the reply to a request of type request:
// "execute_reply" for "execute_request".
func ReplyType(request string) string {
	return strings.TrimSuffix(request, "_request") + "_reply"
}

// IsRequest reports whether msgType names a request, which has a reply.
func IsRequest(msgType string) bool { return strings.HasSuffix(msgType, "_request") }
