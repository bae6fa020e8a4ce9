package zmtp

// A Mechanism is the security of one connection: first the handshake, then
// the form of every frame. It belongs to one connection and may not be used
// again. Sealing and opening may go on at the same time in two goroutines,
// everything else may not.
type Mechanism interface {
	// Start returns the body of the command that opens the handshake, nil if
	// the peer goes first.
	Start() ([]byte, error)

	// Receive takes the body of the peer's next command and returns the body
	// of the answer, nil if there is none. With an error, an answer that is
	// not nil tells the peer why and should still be sent.
	Receive(body []byte) ([]byte, error)

	// Peer returns the peer's metadata when the handshake is complete.
	Peer() (Metadata, bool)

	// Seals reports whether frames are sealed; if not, Seal and Open are not
	// to be called.
	Seals() bool

	// Seal appends the wire form of a frame, header included, to dst.
	Seal(dst []byte, flags byte, body []byte) ([]byte, error)

	// Open returns the frame in the body of a MESSAGE command.
	Open(body []byte) (Frame, error)
}

// A Local is this end of a handshake.
type Local struct {
	Server   bool // this end was bound
	Metadata Metadata

	// Check refuses a peer by its metadata. The text of its error is sent to the
	// peer, unless that is a *Refusal.
	Check func(Metadata) error

	// Beside, if not nil, is what a mechanism splits the work of long frames
	// with.
	Beside Beside
}

// A Beside runs f at the same time as its caller, who waits for the end of f
// with what it returns. This package starts no goroutine by itself.
type Beside func(f func()) (wait func())

// Null is the name of the mechanism (section The NULL Security Mechanism).
const Null = "NULL"

// null is the NULL mechanism.
type null struct {
	local Local
	progress
	unsealed
}

// NewNull returns the mechanism that secures nothing.
func NewNull(local Local) Mechanism { return &null{local: local} }

// Start implements Mechanism. "The client SHALL send a READY command and then
// wait for a READY command in reply."
func (m *null) Start() ([]byte, error) {
	m.due = readyName
	if m.local.Server {
		return nil, nil
	}
	return m.ready(), nil
}

func (m *null) ready() []byte { return append([]byte(readyName), m.local.Metadata...) }

// Receive implements Mechanism.
func (m *null) Receive(body []byte) ([]byte, error) {
	name, err := m.takeAnswer(body)
	if err != nil {
		return nil, err
	}
	if err := m.finish(m.local, body[len(name):]); err != nil {
		return refusal(err), err
	}
	if m.local.Server {
		return m.ready(), nil
	}
	return nil, nil
}

// unsealed is the form of frames in mechanisms that secure nothing.
type unsealed struct{}

// Seals implements Mechanism.
func (unsealed) Seals() bool { return false }

// Seal implements Mechanism.
func (unsealed) Seal([]byte, byte, []byte) ([]byte, error) { panic("BUG: nothing is sealed") }

// Open implements Mechanism.
func (unsealed) Open([]byte) (Frame, error) { panic("BUG: nothing is sealed") }
