package zmtp

import "crypto/ecdh"

// curveClient is the client of the CURVE mechanism.
type curveClient struct {
	local  Local
	key    *ecdh.PrivateKey // c
	server *ecdh.PublicKey  // S
	random random

	transient *ecdh.PrivateKey // c', until INITIATE is made
	permanent *[32]byte        // key of the boxes between C' and S, until INITIATE is made
	session   *[32]byte        // key of the boxes between C' and S', until READY came
	progress
	curveTraffic
}

// NewCurveClient returns the client's end of a CURVE connection: the holder of
// key, who talks to the holder of the secret key of server and to nobody
// else.
func NewCurveClient(local Local, key *ecdh.PrivateKey, server *ecdh.PublicKey) Mechanism {
	return newCurveClient(local, key, server, systemRandom)
}

func newCurveClient(local Local, key *ecdh.PrivateKey, server *ecdh.PublicKey, r random) *curveClient {
	return &curveClient{local: local, key: key, server: server, random: r}
}

// Start implements Mechanism: it returns the HELLO.
func (m *curveClient) Start() ([]byte, error) {
	// "The client SHALL generate a unique key pair for each connection it
	// creates to a server."
	m.transient = m.random.key()
	var err error
	if m.permanent, err = sharedKey(m.transient, m.server); err != nil {
		return nil, err
	}
	m.due = welcomeName
	m.sent = 1
	hello := make([]byte, 0, helloSize)
	hello = append(append(hello, helloName...), curveVersion...)
	hello = append(hello, make([]byte, helloPadding)...)
	hello = append(hello, m.transient.PublicKey().Bytes()...)
	return appendShort(hello, helloPrefix, m.sent, make([]byte, helloZeros), m.permanent), nil
}

// Receive implements Mechanism. "A client peer SHALL NOT send ERROR to the
// server": there is never an answer to a fault.
func (m *curveClient) Receive(body []byte) ([]byte, error) {
	name, err := m.takeAnswer(body)
	switch {
	case err != nil:
		return nil, err
	case name == welcomeName:
		return m.welcome(body)
	}
	return nil, m.ready(body)
}

// welcome takes the WELCOME and returns the INITIATE.
func (m *curveClient) welcome(body []byte) ([]byte, error) {
	if len(body) != welcomeSize {
		return nil, errWelcome
	}
	plain, ok := openLong(body[len(welcomeName):], welcomePrefix, m.permanent)
	if !ok {
		return nil, errWelcomeBox
	}
	server, cookie := publicKey(plain[:keySize]), plain[keySize:] // S'
	session, err := sharedKey(m.transient, server)
	if err != nil {
		return nil, err
	}
	vouch, err := sharedKey(m.key, server)
	if err != nil {
		return nil, err
	}
	m.sent++
	initiate := append([]byte(initiateName), cookie...)
	initiate = appendShort(initiate, initiatePrefix, m.sent, m.introduce(vouch), session)
	m.session = session
	m.transient, m.permanent = nil, nil
	m.due = readyName
	return initiate, nil
}

// introduce returns what the box of INITIATE holds: C, the vouch and the
// metadata.
func (m *curveClient) introduce(vouch *[32]byte) []byte {
	claim := append(m.transient.PublicKey().Bytes(), m.server.Bytes()...)
	plain := append([]byte(nil), m.key.PublicKey().Bytes()...)
	plain = m.random.appendLong(plain, vouchPrefix, claim, vouch)
	return append(plain, m.local.Metadata...)
}

// ready takes the READY.
func (m *curveClient) ready(body []byte) error {
	if len(body) < readySize {
		return errReady
	}
	nonce, plain, ok := openShort(body[len(readyName):], readyPrefix, m.session)
	if !ok {
		return errReadyBox
	}
	if err := m.finish(m.local, plain); err != nil {
		return err
	}
	m.received = nonce
	m.sealKey = newMessageKey(m.session, clientMessagePrefix)
	m.openKey = newMessageKey(m.session, serverMessagePrefix)
	m.beside = m.local.Beside
	m.session = nil
	return nil
}
