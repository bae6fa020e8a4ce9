package zmtp

import (
	"errors"
	"fmt"
)

// The commands of a handshake, as their bodies begin: the name, and before it
// an octet for its length.
const (
	helloName    = "\x05HELLO"
	welcomeName  = "\x07WELCOME"
	initiateName = "\x08INITIATE"
	readyName    = "\x05READY"
	errorName    = "\x05ERROR"

	// libzmqError is how the ERROR of a PLAIN server begins that is libzmq, up
	// to 4.3.5 at least: its source says "\x05ERROR", and \x05E is one character
	// in C.
	libzmqError = "^RROR"
)

var (
	errHandshakeSeq = errors.New("handshake command out of sequence")
	errTwoClients   = errors.New("both ends of the connection are a client: one has to be the server")
)

// A progress is how far the handshake of a mechanism has come.
type progress struct {
	due  string   // what the peer is to send next, as it begins; empty: nothing
	peer Metadata // of the peer, once done
	done bool
}

// Peer implements Mechanism.
func (p *progress) Peer() (Metadata, bool) { return p.peer, p.done }

// take checks that body is the command that is due, and returns its name. Then
// nothing is due until the mechanism says what: a fault ends the handshake.
func (p *progress) take(body []byte) (name string, err error) {
	name, p.due = p.due, ""
	switch {
	case name == "":
		return "", errHandshakeSeq
	case !hasName(body, name):
		return "", unexpected(body, name)
	}
	return name, nil
}

// takeAnswer is take where the peer may also send an ERROR, which becomes the
// error.
func (p *progress) takeAnswer(body []byte) (name string, err error) {
	for _, name := range []string{errorName, libzmqError} {
		if p.due != "" && hasName(body, name) {
			p.due = ""
			return "", parseError(body[len(name):])
		}
	}
	return p.take(body)
}

// finish ends the handshake with the peer's metadata, unless the local end
// refuses the peer for it.
func (p *progress) finish(local Local, metadata []byte) error {
	peer, err := ParseMetadata(metadata)
	if err == nil {
		err = local.Check(peer)
	}
	if err == nil {
		p.peer, p.done = peer, true
	}
	return err
}

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

// hasName reports whether body is the command that begins with name.
func hasName(body []byte, name string) bool {
	return len(body) >= len(name) && string(body[:len(name)]) == name
}
