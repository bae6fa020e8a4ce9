package zmtp

import (
	"bytes"
	"crypto/ecdh"
	"crypto/subtle"
	"encoding/binary"
	"time"
)

// cookieLife is how long a client may take from WELCOME to INITIATE. "The
// server MUST discard from its memory the cookie key after a short interval,
// for example 60 seconds".
const cookieLife = 60 * time.Second

// A CurveAuthenticator decides whether the client with a public key, of which
// it has shown that it has the secret key, may connect. Its error should be a
// *Refusal: the text of any other is sent to the client, in the clear.
type CurveAuthenticator func(client *ecdh.PublicKey, peer Metadata) error

// curveServer is the server of the CURVE mechanism.
//
// Between HELLO and INITIATE it knows nothing of the client's and its own
// transient keys: those are in the cookie. The key of the cookie is of this
// connection only, so that an INITIATE that was recorded is worth nothing on
// another one.
type curveServer struct {
	local        Local
	key          *ecdh.PrivateKey // s
	authenticate CurveAuthenticator
	random       random

	cookieKey [32]byte  // from WELCOME to INITIATE
	cookieAt  time.Time // when it was made
	progress
	curveTraffic
}

// NewCurveServer returns the server's end of a CURVE connection: the holder of
// key, who talks to the clients that authenticate lets in.
func NewCurveServer(local Local, key *ecdh.PrivateKey, authenticate CurveAuthenticator) Mechanism {
	return newCurveServer(local, key, authenticate, systemRandom)
}

func newCurveServer(local Local, key *ecdh.PrivateKey, authenticate CurveAuthenticator, r random) *curveServer {
	return &curveServer{local: local, key: key, authenticate: authenticate, random: r}
}

// Start implements Mechanism: the client goes first.
func (m *curveServer) Start() ([]byte, error) {
	m.due = helloName
	return nil, nil
}

// Receive implements Mechanism.
func (m *curveServer) Receive(body []byte) ([]byte, error) {
	name, err := m.take(body)
	switch {
	case err != nil:
		return nil, err
	case name == helloName:
		return m.hello(body)
	}
	return m.initiate(body)
}

// hello takes the HELLO and returns the WELCOME. "The server SHALL validate
// all fields and SHALL reject and disconnect clients who send malformed HELLO
// commands."
func (m *curveServer) hello(body []byte) ([]byte, error) {
	if len(body) != helloSize {
		return nil, errHello
	}
	rest := body[len(helloName):]
	if string(rest[:len(curveVersion)]) != curveVersion {
		return nil, errHelloVersion
	}
	padding, rest := rest[len(curveVersion):][:helloPadding], rest[len(curveVersion)+helloPadding:]
	if !bytes.Equal(padding, make([]byte, helloPadding)) {
		return nil, errHello
	}
	client, rest := rest[:keySize], rest[keySize:] // C'
	permanent, err := sharedKey(m.key, publicKey(client))
	if err != nil {
		return nil, err
	}
	nonce, zeros, ok := openShort(rest, helloPrefix, permanent)
	if !ok {
		return nil, errHelloBox
	}
	if subtle.ConstantTimeCompare(zeros, make([]byte, helloZeros)) == 0 {
		return nil, errHello
	}
	m.received = nonce
	m.due = initiateName
	return m.welcome(client, permanent), nil
}

// welcome returns the WELCOME for the client with the transient public key
// client. "The server SHALL generate a new cookie for each WELCOME command it
// sends."
func (m *curveServer) welcome(client []byte, permanent *[32]byte) []byte {
	transient := m.random.key() // s', known only to the cookie from here on
	m.random(m.cookieKey[:])
	m.cookieAt = time.Now()
	plain := append(make([]byte, 0, keySize+cookieSize), transient.PublicKey().Bytes()...)
	secret := append(bytes.Clone(client), transient.Bytes()...)
	plain = m.random.appendLong(plain, cookiePrefix, secret, &m.cookieKey)
	welcome := append(make([]byte, 0, welcomeSize), welcomeName...)
	return m.random.appendLong(welcome, welcomePrefix, plain, permanent)
}

// initiate takes the INITIATE and returns the READY, or the ERROR that tells
// the client that it is not welcome.
func (m *curveServer) initiate(body []byte) ([]byte, error) {
	if len(body) < initiateSize {
		return nil, errInitiate
	}
	cookie, box := body[len(initiateName):][:cookieSize], body[len(initiateName)+cookieSize:]
	keys, ok := openLong(cookie, cookiePrefix, &m.cookieKey)
	m.cookieKey = [32]byte{}
	switch {
	case !ok:
		return nil, errCookie
	case time.Since(m.cookieAt) > cookieLife:
		return nil, errCookieAge
	case binary.BigEndian.Uint64(box) <= m.received:
		return nil, errHandshakeSeq
	}
	client := publicKey(keys[:keySize]) // C'
	transient, err := ecdh.X25519().NewPrivateKey(keys[keySize:])
	if err != nil {
		return nil, err
	}
	session, err := sharedKey(transient, client)
	if err != nil {
		return nil, err
	}
	nonce, plain, ok := openShort(box, initiatePrefix, session)
	if !ok {
		return nil, errInitiateBox
	}
	m.received = nonce
	if err := m.verify(plain, client, transient); err != nil {
		return nil, err
	}
	peer, err := ParseMetadata(plain[keySize+vouchSize:])
	if err != nil {
		return nil, err
	}
	if err := m.admit(publicKey(plain[:keySize]), peer); err != nil {
		return refusal(err), err
	}
	return m.ready(session, peer), nil
}

// verify checks the vouch: that whoever has the secret key of the permanent key C
// in introduction has chosen the transient key C', for this server. Without
// the latter, another server with which the client talks could pass itself
// off as the client.
func (m *curveServer) verify(introduction []byte, client *ecdh.PublicKey, transient *ecdh.PrivateKey) error {
	permanent, vouch := publicKey(introduction[:keySize]), introduction[keySize:][:vouchSize]
	key, err := sharedKey(transient, permanent)
	if err != nil {
		return err
	}
	claim, ok := openLong(vouch, vouchPrefix, key)
	if !ok {
		return errVouch
	}
	want := append(client.Bytes(), m.key.PublicKey().Bytes()...)
	if subtle.ConstantTimeCompare(claim, want) == 0 {
		return errVouch
	}
	return nil
}

// admit asks whether the client may connect.
func (m *curveServer) admit(client *ecdh.PublicKey, peer Metadata) error {
	if err := m.authenticate(client, peer); err != nil {
		return err
	}
	return m.local.Check(peer)
}

// ready completes the handshake and returns the READY.
func (m *curveServer) ready(session *[32]byte, peer Metadata) []byte {
	m.sent = 1
	m.sealKey = newMessageKey(session, serverMessagePrefix)
	m.openKey = newMessageKey(session, clientMessagePrefix)
	m.beside = m.local.Beside
	m.peer, m.done = peer, true
	return appendShort([]byte(readyName), readyPrefix, m.sent, m.local.Metadata, session)
}
