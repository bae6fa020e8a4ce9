package libzmq

import (
	"errors"
	"fmt"
	"math"
	"syscall"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

const eagain = zmq4.Errno(syscall.EAGAIN)

// types are libzmq's.
var types = map[Type]zmq4.Type{
	Pair: zmq4.PAIR, Pub: zmq4.PUB, Sub: zmq4.SUB, Req: zmq4.REQ, Rep: zmq4.REP, Dealer: zmq4.DEALER,
	Router: zmq4.ROUTER, Pull: zmq4.PULL, Push: zmq4.PUSH, XPub: zmq4.XPUB, XSub: zmq4.XSUB,
}

// NewSocket makes a socket of type t. A nil cfg means the defaults; cfg is
// copied.
func (f *Forwarder) NewSocket(t Type, cfg *Config) (*Socket, error) {
	return f.newSocket(t, cfg, (*Socket).open)
}

// open makes the libzmq socket.
func (s *Socket) open() (err error) {
	if s.soc, err = s.f.ctx.NewSocket(types[s.typ]); err == nil {
		err = s.configure()
	}
	return err
}

// Adopt makes a Socket of a libzmq socket that exists, with the options and
// endpoints it has; of cfg only what concerns channels and queues counts. The
// caller must not use soc any more, except through Do. Its context remains the
// caller's: to terminate it ends the Socket, and waits for what a Socket that
// was shut down still has to write.
func (f *Forwarder) Adopt(soc *zmq4.Socket, cfg *Config) (*Socket, error) {
	libzmqType, err := soc.GetType()
	if err != nil {
		return nil, fmt.Errorf("libzmq: adopt: %w", err)
	}
	for t := range types {
		if types[t] == libzmqType {
			return f.newSocket(t, cfg, func(s *Socket) error {
				s.soc, s.adopted = soc, true
				return nil
			})
		}
	}
	return nil, fmt.Errorf("libzmq: adopt: package zmq has no pattern for a socket of type %v", libzmqType)
}

// newSocket makes a socket and lets open give it its libzmq socket.
func (f *Forwarder) newSocket(t Type, cfg *Config, open func(*Socket) error) (*Socket, error) {
	resolved, err := cfg.Resolve(t)
	if err != nil {
		return nil, err
	}
	if err := unsupported(&resolved); err != nil {
		return nil, fmt.Errorf("libzmq: new %v socket: %w", t, err)
	}
	s := &Socket{
		f:        f,
		typ:      t,
		cfg:      resolved,
		flushc:   make(chan struct{}),
		flushedc: make(chan struct{}),
		closec:   make(chan struct{}),
		donec:    make(chan struct{}),
	}
	s.room.L = &f.mu
	if t.Receives() {
		s.recvc = make(chan Message, s.cfg.RecvQueue)
	}
	if t.Sends() {
		s.sendc = make(chan Message, s.cfg.SendBuffer)
	}
	if cfg != nil && cfg.Security != nil { // without, everybody may connect
		if m := cfg.Security.Reveal(); m.Authenticate != nil {
			if s.domain, err = f.zap.register(f, m.Authenticate); err != nil {
				return nil, err
			}
		}
	}
	if err := f.call(func() error { return s.begin(open) }); err != nil {
		f.zap.forget(s.domain)
		return nil, fmt.Errorf("libzmq: new %v socket: %w", t, err)
	}
	return s, nil
}

// begin has open give s its libzmq socket, which the forwarder polls from then
// on. On the forwarding thread.
func (s *Socket) begin(open func(*Socket) error) error {
	f := s.f
	f.mu.Lock()
	stopping := f.stopping
	f.mu.Unlock()
	if stopping {
		return zmq.ErrClosed
	}
	err := open(s)
	if err == nil && !s.adopted {
		err = s.watch(zmq4.EVENT_MONITOR_STOPPED)
	}
	if err != nil {
		if s.soc != nil {
			s.soc.Close()
		}
		return err
	}
	s.raw = handle(s.soc)
	f.sockets = append(f.sockets, s)
	if s.sendc != nil {
		s.wg.Go(s.sender) // here: from now on the socket may end
	} else {
		close(s.flushedc)
	}
	return nil
}

// configure sets libzmq's options. On the forwarding thread.
func (s *Socket) configure() error {
	c, soc := &s.cfg, s.soc
	unbounded := c.SendQueue == math.MaxInt
	if unbounded {
		c.Full = zmq.Block // which it never does
	}
	sendHWM := hwm(c.SendQueue)
	set := []error{
		soc.SetLinger(0),
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
	case Req:
		set = append(set, soc.SetReqCorrelate(btoi(c.Correlate)), soc.SetReqRelaxed(btoi(c.Relaxed)))
	case Pub, XPub:
		if unbounded {
			sendHWM = publisherHWM
		}
		set = append(set, soc.SetXpubNodrop(c.Full == zmq.Block))
		if len(c.Welcome) > 0 {
			set = append(set, soc.SetXpubWelcomeMsg(string(c.Welcome[0])))
		}
		if s.typ == XPub && c.Subscriptions == zmq.EverySubscription {
			set = append(set, soc.SetXpubVerboser(1))
		}
	}
	set = append(set, soc.SetSndhwm(sendHWM))
	return errors.Join(append(set, s.secure(c.Security.Reveal())...)...)
}

// publisherHWM is how many messages a publisher without a bound leaves to
// libzmq. The others wait here, so that completions tell how subscribers do.
const publisherHWM = 1000

// hwm makes a bound libzmq's.
func hwm(n int) int {
	if n >= math.MaxInt32 {
		return 0
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unsupported says what libzmq cannot do.
func unsupported(c *Config) error {
	switch {
	case c.Full == zmq.DropOldest:
		return errors.New("libzmq cannot take back its oldest message: use Block or DropNewest")
	case len(c.Welcome) > 1:
		return errors.New("libzmq sends a welcome of one frame only")
	case len(c.Properties) > 0:
		return errors.New("released versions of libzmq cannot announce properties")
	case c.NotifyPeers:
		return errors.New("released versions of libzmq cannot notify a ROUTER of its peers")
	case c.Handler != nil:
		return errors.New("a handler would run in the thread of every socket: receive from the channel")
	case c.Subscriptions == zmq.ManualSubscriptions:
		return errManual
	}
	return nil
}

var errManual = errors.New("manual subscriptions name a peer, and libzmq does not tell which one it is")
