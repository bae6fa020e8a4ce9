package zmtp

import "encoding/binary"

// The commands of the traffic phase (sections Commands and Connection
// Heartbeating).
const (
	CmdSubscribe = "SUBSCRIBE"
	CmdCancel    = "CANCEL"
	CmdPing      = "PING"
	CmdPong      = "PONG"
)

// MaxPingContext is the longest context of a PING.
const MaxPingContext = 16

// AppendCommand appends the body of a command.
func AppendCommand(b []byte, name string, data []byte) []byte {
	b = append(append(b, byte(len(name))), name...)
	return append(b, data...)
}

// ParseCommand splits the body of a command into its name and its data.
func ParseCommand(body []byte) (name string, data []byte, err error) {
	n, data, ok := cutShort(body)
	if !ok || len(n) == 0 {
		return "", nil, errCommand
	}
	return string(n), data, nil
}

// AppendPing appends the body of a PING. ttl counts tenths of a second.
func AppendPing(b []byte, ttl uint16, context []byte) []byte {
	return append(binary.BigEndian.AppendUint16(AppendCommand(b, CmdPing, nil), ttl), context...)
}

// ParsePing reads the data of a PING.
func ParsePing(data []byte) (ttl uint16, context []byte, err error) {
	if len(data) < 2 || len(data) > 2+MaxPingContext {
		return 0, nil, errPing
	}
	return binary.BigEndian.Uint16(data), data[2:], nil
}

// appendError appends the body of an ERROR command.
func appendError(b []byte, reason string) []byte {
	reason = reason[:min(len(reason), 255)]
	return append(append(append(b, errorName...), byte(len(reason))), reason...)
}

// parseError reads the data of an ERROR command.
func parseError(data []byte) error {
	reason, _, ok := cutShort(data)
	if !ok {
		return errCommand
	}
	return &PeerError{Reason: string(reason)}
}
