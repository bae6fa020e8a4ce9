package zmq

import (
	"fmt"
	"io"
)

// What is in this file is for engines of others that offer the interface of
// this package, such as package libzmq.

// Resolve returns the settings of a socket of type t: a copy of c, which may
// be nil, with every default filled in and every "no bound" a large number.
// An error says which setting makes no sense.
func (c *Config) Resolve(t Type) (Config, error) {
	if !t.valid() {
		return Config{}, fmt.Errorf("zmq: %v is not a socket type", t)
	}
	if c == nil {
		c = new(Config)
	}
	if err := c.check(t); err != nil {
		return Config{}, err
	}
	return c.withDefaults(t), nil
}

// Sends and Receives report which channels a socket of type t has.
func (t Type) Sends() bool    { return t.sends() }
func (t Type) Receives() bool { return t.receives() }

// Size is what m costs in a queue that is bounded in octets.
func (m Message) Size() int64 { return m.size() }

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

// Reveal returns what s is made of, for an engine with mechanisms of its own.
// A nil s is NULL that lets everybody connect.
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
