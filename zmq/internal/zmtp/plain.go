package zmtp

import "errors"

// The name of the mechanism (https://rfc.zeromq.org/spec/24/).
const Plain = "PLAIN"

// MaxCredential is the length of the longest user name and password.
const MaxCredential = 255

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
	progress
	unsealed
}

// NewPlainClient returns the client's end of a PLAIN connection. user and
// password have at most MaxCredential octets.
func NewPlainClient(local Local, user, password string) Mechanism {
	return &plainClient{local: local, user: user, password: password}
}

// Start implements Mechanism: it returns the HELLO.
func (m *plainClient) Start() ([]byte, error) {
	m.due = welcomeName
	hello := append([]byte(helloName), byte(len(m.user)))
	hello = append(append(hello, m.user...), byte(len(m.password)))
	return append(hello, m.password...), nil
}

// Receive implements Mechanism.
func (m *plainClient) Receive(body []byte) ([]byte, error) {
	name, err := m.takeAnswer(body)
	switch {
	case err != nil:
		return nil, err
	case name == readyName:
		return nil, m.finish(m.local, body[len(readyName):])
	case len(body) != len(welcomeName):
		return nil, errPlainWelcome
	}
	m.due = readyName
	return append([]byte(initiateName), m.local.Metadata...), nil
}

// A PlainAuthenticator decides whether a user with a password may connect. Its
// error should be a *Refusal: the text of any other is sent to the client.
type PlainAuthenticator func(user, password string) error

// plainServer is the server of the PLAIN mechanism.
type plainServer struct {
	local        Local
	authenticate PlainAuthenticator
	progress
	unsealed
}

// NewPlainServer returns the server's end of a PLAIN connection, which talks
// to the users that authenticate lets in.
func NewPlainServer(local Local, authenticate PlainAuthenticator) Mechanism {
	return &plainServer{local: local, authenticate: authenticate}
}

// Start implements Mechanism: the client goes first.
func (m *plainServer) Start() ([]byte, error) {
	m.due = helloName
	return nil, nil
}

// Receive implements Mechanism.
func (m *plainServer) Receive(body []byte) ([]byte, error) {
	name, err := m.take(body)
	switch {
	case err != nil:
		return nil, err
	case name == helloName:
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
	m.due = initiateName
	return []byte(welcomeName), nil
}

// initiate takes the metadata of the INITIATE and returns the READY.
func (m *plainServer) initiate(data []byte) ([]byte, error) {
	if err := m.finish(m.local, data); err != nil {
		return refusal(err), err
	}
	return append([]byte(readyName), m.local.Metadata...), nil
}
