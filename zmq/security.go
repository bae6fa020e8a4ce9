package zmq

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// A Security is the security mechanism of a socket: how the ends of a
// connection prove who they are, and who may connect. NullServer, PlainClient,
// PlainServer, CurveClient and CurveServer return one; sockets may share it.
// However it is printed, its secrets do not show.
//
// Both ends of a connection must use the same mechanism, one as client and the
// other as server.
type Security struct {
	impl securer
}

// A securer makes the mechanisms of a socket's connections.
type securer interface {
	// name returns the name of the mechanism, and whether this is its server.
	name() (mechanism string, server bool)

	// check refuses settings that make no sense.
	check() error

	// mechanism makes the mechanism of the connection p.
	mechanism(p *Peer, local zmtp.Local) zmtp.Mechanism
}

// Mechanism returns the name of the mechanism: "NULL", "PLAIN" or "CURVE".
func (s *Security) Mechanism() string {
	name, _ := s.impl.name()
	return name
}

// Server reports whether the socket is the server of its mechanism. NULL has
// none.
func (s *Security) Server() bool {
	_, server := s.impl.name()
	return server
}

// String names the mechanism and the role.
func (s *Security) String() string {
	switch {
	case s == nil || s.Mechanism() == zmtp.Null:
		return zmtp.Null
	case s.Server():
		return s.Mechanism() + " server"
	}
	return s.Mechanism() + " client"
}

// Format implements fmt.Formatter: every verb prints what String returns.
func (s *Security) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// check refuses settings that make no sense.
func (s *Security) check() error {
	switch {
	case s == nil:
		return nil
	case s.impl == nil:
		return errors.New("zmq: empty Security; CurveServer and its like make one")
	}
	return s.impl.check()
}

var errNoAuthenticator = errors.New("zmq: a server needs an Authenticator; AllowAny lets everybody connect")

// newMechanism returns the mechanism of a connection whose other end has sent
// theirs.
func (p *Peer) newMechanism(theirs zmtp.Greeting) (zmtp.Mechanism, error) {
	// "The CURVE mechanism uses the greeting as-server field to identify which
	// peer is "client" and which peer is "server"." But libzmq does not set
	// it: two clients find each other out only when both say HELLO, and a
	// server of ours waits in vain for one of libzmq's.
	security := p.s.cfg.Security
	if security.Server() && theirs.AsServer {
		return nil, fmt.Errorf("both ends of the connection are a %v", security)
	}
	return security.impl.mechanism(p, zmtp.Local{
		Server:   p.bound,
		Metadata: p.s.metadata(),
		Check:    p.checkMetadata,
		Beside:   beside,
	}), nil
}

// beside implements zmtp.Beside with a goroutine that lives no longer than its
// caller waits.
func beside(f func()) (wait func()) {
	var running sync.WaitGroup
	running.Go(f)
	return running.Wait
}

// Credentials are what a peer shows to be let in. However they are printed,
// the password does not show.
type Credentials struct {
	Mechanism string         // "NULL", "PLAIN" or "CURVE"
	Address   string         // as Peer.Address returns it
	User      string         // PLAIN: who it says it is
	Key       CurvePublicKey // CURVE: its key; that it has the secret half is proven

	metadata zmtp.Metadata
	password func() string // a function, as in CurveKey; nil without one
}

// Password returns the password of a PLAIN client.
func (c Credentials) Password() string {
	if c.password == nil {
		return ""
	}
	return c.password()
}

// SetPassword sets what Password returns, for the test of an Authenticator.
func (c *Credentials) SetPassword(password string) {
	c.password = func() string { return password }
}

// Property returns what the peer says about itself under a name, such as
// "Socket-Type", nil if it says nothing. With PLAIN the peer has not said
// anything yet.
func (c Credentials) Property(name string) []byte {
	return append([]byte(nil), c.metadata.Get(name)...)
}

// String describes the credentials without the password.
func (c Credentials) String() string {
	switch c.Mechanism {
	case zmtp.Plain:
		return fmt.Sprintf("PLAIN user %q at %s", c.User, c.Address)
	case zmtp.Curve:
		return fmt.Sprintf("CURVE key %v at %s", c.Key, c.Address)
	}
	return c.Mechanism + " peer at " + c.Address
}

