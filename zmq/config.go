package zmq

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// A Config holds the settings of a socket. The zero value is the default of
// every field; a negative value switches a limit off where that makes sense.
// NewSocket copies it.
type Config struct {
	// RoutingID is what a ROUTER peer calls this socket: at most 255 octets,
	// not starting with a zero octet. Empty: the ROUTER chooses one.
	RoutingID []byte

	// SendQueue and SendQueueBytes bound what waits for one peer, in messages
	// and in octets. A single message may be larger than SendQueueBytes: it
	// waits alone. At a REP two may wait, whatever the bounds. While a socket that
	// distributes (PUSH, DEALER, REQ, PAIR) has no peer, the same bounds hold for
	// what waits for the first one.
	// Defaults: 1000 messages and 64 MiB. Negative: no bound. With a negative
	// SendQueue, and SendQueueBytes not set, sending never blocks nor drops.
	SendQueue      int
	SendQueueBytes int64

	// Full says what happens to a message for a peer whose queue is full.
	// Default: as the pattern's specification has it, which is Block for
	// PUSH, DEALER, REQ, PAIR and XSUB, DropNewest for PUB, XPUB, ROUTER and
	// REP.
	Full Policy

	// SendBuffer is the capacity of the channel that Send returns, which adds
	// to the queue of each peer. Default: 1024. Negative: unbuffered.
	SendBuffer int

	// RecvQueue is the capacity of the channel that Recv returns. When it is
	// full, the socket stops reading from its peers. Default: 512. Negative:
	// unbuffered, but for a REP and a relaxed REQ, where it is 1.
	RecvQueue int

	// Handler, if not nil, is called for each received message, which then
	// does not go into the receive channel: Recv returns nil. It runs in
	// the goroutine that read the message. That saves waking another one, which
	// is most of what a round trip costs besides the network, and suits a socket
	// that answers a message, or passes it on, at once.
	//
	// It gets the messages of one peer one after the other, in order, but those
	// of several peers at the same time. While it waits, that peer is not read
	// from. It may send with Deliver but must not close the socket; Close waits
	// for it.
	Handler func(s *Socket, m Message)

	// MaxMessageSize bounds a received message: the octets of all its frames,
	// and 32 more for each but the last. A peer that sends more is
	// disconnected. Default: 256 MiB. Negative: no bound.
	MaxMessageSize int64

	// HandshakeTimeout bounds the time from connection to READY.
	// Default: 30 s. Negative: no bound.
	HandshakeTimeout time.Duration

	// MaxHandshakes bounds how many accepted connections may be in their
	// handshake at the same time. When one more comes, one of them is
	// closed: any that waits for its peer, and not for the Authenticator.
	// Default: 256. Negative: no bound.
	MaxHandshakes int

	// StallTimeout cuts off a peer that accepts no byte for so long while
	// messages wait for it. However long this process itself stood still meanwhile,
	// the peer then has half of StallTimeout left. Zero or negative: never.
	StallTimeout time.Duration

	// HeartbeatInterval is how long a peer may be silent before it is sent a
	// PING. Peers of ZMTP 3.0 do not know PING and get none. Zero or negative:
	// no PING is sent. TCP's own keep-alive is always on.
	HeartbeatInterval time.Duration

	// HeartbeatTimeout is how long a peer may stay silent after a PING before
	// it is disconnected. Default: HeartbeatInterval. While the socket itself
	// does not read, because the receive channel is full or two requests of the
	// peer wait for their turn at a REP, the time stands still.
	HeartbeatTimeout time.Duration

	// HeartbeatTTL is told to the peer with each PING: it should disconnect when
	// it has not heard from us for so long. At most 6553.5 s. Zero or negative:
	// it is told nothing.
	HeartbeatTTL time.Duration

	// ReconnectMin and ReconnectMax bound the pause before a connection that
	// failed or ended is tried again. It doubles each time, until a connection
	// has lasted as long as the pause, and each pause is shortened at random by
	// up to a half. Defaults: 20 ms and 2 s. Negative: 1 ms, and as long as
	// ReconnectMin. Only Disconnect ends the attempts.
	ReconnectMin, ReconnectMax time.Duration

	// Handover lets a new peer of a ROUTER take over the routing id of an old
	// one, which is disconnected. Otherwise the new one is refused.
	Handover bool

	// NotifyPeers makes a ROUTER receive a message of the routing id alone
	// when a peer comes, before its first message, and another one when it has
	// gone, after its last. Peers cannot send such a message. Message.From
	// says which of two peers of the same id, after a handover, it is about.
	NotifyPeers bool

	// Subscriptions says which subscription messages an XPUB receives, and
	// whether they take effect by themselves. The user of an XPUB must read
	// the receive channel; where nobody wants to know, use PUB.
	Subscriptions SubscriptionMode

	// Welcome, if not empty, is the first message that a PUB or XPUB sends to
	// each peer, whatever it has subscribed to; a SUB peer, other than an XSUB,
	// shows it to its user only if it wants messages that begin like this.
	Welcome [][]byte

	// Correlate makes a REQ number its requests, in a frame of its own, and
	// discard replies that carry another number. The peer must send back the
	// whole envelope, as REP does.
	Correlate bool

	// Relaxed lets a REQ send the next request before the reply to the last
	// one has come, or was taken from the receive channel. The late reply is
	// discarded if it comes from another peer, or, with Correlate, wherever it
	// comes from. Deliver takes effect at once; through the send channel a
	// request takes its time, and an earlier reply may still be received meanwhile.
	Relaxed bool

	// Properties are what the socket says about itself to its peers, besides
	// what ZMTP says. Names consist of letters, digits and "-_.+"; those for
	// applications begin with "X-".
	Properties map[string]string

	// Security is the security mechanism of every connection of the socket,
	// and who may connect. Nil: NULL, which secures nothing and lets everybody
	// connect.
	Security *Security

	// Logger gets what a peer did wrong; nil discards.
	Logger *slog.Logger

	// dial replaces the network in tests.
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Policy is what to do with a message for a peer whose queue is full.
type Policy int

// The policies. What is dropped is counted, and told to the completion of
// Deliver.
const (
	PatternPolicy Policy = iota // as the pattern's specification has it
	Block                       // the sender waits
	DropNewest                  // the message is dropped
	DropOldest                  // the oldest messages that wait are dropped to make room; the newest is always queued
)

// A SubscriptionMode says which subscription messages an XPUB receives. Each
// is one frame: an octet 1 (subscribe) or 0 (unsubscribe), then the prefix.
type SubscriptionMode int

// The subscription modes.
const (
	// EverySubscription: each subscription and each cancellation of each
	// peer, and a cancellation for each subscription of a peer that leaves
	// (libzmq's XPUB_VERBOSER).
	EverySubscription SubscriptionMode = iota

	// NewSubscriptions: only the first subscription for a prefix and the end
	// of its last, in turn (libzmq's default).
	NewSubscriptions

	// ManualSubscriptions: as EverySubscription, but none takes effect. What a
	// peer gets is up to the user, who calls SubscribePeer and
	// UnsubscribePeer, for the same prefixes or others.
	ManualSubscriptions
)

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

// check refuses settings that make no sense.
func (c *Config) check(t Type) error {
	switch {
	case len(c.RoutingID) > 255:
		return fmt.Errorf("zmq: routing id of %d octets: at most 255 are allowed", len(c.RoutingID))
	case len(c.RoutingID) > 0 && c.RoutingID[0] == 0:
		return fmt.Errorf("zmq: routing id %q starts with a zero octet, which is for ids a ROUTER makes", c.RoutingID)
	case c.Full < PatternPolicy || c.Full > DropOldest:
		return fmt.Errorf("zmq: unknown policy %d for full queues", c.Full)
	case c.ReconnectMin > 0 && c.ReconnectMax > 0 && c.ReconnectMax < c.ReconnectMin:
		return fmt.Errorf("zmq: reconnection after at least %v and at most %v", c.ReconnectMin, c.ReconnectMax)
	case c.HeartbeatTTL > math.MaxUint16*100*time.Millisecond:
		return fmt.Errorf("zmq: heartbeat TTL of %v: at most 6553.5 s can be told to a peer", c.HeartbeatTTL)
	case c.Subscriptions < EverySubscription || c.Subscriptions > ManualSubscriptions:
		return fmt.Errorf("zmq: unknown subscription mode %d", c.Subscriptions)
	}
	if err := c.checkType(t); err != nil {
		return err
	}
	for name := range c.Properties {
		switch {
		case !zmtp.ValidName(name):
			return fmt.Errorf("zmq: property name %.300q: it takes 1 to 255 letters, digits and -_.+", name)
		case strings.EqualFold(name, zmtp.SocketType) || strings.EqualFold(name, zmtp.Identity):
			return fmt.Errorf("zmq: property %s is set by the socket itself", name)
		}
	}
	return c.Security.check()
}

// checkType refuses settings that a socket of type t has no use for, where to
// ignore them would be a surprise.
func (c *Config) checkType(t Type) error {
	for _, s := range []struct {
		set bool
		is  string
		of  []Type
	}{
		{c.Subscriptions == ManualSubscriptions, "manual subscriptions are", []Type{XPub}},
		{c.Subscriptions == NewSubscriptions, "to hear of new subscriptions only is", []Type{XPub}},
		{len(c.Welcome) > 0, "a welcome message is", []Type{Pub, XPub}},
		{c.Correlate, "correlation is", []Type{Req}},
		{c.Relaxed, "relaxed requests are", []Type{Req}},
		{c.Handover, "handover is", []Type{Router}},
		{c.NotifyPeers, "notices of peers are", []Type{Router}},
		{c.Handler != nil, "a handler is", []Type{Pair, Sub, XSub, Req, Rep, Dealer, Router, Pull, XPub}},
	} {
		if s.set && !slices.Contains(s.of, t) {
			return fmt.Errorf("zmq: %s for %s, not for %v", s.is, typeList(s.of), t)
		}
	}
	return nil
}

// typeList names types, as in "PUB and XPUB".
func typeList(types []Type) string {
	var names []string
	for _, t := range types {
		names = append(names, t.String())
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// or returns v, or the default where v is zero, or off where v is negative.
func or[T int | int64 | time.Duration](v, def, off T) T {
	switch {
	case v == 0:
		return def
	case v < 0:
		return off
	}
	return v
}

// withDefaults returns a copy of c in which every default is filled in and
// every "no bound" is a large number.
func (c *Config) withDefaults(t Type) Config {
	d := *c
	d.RoutingID = append([]byte(nil), c.RoutingID...)
	d.Properties = maps.Clone(c.Properties)
	d.Welcome = nil
	for _, f := range c.Welcome {
		d.Welcome = append(d.Welcome, bytes.Clone(f))
	}
	d.SendQueue = or(c.SendQueue, 1000, math.MaxInt)
	d.SendQueueBytes = or(c.SendQueueBytes, 64<<20, math.MaxInt64)
	if c.SendQueue < 0 && c.SendQueueBytes == 0 {
		d.SendQueueBytes = math.MaxInt64 // no bound means none
	}
	d.SendBuffer = or(c.SendBuffer, 1024, 0)
	d.RecvQueue = or(c.RecvQueue, 512, 0)
	if c.Relaxed || t == Rep {
		d.RecvQueue = max(d.RecvQueue, 1) // whether the user has taken a message is seen there
	}
	d.MaxMessageSize = min(or(c.MaxMessageSize, 256<<20, math.MaxInt), math.MaxInt)
	d.HandshakeTimeout = or(c.HandshakeTimeout, 30*time.Second, 0)
	d.MaxHandshakes = or(c.MaxHandshakes, 256, math.MaxInt)
	d.StallTimeout = max(c.StallTimeout, 0)
	d.HeartbeatInterval = max(c.HeartbeatInterval, 0)
	d.HeartbeatTimeout = or(c.HeartbeatTimeout, d.HeartbeatInterval, d.HeartbeatInterval)
	d.ReconnectMin = or(c.ReconnectMin, 20*time.Millisecond, time.Millisecond)
	d.ReconnectMax = max(or(c.ReconnectMax, 2*time.Second, 0), d.ReconnectMin)
	if c.Full == PatternPolicy {
		d.Full = Block
		switch t {
		case Pub, XPub, Router, Rep:
			d.Full = DropNewest
		}
	}
	if c.Security == nil {
		d.Security = NullServer(AllowAny)
	}
	if c.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if c.dial == nil {
		d.dial = new(net.Dialer).DialContext
	}
	return d
}
