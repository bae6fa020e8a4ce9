package zmtp

import "errors"

// The name of the mechanism (https://rfc.zeromq.org/spec/24/).
const Plain = "PLAIN"

// MaxCredential is the length of the longest user name and password.
const MaxCredential = 255

// libzmqError is how the ERROR of a PLAIN server starts that is libzmq, up to
// 4.3.5 at least: its source says "\x05ERROR", and \x05E is one character in C.
const libzmqError = "^RROR"

// Why a handshake is refused. What the peer sent is in none of them: it may
// be a password.
var (
	errPlainHello   = errors.New("malformed HELLO command")
	errPlainWelcome = errors.New("malformed WELCOME command")
)

// plainClient is the client of the PLAIN mechanism:
//
//	plain = C:hello ( S:welcome | S:error )
//	        C:initiate ( S:ready | S:error )
type plainClient struct {
	local          Local
	user, password string

	// expect is the name of the command the server is to send, empty when
	// there is none.
	expect string
	peer   Metadata
	done   bool
	unsealed
}

// NewPlainClient returns the client's end of a PLAIN connection. user and
// password have at most MaxCredential octets.
func NewPlainClient(local Local, user, password string) Mechanism {
	return &plainClient{local: local, user: user, password: password}
}

// Start implements Mechanism: it returns the HELLO.
func (m *plainClient) Start() ([]byte, error) {
	m.expect = welcomeName
	hello := append([]byte(helloName), byte(len(m.user)))
	hello = append(append(hello, m.user...), byte(len(m.password)))
	return append(hello, m.password...), nil
}

// Receive implements Mechanism.
func (m *plainClient) Receive(body []byte) ([]byte, error) {
	expect := m.expect
	m.expect = ""
	switch {
	case expect == "":
		return nil, errHandshakeSeq
	case hasName(body, errorName):
		return nil, parseError(body[len(errorName):])
	case hasName(body, libzmqError):
		return nil, parseError(body[len(libzmqError):])
	case !hasName(body, expect):
		return nil, unexpected(body, expect)
	case expect == readyName:
		return nil, m.ready(body[len(readyName):])
	case len(body) != len(welcomeName):
		return nil, errPlainWelcome
	}
	m.expect = readyName
	return append([]byte(initiateName), m.local.Metadata...), nil
}

// ready takes the metadata of the READY.
func (m *plainClient) ready(data []byte) error {
	peer, err := ParseMetadata(data)
	if err == nil {
		err = m.local.Check(peer)
	}
	if err == nil {
		m.peer, m.done = peer, true
	}
	return err
}

// Peer implements Mechanism.
func (m *plainClient) Peer() (Metadata, bool) { return m.peer, m.done }

// A PlainAuthenticator decides whether a user with a password may connect. Its
// error should be a *Refusal: the text of any other is sent to the client.
type PlainAuthenticator func(user, password string) error

// plainServer is the server of the PLAIN mechanism.
type plainServer struct {
	local        Local
	authenticate PlainAuthenticator

	// expect is the name of the command the client is to send, empty when
	// there is none.
	expect string
	peer   Metadata
	done   bool
	unsealed
}

// NewPlainServer returns the server's end of a PLAIN connection, which talks
// to the users that authenticate lets in.
func NewPlainServer(local Local, authenticate PlainAuthenticator) Mechanism {
	return &plainServer{local: local, authenticate: authenticate}
}

// Start implements Mechanism: the client goes first.
func (m *plainServer) Start() ([]byte, error) {
	m.expect = helloName
	return nil, nil
}

// Receive implements Mechanism.
func (m *plainServer) Receive(body []byte) ([]byte, error) {
	expect := m.expect
	m.expect = ""
	switch {
	case expect == "":
		return nil, errHandshakeSeq
	case !hasName(body, expect):
		return nil, unexpected(body, expect)
	case expect == helloName:
		return m.hello(body[len(helloName):])
	}
	return m.initiate(body[len(initiateName):])
}

// hello takes the user name and the password of the HELLO and returns the
// WELCOME.
func (m *plainServer) hello(data []byte) ([]byte, error) {
	user, data, ok := cutShort(data)
	if !ok {
		return nil, errPlainHello
	}
	password, data, ok := cutShort(data)
	if !ok || len(data) > 0 {
		return nil, errPlainHello
	}
	if err := m.authenticate(string(user), string(password)); err != nil {
		return refusal(err), err
	}
	m.expect = initiateName
	return []byte(welcomeName), nil
}

// initiate takes the metadata of the INITIATE and returns the READY.
func (m *plainServer) initiate(data []byte) ([]byte, error) {
	peer, err := ParseMetadata(data)
	if err == nil {
		err = m.local.Check(peer)
	}
	if err != nil {
		return refusal(err), err
	}
	m.peer, m.done = peer, true
	return append([]byte(readyName), m.local.Metadata...), nil
}

// Peer implements Mechanism.
func (m *plainServer) Peer() (Metadata, bool) { return m.peer, m.done }
