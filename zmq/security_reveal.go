package zmq

import (
	"fmt"
	"io"
)

// A Mechanism is what is behind a Security, secrets included: do not print it.
// Fields that the mechanism does not have are zero.
type Mechanism struct {
	Name           string         // "NULL", "PLAIN" or "CURVE"
	Server         bool           // which end it is; NULL has none
	User, Password string         `json:"-"` // PLAIN client
	Key            *CurveKey      // CURVE
	ServerKey      CurvePublicKey // CURVE client
	Authenticate   Authenticator  // PLAIN and CURVE server, NULL
}

// Format implements fmt.Formatter: every verb prints the name only.
func (m Mechanism) Format(f fmt.State, _ rune) { io.WriteString(f, m.Name) }

// Reveal returns what s is made of, for an engine with mechanisms of its own, such
// as that of package libzmq. A nil s is NULL that lets everybody connect.
func (s *Security) Reveal() Mechanism {
	if s == nil {
		return Mechanism{Name: "NULL", Authenticate: AllowAny}
	}
	m := Mechanism{Name: s.Mechanism(), Server: s.Server()}
	switch impl := s.impl.(type) {
	case *nullServer:
		m.Authenticate = impl.authenticate
	case *plainClient:
		m.User, m.Password = impl.user, impl.password()
	case *plainServer:
		m.Authenticate = impl.authenticate
	case *curveClient:
		m.Key, m.ServerKey = impl.key, impl.server
	case *curveServer:
		m.Key, m.Authenticate = impl.key, impl.authenticate
	}
	return m
}
