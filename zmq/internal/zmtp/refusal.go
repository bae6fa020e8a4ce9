package zmtp

import (
	"errors"
	"fmt"
)

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
