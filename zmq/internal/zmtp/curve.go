package zmtp

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/nacl/secretbox"
	"golang.org/x/crypto/salsa20/salsa" //lint:ignore SA1019 NaCl's key derivation is made of it
)

// The name of the mechanism (https://rfc.zeromq.org/spec/25/).
const Curve = "CURVE"

// The handshake of CurveZMQ 1.0 (https://rfc.zeromq.org/spec/26/). C and S are
// the permanent keys of client and server, C' and S' the transient ones of the
// connection; the secret half of a key is in small letters.
//
//	HELLO     C' and Box[64 zeros](C'->S)
//	WELCOME   Box[S' + cookie](S->C'), the cookie being Box[C' + s'](K)
//	INITIATE  cookie and Box[C + vouch + metadata](C'->S'),
//	          the vouch being Box[C' + S](C->S')
//	READY     Box[metadata](S'->C')
const (
	curveVersion = "\x01\x00"

	keySize    = 32
	shortNonce = 8
	longNonce  = 16
	tagSize    = secretbox.Overhead

	helloPadding = 72
	helloZeros   = 64
	cookieSize   = longNonce + tagSize + 2*keySize
	vouchSize    = longNonce + tagSize + 2*keySize
	helloSize    = len(helloName) + len(curveVersion) + helloPadding + keySize + shortNonce + tagSize + helloZeros
	welcomeSize  = len(welcomeName) + longNonce + tagSize + keySize + cookieSize

	// The least; metadata adds to them.
	initiateSize = len(initiateName) + cookieSize + shortNonce + tagSize + keySize + vouchSize
	readySize    = len(readyName) + shortNonce + tagSize
)

// The prefixes that make nonces out of short nonces, and the shorter ones
// that make them out of long ones.
const (
	helloPrefix         = "CurveZMQHELLO---"
	initiatePrefix      = "CurveZMQINITIATE"
	readyPrefix         = "CurveZMQREADY---"
	serverMessagePrefix = "CurveZMQMESSAGES"
	clientMessagePrefix = "CurveZMQMESSAGEC"

	welcomePrefix = "WELCOME-"
	cookiePrefix  = "COOKIE--"
	vouchPrefix   = "VOUCH---"
)

// Why a handshake is refused. None of them says anything about a key.
var (
	errHello        = errors.New("malformed HELLO command")
	errHelloVersion = errors.New("HELLO of an unknown version of CurveZMQ")
	errHelloBox     = errors.New("HELLO does not open: the client expects a server with another key")
	errWelcome      = errors.New("malformed WELCOME command")
	errWelcomeBox   = errors.New("WELCOME does not open: the server does not have the expected key")
	errInitiate     = errors.New("malformed INITIATE command")
	errCookie       = errors.New("INITIATE with a cookie that is not of this connection")
	errCookieAge    = errors.New("INITIATE with a cookie that is too old")
	errInitiateBox  = errors.New("INITIATE does not open: it was altered")
	errVouch        = errors.New("client does not have the secret key of the public key it claims")
	errReady        = errors.New("malformed READY command")
	errReadyBox     = errors.New("READY does not open: it was altered")
	errPeerKey      = errors.New("peer has a public key that keeps no secret")
)

// A random fills b with random octets.
type random func(b []byte)

// systemRandom is the operating system's. It does not fail: if it ever did,
// the process would end.
func systemRandom(b []byte) { rand.Read(b) }

// key makes a key pair.
func (r random) key() *ecdh.PrivateKey {
	var secret [keySize]byte
	r(secret[:])
	key, err := ecdh.X25519().NewPrivateKey(secret[:])
	if err != nil {
		panic("BUG: " + err.Error()) // any 32 octets are a secret key
	}
	return key
}

// publicKey reads a public key; b has keySize octets.
func publicKey(b []byte) *ecdh.PublicKey {
	key, err := ecdh.X25519().NewPublicKey(b)
	if err != nil {
		panic("BUG: " + err.Error()) // any 32 octets are a public key
	}
	return key
}

// sharedKey is what both ends of a box compute (NaCl's crypto_box_beforenm).
// It refuses the few public keys with which the result would be known to
// everybody.
func sharedKey(secret *ecdh.PrivateKey, public *ecdh.PublicKey) (*[32]byte, error) {
	point, err := secret.ECDH(public)
	if err != nil {
		return nil, errPeerKey
	}
	var key [32]byte
	salsa.HSalsa20(&key, new([16]byte), (*[32]byte)(point), &salsa.Sigma)
	return &key, nil
}

// shortNonceOf returns the nonce that prefix and a short nonce make.
func shortNonceOf(prefix string, n uint64) *[24]byte {
	var nonce [24]byte
	copy(nonce[:], prefix)
	binary.BigEndian.PutUint64(nonce[len(prefix):], n)
	return &nonce
}

// longNonceOf returns the nonce that prefix and a long nonce make.
func longNonceOf(prefix string, long []byte) *[24]byte {
	var nonce [24]byte
	copy(nonce[:], prefix)
	copy(nonce[len(prefix):], long)
	return &nonce
}

// appendLong appends a random long nonce and plain's box under it.
func (r random) appendLong(dst []byte, prefix string, plain []byte, key *[32]byte) []byte {
	var long [longNonce]byte
	r(long[:])
	dst = append(dst, long[:]...)
	return secretbox.Seal(dst, plain, longNonceOf(prefix, long[:]), key)
}

// openLong opens the box that follows a long nonce.
func openLong(b []byte, prefix string, key *[32]byte) ([]byte, bool) {
	return secretbox.Open(nil, b[longNonce:], longNonceOf(prefix, b), key)
}

// appendShort appends a short nonce and plain's box under it.
func appendShort(dst []byte, prefix string, n uint64, plain []byte, key *[32]byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, n)
	return secretbox.Seal(dst, plain, shortNonceOf(prefix, n), key)
}

// openShort opens the box that follows a short nonce.
func openShort(b []byte, prefix string, key *[32]byte) (n uint64, plain []byte, ok bool) {
	n = binary.BigEndian.Uint64(b)
	plain, ok = secretbox.Open(nil, b[shortNonce:], shortNonceOf(prefix, n), key)
	return n, plain, ok
}
