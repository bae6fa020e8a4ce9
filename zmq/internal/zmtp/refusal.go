package zmtp

import (
	"errors"
	"fmt"
)

// errorName is how the body of an ERROR command starts.
const errorName = "\x05ERROR"

// The reasons that ERROR commands give for refused credentials: the status
// codes of ZAP (https://rfc.zeromq.org/spec/27/), as libzmq sends them.
const (
	statusTemporary = "300"
	statusDenied    = "400"
	statusFailed    = "500"
)

// A Refusal is what an authenticator's verdict becomes: the peer learns that
// it is refused, and perhaps that it may come again, but not why.
type Refusal struct {
	Temporary bool // the peer may try the same credentials again
	Err       error
}

func (e *Refusal) Error() string { return fmt.Sprintf("peer not admitted: %v", e.Err) }

// Unwrap returns the verdict.
func (e *Refusal) Unwrap() error { return e.Err }

// refusal returns the ERROR command that tells the peer of err, nil if it is
// to be told nothing. "An implementation SHOULD signal any other error, e.g.
// overloaded, temporarily refusing connections, etc. by closing the
// connection."
func refusal(err error) []byte {
	r, ok := errors.AsType[*Refusal](err)
	switch {
	case !ok:
		return appendError(nil, err.Error())
	case r.Temporary:
		return nil
	}
	return appendError(nil, statusDenied)
}

// explain says what the reason of an ERROR command means.
func explain(reason string) string {
	switch reason {
	case statusTemporary:
		return "it cannot check credentials now (300)"
	case statusDenied:
		return "it does not accept the credentials (400)"
	case statusFailed:
		return "it failed to check the credentials (500)"
	}
	return fmt.Sprintf("%q", reason)
}

var errTwoClients = errors.New("both ends of the connection are a client: one has to be the server")

// unexpected is the error for a command that does not belong at this point.
// What came is quoted only if it looks like a name: it might be a secret in a
// malformed command.
func unexpected(body []byte, want string) error {
	name, _, err := ParseCommand(body)
	if err != nil {
		return err
	}
	if hasName(body, helloName) && want == welcomeName {
		return errTwoClients
	}
	for _, c := range []byte(name) {
		if c < 'A' || c > 'Z' || len(name) > len("SUBSCRIBE") {
			return fmt.Errorf("unknown command in place of %s", want[1:])
		}
	}
	return fmt.Errorf("command %s in place of %s", name, want[1:])
}

// hasName reports whether body is the command whose name, with its length
// before it, is name.
func hasName(body []byte, name string) bool {
	return len(body) >= len(name) && string(body[:len(name)]) == name
}

// unsealed is the form of frames in mechanisms that secure nothing.
type unsealed struct{}

// Seals implements Mechanism.
func (unsealed) Seals() bool { return false }

// Seal implements Mechanism.
func (unsealed) Seal([]byte, byte, []byte) ([]byte, error) { panic("BUG: nothing is sealed") }

// Open implements Mechanism.
func (unsealed) Open([]byte) (Frame, error) { panic("BUG: nothing is sealed") }
