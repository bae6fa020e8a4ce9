package libzmq

import (
	"context"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// The names of package zmq, so that a program changes its engine by changing
// one import.
type (
	Authenticator    = zmq.Authenticator
	Config           = zmq.Config
	Credentials      = zmq.Credentials
	CurveKey         = zmq.CurveKey
	CurvePublicKey   = zmq.CurvePublicKey
	Deliverer        = zmq.Deliverer
	EndpointError    = zmq.EndpointError
	Event            = zmq.Event
	EventKind        = zmq.EventKind
	Item             = zmq.Item
	Mechanism        = zmq.Mechanism
	Message          = zmq.Message
	Outbox           = zmq.Outbox
	Peer             = zmq.Peer
	Policy           = zmq.Policy
	ProtocolError    = zmq.ProtocolError
	Security         = zmq.Security
	Stats            = zmq.Stats
	SubscriptionMode = zmq.SubscriptionMode
	Type             = zmq.Type
)

// The constants of package zmq.
const (
	Pair   = zmq.Pair
	Pub    = zmq.Pub
	Sub    = zmq.Sub
	Req    = zmq.Req
	Rep    = zmq.Rep
	Dealer = zmq.Dealer
	Router = zmq.Router
	Pull   = zmq.Pull
	Push   = zmq.Push
	XPub   = zmq.XPub
	XSub   = zmq.XSub

	PatternPolicy = zmq.PatternPolicy
	Block         = zmq.Block
	DropNewest    = zmq.DropNewest
	DropOldest    = zmq.DropOldest

	EverySubscription   = zmq.EverySubscription
	NewSubscriptions    = zmq.NewSubscriptions
	ManualSubscriptions = zmq.ManualSubscriptions

	Listening       = zmq.Listening
	Accepted        = zmq.Accepted
	AcceptFailed    = zmq.AcceptFailed
	Connected       = zmq.Connected
	ConnectFailed   = zmq.ConnectFailed
	HandshakeFailed = zmq.HandshakeFailed
	PeerAttached    = zmq.PeerAttached
	PeerDetached    = zmq.PeerDetached
	MessageDropped  = zmq.MessageDropped
	EndpointClosed  = zmq.EndpointClosed
)

// The errors of package zmq.
var (
	ErrClosed    = zmq.ErrClosed
	ErrQueueFull = zmq.ErrQueueFull
	ErrNoPeer    = zmq.ErrNoPeer
	ErrPeerGone  = zmq.ErrPeerGone
	ErrState     = zmq.ErrState
	ErrMessage   = zmq.ErrMessage
	ErrDenied    = zmq.ErrDenied
	ErrTryLater  = zmq.ErrTryLater
)

// NewOutbox is zmq.NewOutbox.
func NewOutbox(size int) *Outbox { return zmq.NewOutbox(size) }

// NewFrame is zmq.NewFrame.
func NewFrame(size int) []byte { return zmq.NewFrame(size) }

// NullServer is zmq.NullServer.
func NullServer(a Authenticator) *Security { return zmq.NullServer(a) }

// PlainServer is zmq.PlainServer.
func PlainServer(a Authenticator) *Security { return zmq.PlainServer(a) }

// PlainClient is zmq.PlainClient.
func PlainClient(user, password string) *Security { return zmq.PlainClient(user, password) }

// CurveServer is zmq.CurveServer.
func CurveServer(key *CurveKey, a Authenticator) *Security { return zmq.CurveServer(key, a) }

// CurveClient is zmq.CurveClient.
func CurveClient(key *CurveKey, server CurvePublicKey) *Security {
	return zmq.CurveClient(key, server)
}

// AllowAny is zmq.AllowAny.
func AllowAny(ctx context.Context, c Credentials) (string, error) { return zmq.AllowAny(ctx, c) }

// AllowKeys is zmq.AllowKeys.
func AllowKeys(keys ...CurvePublicKey) Authenticator { return zmq.AllowKeys(keys...) }

// AllowUsers is zmq.AllowUsers.
func AllowUsers(passwords map[string]string) Authenticator { return zmq.AllowUsers(passwords) }

// NewCurveKey is zmq.NewCurveKey.
func NewCurveKey() *CurveKey { return zmq.NewCurveKey() }

// ParseCurveKey is zmq.ParseCurveKey.
func ParseCurveKey(secret string) (*CurveKey, error) { return zmq.ParseCurveKey(secret) }

// ParseCurveKeyPair is zmq.ParseCurveKeyPair.
func ParseCurveKeyPair(public, secret string) (*CurveKey, error) {
	return zmq.ParseCurveKeyPair(public, secret)
}

// ParseCurvePublicKey is zmq.ParseCurvePublicKey.
func ParseCurvePublicKey(text string) (CurvePublicKey, error) { return zmq.ParseCurvePublicKey(text) }

// EncodeZ85 is zmq.EncodeZ85.
func EncodeZ85(b []byte) (string, error) { return zmq.EncodeZ85(b) }

// DecodeZ85 is zmq.DecodeZ85.
func DecodeZ85(text string) ([]byte, error) { return zmq.DecodeZ85(text) }
