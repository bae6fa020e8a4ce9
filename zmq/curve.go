package zmq

import (
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// The length of a CURVE key in octets, and in Z85.
const (
	curveKeySize = 32
	curveKeyText = curveKeySize / 4 * 5
)

// A CurvePublicKey is the public half of a CURVE key: who a peer is. The zero
// value is not a key. Keys may be compared with ==.
type CurvePublicKey [curveKeySize]byte

// ParseCurvePublicKey reads a key of 40 characters of Z85.
func ParseCurvePublicKey(text string) (CurvePublicKey, error) {
	b, err := decodeKey(text)
	if err != nil {
		return CurvePublicKey{}, fmt.Errorf("zmq: CURVE public key: %w", err)
	}
	return CurvePublicKey(b), nil
}

// String returns the key as Z85.
func (k CurvePublicKey) String() string { return encodeZ85(k[:]) }

// MarshalText implements encoding.TextMarshaler: it returns the key as Z85.
func (k CurvePublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *CurvePublicKey) UnmarshalText(text []byte) (err error) {
	*k, err = ParseCurvePublicKey(string(text))
	return err
}

// ecdh returns the key in the form that zmtp takes.
func (k CurvePublicKey) ecdh() *ecdh.PublicKey {
	key, err := ecdh.X25519().NewPublicKey(k[:])
	if err != nil {
		panic("BUG: " + err.Error()) // any 32 octets are a public key
	}
	return key
}

// A CurveKey is a CURVE key pair. However it is printed, marshalled or logged,
// its secret half does not show; only Secret gives it out.
type CurveKey struct {
	// A function, of which fmt shows no more than the address, also where it
	// finds it in an unexported field and calls no method of ours.
	pair func() *ecdh.PrivateKey
}

// NewCurveKey makes a key pair.
func NewCurveKey() *CurveKey {
	var secret [curveKeySize]byte
	rand.Read(secret[:]) // does not fail
	return newCurveKey(secret[:])
}

// newCurveKey makes the pair of a secret key of the right length.
func newCurveKey(secret []byte) *CurveKey {
	key, err := ecdh.X25519().NewPrivateKey(secret)
	if err != nil {
		panic("BUG: " + err.Error()) // any 32 octets are a secret key
	}
	return &CurveKey{func() *ecdh.PrivateKey { return key }}
}

// ParseCurveKey reads a secret key of 40 characters of Z85. Errors do not
// quote it.
func ParseCurveKey(secret string) (*CurveKey, error) {
	b, err := decodeKey(secret)
	if err != nil {
		return nil, fmt.Errorf("zmq: CURVE secret key: %w", err)
	}
	return newCurveKey(b), nil
}

// ParseCurveKeyPair reads a public and a secret key, each of 40 characters of
// Z85, and checks that they belong together. Errors quote neither.
func ParseCurveKeyPair(public, secret string) (*CurveKey, error) {
	want, err := ParseCurvePublicKey(public)
	if err != nil {
		return nil, err
	}
	key, err := ParseCurveKey(secret)
	if err != nil {
		return nil, err
	}
	if key.Public() != want {
		return nil, errors.New("zmq: CURVE public key and secret key do not belong together")
	}
	return key, nil
}

// decodeKey reads a key.
func decodeKey(text string) ([]byte, error) {
	if len(text) != curveKeyText {
		return nil, fmt.Errorf("%d characters, where %d of Z85 are needed", len(text), curveKeyText)
	}
	return decodeZ85(text)
}

// Public returns the public half of the key.
func (k *CurveKey) Public() CurvePublicKey { return CurvePublicKey(k.pair().PublicKey().Bytes()) }

// Secret returns the secret half of the key as Z85, for a file that only its
// owner can read.
func (k *CurveKey) Secret() string { return encodeZ85(k.pair().Bytes()) }

// String names the key by its public half.
func (k CurveKey) String() string {
	if k.pair == nil {
		return "no CURVE key"
	}
	return "CURVE key " + k.Public().String()
}

// Format implements fmt.Formatter: every verb prints what String returns.
func (k CurveKey) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) }

// CurveClient returns the security of a client: a socket that proves to be
// the holder of key, and talks to the holder of the secret half of server and
// to nobody else. A client for whom it does not matter who it is makes a key
// for the occasion with NewCurveKey.
//
// Which end is the client has nothing to do with which of them binds.
func CurveClient(key *CurveKey, server CurvePublicKey) *Security {
	return &Security{&curveClient{key, server}}
}

// CurveServer returns the security of a server: a socket that proves to be the
// holder of key, and talks to the clients that authenticate lets in; it sees
// their public keys. To let in every client that knows the server's public
// key, say so with AllowAny.
func CurveServer(key *CurveKey, authenticate Authenticator) *Security {
	return &Security{&curveServer{key, authenticate}}
}

type curveClient struct {
	key    *CurveKey
	server CurvePublicKey
}

func (c *curveClient) name() (string, bool) { return zmtp.Curve, false }

func (c *curveClient) check() error {
	switch {
	case c.key == nil || c.key.pair == nil:
		return errors.New("zmq: a CURVE client needs a key; NewCurveKey makes one")
	case c.server == CurvePublicKey{}:
		return errors.New("zmq: a CURVE client needs the public key of its server")
	}
	return nil
}

func (c *curveClient) mechanism(p *Peer, local zmtp.Local) zmtp.Mechanism {
	return zmtp.NewCurveClient(local, c.key.pair(), c.server.ecdh())
}

type curveServer struct {
	key          *CurveKey
	authenticate Authenticator
}

func (c *curveServer) name() (string, bool) { return zmtp.Curve, true }

func (c *curveServer) check() error {
	switch {
	case c.key == nil || c.key.pair == nil:
		return errors.New("zmq: a CURVE server needs a key; NewCurveKey makes one")
	case c.authenticate == nil:
		return errNoAuthenticator
	}
	return nil
}

func (c *curveServer) mechanism(p *Peer, local zmtp.Local) zmtp.Mechanism {
	return zmtp.NewCurveServer(local, c.key.pair(), func(client *ecdh.PublicKey, m zmtp.Metadata) error {
		return p.admit(c.authenticate, Credentials{
			Mechanism: zmtp.Curve, Key: CurvePublicKey(client.Bytes()), metadata: m,
		})
	})
}
