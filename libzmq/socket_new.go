package libzmq

import (
	"fmt"
	"log/slog"
	"math"
	"syscall"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

const eagain = zmq4.Errno(syscall.EAGAIN)

// types are libzmq's, with the directions that they have.
var types = map[Type]struct {
	t          zmq4.Type
	recv, send bool
}{
	Pair:   {zmq4.PAIR, true, true},
	Pub:    {zmq4.PUB, false, true},
	Sub:    {zmq4.SUB, true, false},
	Req:    {zmq4.REQ, true, true},
	Rep:    {zmq4.REP, true, true},
	Dealer: {zmq4.DEALER, true, true},
	Router: {zmq4.ROUTER, true, true},
	Pull:   {zmq4.PULL, true, false},
	Push:   {zmq4.PUSH, false, true},
	XPub:   {zmq4.XPUB, true, true},
	XSub:   {zmq4.XSUB, true, true},
}

// NewSocket makes a socket of type t. A nil cfg means the defaults; cfg is
// copied.
func (f *Forwarder) NewSocket(t Type, cfg *Config) (*Socket, error) {
	kind, ok := types[t]
	if !ok {
		return nil, fmt.Errorf("libzmq: new socket: unknown type %d", t)
	}
	return f.newSocket(t, cfg, func(s *Socket) (err error) {
		if s.soc, err = f.ctx.NewSocket(kind.t); err == nil {
			err = s.configure()
		}
		return err
	})
}

// Adopt makes a Socket of a libzmq socket that exists, with the options and
// endpoints it has; of cfg only the bounds of channels and queues count. The
// caller must not use soc any more, except through Do.
func (f *Forwarder) Adopt(soc *zmq4.Socket, cfg *Config) (*Socket, error) {
	libzmqType, err := soc.GetType()
	if err != nil {
		return nil, fmt.Errorf("libzmq: adopt: %w", err)
	}
	for t, kind := range types {
		if kind.t == libzmqType {
			return f.newSocket(t, cfg, func(s *Socket) error {
				s.soc = soc
				return nil
			})
		}
	}
	return nil, fmt.Errorf("libzmq: adopt: no pattern of package zmq is %v", libzmqType)
}

// newSocket makes a socket and lets open give it its libzmq socket.
func (f *Forwarder) newSocket(t Type, cfg *Config, open func(*Socket) error) (*Socket, error) {
	s := &Socket{
		f:        f,
		typ:      t,
		cfg:      withDefaults(cfg, t),
		flushc:   make(chan struct{}),
		flushedc: make(chan struct{}),
		closec:   make(chan struct{}),
		donec:    make(chan struct{}),
	}
	s.room.L = &f.mu
	if s.cfg.Full == zmq.DropOldest {
		return nil, fmt.Errorf("libzmq: new socket: libzmq cannot drop its oldest message: use Block or DropNewest")
	}
	if types[t].recv {
		s.recvc = make(chan Message, s.cfg.RecvQueue)
	}
	err := f.call(func() error {
		err := open(s)
		if err == nil {
			err = s.watch()
		}
		if err == nil {
			f.sockets = append(f.sockets, s)
		} else if s.soc != nil {
			s.soc.Close()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("libzmq: new socket: %w", err)
	}
	if types[t].send {
		s.sendc = make(chan Message, s.cfg.SendBuffer)
		s.wg.Go(s.sender)
	} else {
		close(s.flushedc)
	}
	return s, nil
}

// call calls fn on the forwarding thread and returns what it returns.
func (f *Forwarder) call(fn func() error) error {
	errc := make(chan error, 1)
	if !f.post(func() { errc <- fn() }) {
		return zmq.ErrClosed
	}
	return <-errc
}

// watch has libzmq tell when it is done with the socket. On the forwarding
// thread.
func (s *Socket) watch() error {
	ctx, err := s.soc.Context()
	if err != nil {
		return err
	}
	if s.monitor, err = ctx.NewSocket(zmq4.PAIR); err != nil {
		return err
	}
	endpoint := fmt.Sprintf("inproc://adrastea-monitor-%d", pairs.Add(1))
	if err = s.soc.Monitor(endpoint, zmq4.EVENT_MONITOR_STOPPED); err == nil {
		err = s.monitor.Connect(endpoint)
	}
	if err != nil {
		s.monitor.Close()
		return err
	}
	s.raw = handle(s.soc)
	return nil
}

// configure sets libzmq's options. On the forwarding thread.
func (s *Socket) configure() error {
	c, soc := &s.cfg, s.soc
	set := []error{
		soc.SetLinger(0),
		soc.SetSndhwm(hwm(c.SendQueue)),
		soc.SetRcvhwm(hwm(max(c.RecvQueue, 1))),
		soc.SetMaxmsgsize(c.MaxMessageSize),
		soc.SetHandshakeIvl(c.HandshakeTimeout),
		soc.SetReconnectIvl(c.ReconnectMin),
		soc.SetReconnectIvlMax(c.ReconnectMax),
		soc.SetTcpKeepalive(1),
		soc.SetIpv6(true),
	}
	if len(c.RoutingID) > 0 {
		set = append(set, soc.SetIdentity(string(c.RoutingID)))
	}
	if c.StallTimeout > 0 {
		set = append(set, soc.SetTcpMaxrt(c.StallTimeout))
	}
	if c.HeartbeatInterval > 0 {
		set = append(set, soc.SetHeartbeatIvl(c.HeartbeatInterval),
			soc.SetHeartbeatTimeout(c.HeartbeatTimeout), soc.SetHeartbeatTtl(c.HeartbeatTTL))
	}
	switch s.typ {
	case Router:
		set = append(set, soc.SetRouterMandatory(1), soc.SetRouterHandover(c.Handover))
	case XPub:
		if c.Subscriptions == zmq.EverySubscription {
			set = append(set, soc.SetXpubVerboser(1))
		}
		set = append(set, soc.SetXpubNodrop(c.Full == zmq.Block))
	case Pub:
		set = append(set, soc.SetXpubNodrop(c.Full == zmq.Block))
	}
	for _, err := range set {
		if err != nil {
			return err
		}
	}
	return nil
}

// hwm makes a bound libzmq's.
func hwm(n int) int {
	if n >= math.MaxInt32 {
		return 0
	}
	return n
}

// withDefaults fills in the defaults that package zmq documents.
func withDefaults(cfg *Config, t Type) Config {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	if c.SendQueue < 0 && c.SendQueueBytes == 0 {
		c.SendQueueBytes = -1 // no bound means none
	}
	c.SendQueue = or(c.SendQueue, 1000, math.MaxInt)
	c.SendQueueBytes = or(c.SendQueueBytes, 64<<20, math.MaxInt64)
	c.SendBuffer = or(c.SendBuffer, 64, 0)
	c.RecvQueue = or(c.RecvQueue, 512, 0)
	c.MaxMessageSize = or(c.MaxMessageSize, 256<<20, math.MaxInt64)
	c.HandshakeTimeout = or(c.HandshakeTimeout, 30*time.Second, 0)
	c.HeartbeatTimeout = or(c.HeartbeatTimeout, c.HeartbeatInterval, c.HeartbeatInterval)
	c.ReconnectMin = or(c.ReconnectMin, 20*time.Millisecond, time.Millisecond)
	c.ReconnectMax = max(or(c.ReconnectMax, 2*time.Second, 0), c.ReconnectMin)
	if c.Full == zmq.PatternPolicy {
		c.Full = zmq.Block
		if t == Pub || t == XPub || t == Router {
			c.Full = zmq.DropNewest
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// or returns v, or def where v is zero, or off where v is negative.
func or[T int | int64 | time.Duration](v, def, off T) T {
	switch {
	case v == 0:
		return def
	case v < 0:
		return off
	}
	return v
}
