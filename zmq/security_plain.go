package zmq

import (
	"errors"
	"fmt"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// NullServer returns the security of a socket that proves nothing and hides
// nothing, but asks authenticate whether a peer may connect; it sees the
// address. The peer needs no Security.
func NullServer(authenticate Authenticator) *Security {
	return &Security{&nullServer{authenticate}}
}

// PlainClient returns the security of a client that shows a user name and a
// password, of at most 255 octets each. Everything goes over the network as
// it is, also the password: use it where nobody else can listen.
func PlainClient(user, password string) *Security {
	return &Security{&plainClient{user, func() string { return password }}}
}

// PlainServer returns the security of a server that talks to the clients that
// authenticate lets in; it sees their user names and passwords.
func PlainServer(authenticate Authenticator) *Security {
	return &Security{&plainServer{authenticate}}
}

type nullServer struct {
	authenticate Authenticator
}

// name returns no server: "When a peer uses the NULL security mechanism, the
// as-server field MUST be zero."
func (n *nullServer) name() (string, bool) { return zmtp.Null, false }

func (n *nullServer) check() error {
	if n.authenticate == nil {
		return errNoAuthenticator
	}
	return nil
}

func (n *nullServer) mechanism(p *Peer, local zmtp.Local) zmtp.Mechanism {
	check := local.Check
	local.Check = func(m zmtp.Metadata) error {
		if err := check(m); err != nil {
			return err
		}
		return p.admit(n.authenticate, Credentials{Mechanism: zmtp.Null, metadata: m})
	}
	return zmtp.NewNull(local)
}

type plainClient struct {
	user     string
	password func() string // a function, as in CurveKey
}

func (c *plainClient) name() (string, bool) { return zmtp.Plain, false }

func (c *plainClient) check() error {
	switch {
	case len(c.user) > zmtp.MaxCredential:
		return fmt.Errorf("zmq: PLAIN user name of %d octets: at most %d are allowed", len(c.user), zmtp.MaxCredential)
	case len(c.password()) > zmtp.MaxCredential:
		return errors.New("zmq: PLAIN password of more than 255 octets")
	}
	return nil
}

func (c *plainClient) mechanism(_ *Peer, local zmtp.Local) zmtp.Mechanism {
	return zmtp.NewPlainClient(local, c.user, c.password())
}

type plainServer struct {
	authenticate Authenticator
}

func (s *plainServer) name() (string, bool) { return zmtp.Plain, true }

func (s *plainServer) check() error {
	if s.authenticate == nil {
		return errNoAuthenticator
	}
	return nil
}

func (s *plainServer) mechanism(p *Peer, local zmtp.Local) zmtp.Mechanism {
	return zmtp.NewPlainServer(local, func(user, password string) error {
		c := Credentials{Mechanism: zmtp.Plain, User: user}
		c.SetPassword(password)
		return p.admit(s.authenticate, c)
	})
}
