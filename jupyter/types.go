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
	TypeUsageRequest          = "usage_request"
	TypeUsageReply            = "usage_reply"
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

// contents maps each message type to a function that makes its content, empty.
var contents = byType(
	fresh[ExecuteRequest], fresh[ExecuteReply],
	fresh[InspectRequest], fresh[InspectReply],
	fresh[CompleteRequest], fresh[CompleteReply],
	fresh[HistoryRequest], fresh[HistoryReply],
	fresh[IsCompleteRequest], fresh[IsCompleteReply],
	fresh[ConnectRequest], fresh[ConnectReply],
	fresh[CommInfoRequest], fresh[CommInfoReply],
	fresh[KernelInfoRequest], fresh[KernelInfoReply],
	fresh[ShutdownRequest], fresh[ShutdownReply],
	fresh[InterruptRequest], fresh[InterruptReply],
	fresh[DebugRequest], fresh[DebugReply],
	fresh[DebugEvent],
	fresh[CreateSubshellRequest], fresh[CreateSubshellReply],
	fresh[DeleteSubshellRequest], fresh[DeleteSubshellReply],
	fresh[ListSubshellRequest], fresh[ListSubshellReply],
	fresh[UsageRequest], fresh[UsageReply],
	fresh[IOPubWelcome], fresh[Stream], fresh[DisplayData], fresh[UpdateDisplayData],
	fresh[ExecuteInput], fresh[ExecuteResult], fresh[Error], fresh[Status],
	fresh[ClearOutput],
	fresh[InputRequest], fresh[InputReply],
	fresh[CommOpen], fresh[CommMsg], fresh[CommClose],
)

func fresh[T any, P interface {
	*T
	Content
}]() Content {
	return P(new(T))
}

func byType(makers ...func() Content) map[string]func() Content {
	m := make(map[string]func() Content, len(makers))
	for _, f := range makers {
		t := f().MsgType()
		if m[t] != nil {
			panic("BUG: two contents say that they are of type " + t)
		}
		m[t] = f
	}
	return m
}

// ReplyType returns the type of the reply to a request of type request:
// "execute_reply" for "execute_request".
func ReplyType(request string) string {
	return strings.TrimSuffix(request, "_request") + "_reply"
}

// IsRequest reports whether msgType names a request, which has a reply.
func IsRequest(msgType string) bool { return strings.HasSuffix(msgType, "_request") }

// IsComm reports whether msgType names a message of a comm.
func IsComm(msgType string) bool {
	switch msgType {
	case TypeCommOpen, TypeCommMsg, TypeCommClose:
		return true
	}
	return false
}
