package zmq

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// dialTimeout bounds one attempt to connect.
const dialTimeout = 30 * time.Second

// A connecter keeps one endpoint connected.
type connecter struct {
	s      *Socket
	e      endpoint
	cancel context.CancelFunc // ends it, but for a connection that is made

	conn net.Conn // guarded by s.mu; the last connection that was made, nil before
}

var errDisconnected = errors.New("disconnected")

// Connect starts to connect to endpoint and returns at once. The connection
// is made in the background and, whenever it fails or ends, made again, after
// a pause that grows, for as long as the socket lives; Monitor tells what becomes
// of it. An error, an *EndpointError, means that the endpoint makes no sense, that
// the socket is connected to it already, or that it is closed (ErrClosed).
//
// Endpoints are as in Bind, without the wildcards; tcp://SOURCE;ADDRESS:PORT
// connects from SOURCE, which is an address or the name of an interface, and a port,
// which may be a wildcard.
func (s *Socket) Connect(endpoint string) error {
	e, err := parseEndpoint("connect", endpoint)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &connecter{s: s, e: e, cancel: cancel}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		err = ErrClosed
	case s.connecters[endpoint] != nil:
		err = errors.New("connected already")
	}
	if err != nil {
		cancel()
		return &EndpointError{"connect", endpoint, err}
	}
	s.connecters[endpoint] = c
	s.wg.Go(func() { c.run(ctx) })
	return nil
}

// Disconnect ends what Connect started for endpoint. It closes the connection,
// and does not wait for anything else. What waits for that peer goes to others, if
// the pattern distributes, or is dropped. An error means that the socket is not
// connected to endpoint.
func (s *Socket) Disconnect(endpoint string) error {
	s.mu.Lock()
	c := s.connecters[endpoint]
	if c == nil {
		s.mu.Unlock()
		return &EndpointError{"disconnect", endpoint, errors.New("not connected")}
	}
	delete(s.connecters, endpoint)
	c.cancel()
	conn := c.conn
	var peer *Peer
	for p := range s.peers {
		if p.connecter == c {
			peer = p
		}
	}
	s.mu.Unlock()
	if peer != nil {
		peer.fail(errDisconnected) // what waits for it goes before what is sent later
	}
	if conn != nil {
		// Before another Connect: a ROUTER that finds the routing id of a new
		// connection in use refuses it, or, as libzmq's, never reads from it.
		conn.Close()
	}
	return nil
}

// run connects, serves the connection, and begins again, until ctx is done.
func (c *connecter) run(ctx context.Context) {
	defer c.cancel()
	defer c.s.monitor.emit(Event{Kind: EndpointClosed, Endpoint: c.e.text})
	pause := newBackoff(c.s.cfg.ReconnectMin, c.s.cfg.ReconnectMax)
	for {
		conn, err := c.dial(ctx)
		if err == nil {
			// A peer that ends every connection soon, because it has another of
			// this routing id, say, must not be asked again at once for ever.
			began := time.Now()
			if c.serve(ctx, conn) && time.Since(began) >= pause.now {
				pause.reset()
			}
		} else if ctx.Err() == nil {
			c.s.monitor.emit(Event{Kind: ConnectFailed, Endpoint: c.e.text, Err: err})
		}
		if !c.s.sleep(ctx, pause.next()) {
			return
		}
	}
}

// serve runs one connection and reports whether it became a peer.
func (c *connecter) serve(ctx context.Context, conn net.Conn) bool {
	c.s.mu.Lock()
	c.conn = conn
	ended := ctx.Err() != nil
	c.s.mu.Unlock()
	if ended {
		conn.Close()
		return false
	}
	c.s.monitor.emit(Event{Kind: Connected, Endpoint: c.e.text})
	p, err := c.s.handshake(conn, false)
	if p != nil {
		p.connecter = c
	}
	return c.s.servePeer(conn, c.e.text, p, err)
}

func (c *connecter) dial(ctx context.Context) (net.Conn, error) {
	if err := c.s.takePlace(nil); err != nil {
		return nil, err // a PAIR that has its peer
	}
	if c.e.network == "inproc" {
		return inprocs.dial(ctx, c.e.address)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if c.e.source == "" {
		return c.s.cfg.dial(ctx, c.e.network, c.e.address)
	}
	host, port, err := net.SplitHostPort(c.e.source)
	if err != nil {
		return nil, err
	}
	host = interfaceAddress(host)
	// Nor is it a name in libzmq. To look one up would wait, whatever becomes of ctx.
	if _, err := netip.ParseAddr(host); host != "" && err != nil {
		return nil, fmt.Errorf("source %q is neither an address nor the name of an interface", host)
	}
	local, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	d := net.Dialer{LocalAddr: local}
	return d.DialContext(ctx, c.e.network, c.e.address)
}

// sleep waits for d and reports whether to go on: false when ctx is done or
// the socket closes.
func (s *Socket) sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.flushedc:
	case <-s.closec:
	}
	return false
}

// A backoff is a pause that doubles with each attempt, up to a bound, and is
// shortened at random by up to a half, so that the clients of a server that
// restarts do not come all at once.
type backoff struct {
	min, max, now time.Duration
}

func newBackoff(min, max time.Duration) *backoff { return &backoff{min, max, min} }

func (b *backoff) reset() { b.now = b.min }

func (b *backoff) next() time.Duration {
	d := b.now
	b.now = min(2*b.now, b.max)
	return d - time.Duration(rand.Int64N(int64(d)/2+1))
}