// Format implements fmt.Formatter: every verb prints what String returns.
func (c Credentials) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue implements slog.LogValuer.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// An Authenticator decides whether a peer may connect. It returns the name of
// the user behind the credentials, which Peer.User gives back for every
// message of the peer, or why the peer may not connect.
//
// The peer learns that it is refused but not why. An error that matches
// ErrTryLater, or that of a context, closes the connection without a word: it
// says that the credentials could not be checked, not that they are bad.
//
// It is called in the goroutine of the connection, once for each, several at
// the same time, and may take its time. ctx is done when the time for the
// handshake is over or the socket closes; the socket waits for it to return.
type Authenticator func(ctx context.Context, c Credentials) (user string, err error)

// ErrTryLater is for an Authenticator that cannot decide now. The peer may
// try again.
var ErrTryLater = errors.New("zmq: credentials cannot be checked now")

// ErrDenied is what the Authenticators of this package return for credentials
// that are not on their list.
var ErrDenied = errors.New("zmq: credentials are not accepted")

// AllowAny lets every peer connect. It believes what a PLAIN client says of
// who it is; the user of a CURVE client is its public key.
func AllowAny(_ context.Context, c Credentials) (user string, err error) {
	if c.Mechanism == zmtp.Curve {
		return c.Key.String(), nil
	}
	return c.User, nil
}

// AllowKeys lets the CURVE clients with these public keys connect. The user is
// the key.
func AllowKeys(keys ...CurvePublicKey) Authenticator {
	keys = append([]CurvePublicKey(nil), keys...)
	return func(_ context.Context, c Credentials) (string, error) {
		found := 0
		for _, k := range keys {
			found |= subtle.ConstantTimeCompare(k[:], c.Key[:])
		}
		if found == 0 || c.Mechanism != zmtp.Curve {
			return "", ErrDenied
		}
		return c.Key.String(), nil
	}
}

// AllowUsers lets the PLAIN clients connect that know the password of a user.
// passwords maps the names of users to theirs.
func AllowUsers(passwords map[string]string) Authenticator {
	sums := make(map[string][sha256.Size]byte, len(passwords))
	for user, password := range passwords {
		sums[user] = sha256.Sum256([]byte(password))
	}
	return func(_ context.Context, c Credentials) (string, error) {
		// Sums are of the same length, and made for unknown users too: time
		// tells nothing about a password.
		want, known := sums[c.User]
		got := sha256.Sum256([]byte(c.Password()))
		if subtle.ConstantTimeCompare(got[:], want[:]) == 0 || !known || c.Mechanism != zmtp.Plain {
			return "", ErrDenied
		}
		return c.User, nil
	}
}

// User returns what the Authenticator of this socket calls the peer, empty
// where this end is a client.
func (p *Peer) User() string { return p.user }

// admit asks authenticate whether the peer may connect.
func (p *Peer) admit(authenticate Authenticator, c Credentials) error {
	var ctx context.Context = closing{p.s.closec}
	if d := p.s.cfg.HandshakeTimeout; d > 0 {
		bounded, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		ctx = bounded
	}
	c.Address = p.address
	p.s.asking(p.conn, true)
	user, err := authenticate(ctx, c)
	p.s.asking(p.conn, false)
	if err != nil {
		later := errors.Is(err, ErrTryLater) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
		return &zmtp.Refusal{Temporary: later, Err: err}
	}
	p.user = user
	return nil
}

// asking notes that the authenticator is asked about a connection, or has
// answered.
func (s *Socket) asking(conn net.Conn, asked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handshakes.ask(conn, asked)
}

// closing is a context that is done when its channel is closed.
type closing struct {
	donec <-chan struct{}
}

// Deadline implements context.Context.
func (closing) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context.
func (c closing) Done() <-chan struct{} { return c.donec }

// Value implements context.Context.
func (closing) Value(any) any { return nil }

// Err implements context.Context.
func (c closing) Err() error {
	select {
	case <-c.donec:
		return context.Canceled
	default:
		return nil
	}
}
