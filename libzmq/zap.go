package libzmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// A zap answers libzmq's question who may connect: for each handshake of a
// socket with an authenticator, libzmq sends a request on an inproc endpoint.
// https://rfc.zeromq.org/spec/27/
type zap struct {
	opening sync.Mutex // held while s is made, never on the forwarding thread

	mu      sync.Mutex
	s       *Socket                      // guarded by mu; nil until there is an authenticator
	domains map[string]zmq.Authenticator // guarded by mu; each socket has a domain of its own
}

const zapEndpoint = "inproc://zeromq.zap.01"

// register returns the ZAP domain of an authenticator.
func (z *zap) register(f *Forwarder, authenticate zmq.Authenticator) (domain string, err error) {
	z.opening.Lock()
	defer z.opening.Unlock()
	if z.s == nil { // set here only
		s, err := f.newSocket(Router, &Config{SendQueue: -1}, (*Socket).open)
		if err != nil {
			return "", err
		}
		if _, err = s.Bind(zapEndpoint); err != nil {
			s.Close() // or the forwarder would wait for it
			return "", err
		}
		z.mu.Lock()
		z.s, z.domains = s, make(map[string]zmq.Authenticator)
		z.mu.Unlock()
		f.wg.Go(func() { z.serve(s) })
	}
	domain = fmt.Sprintf("adrastea-%d", names.Add(1))
	z.mu.Lock()
	defer z.mu.Unlock()
	z.domains[domain] = authenticate
	return domain, nil
}

// forget is the end of a domain.
func (z *zap) forget(domain string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	delete(z.domains, domain)
}

// end is the end of all.
func (z *zap) end() {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.s != nil {
		z.s.end(0)
	}
}

// serve answers until the socket closes. Authenticators may take their time.
func (z *zap) serve(s *Socket) {
	var asked sync.WaitGroup
	defer asked.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for m := range s.Recv() {
		// routing id, delimiter, version, request id, domain, address,
		// identity, mechanism, credentials
		if len(m.Frames) < 8 {
			continue
		}
		asked.Go(func() {
			status, text := z.answer(ctx, m.Frames[4:])
			// No user id: libzmq queues it like a message, which breaks REQ
			// (in 4.3) and counts against a bound of one message for ever.
			s.Deliver(Message{Frames: [][]byte{m.Frames[0], nil, []byte("1.0"), m.Frames[3],
				[]byte(status), []byte(text), nil, nil}}, nil)
		})
	}
}

// answer asks the authenticator of a domain.
func (z *zap) answer(ctx context.Context, request [][]byte) (status, text string) {
	z.mu.Lock()
	authenticate := z.domains[string(request[0])]
	z.mu.Unlock()
	if authenticate == nil {
		return "300", "the socket is closing"
	}
	c := zmq.Credentials{Mechanism: string(request[3]), Address: string(request[1])}
	if _, err := netip.ParseAddr(c.Address); err == nil { // as package zmq has it
		c.Address = "tcp://" + net.JoinHostPort(c.Address, "0")
	}
	switch credentials := request[4:]; {
	case c.Mechanism == "PLAIN" && len(credentials) == 2:
		c.User = string(credentials[0])
		c.SetPassword(string(credentials[1]))
	case c.Mechanism == "CURVE" && len(credentials) == 1 && len(credentials[0]) == len(c.Key):
		c.Key = zmq.CurvePublicKey(credentials[0])
	case c.Mechanism != "NULL":
		return "500", "credentials not understood"
	}
	switch _, err := authenticate(ctx, c); {
	case err == nil:
		return "200", "OK"
	case errors.Is(err, zmq.ErrTryLater) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return "300", "try later"
	}
	return "400", "denied" // the peer does not learn why
}

// secure returns the errors of setting the socket's security mechanism.
func (s *Socket) secure(m zmq.Mechanism) []error {
	soc := s.soc
	var errs []error
	switch {
	case m.Name == "PLAIN" && m.Server:
		errs = append(errs, soc.SetPlainServer(1))
	case m.Name == "PLAIN":
		errs = append(errs, soc.SetPlainUsername(m.User), soc.SetPlainPassword(m.Password))
	case m.Name == "CURVE" && m.Server:
		errs = append(errs, soc.SetCurveServer(1), soc.SetCurveSecretkey(m.Key.Secret()))
	case m.Name == "CURVE":
		errs = append(errs, soc.SetCurveServerkey(m.ServerKey.String()),
			soc.SetCurvePublickey(m.Key.Public().String()), soc.SetCurveSecretkey(m.Key.Secret()))
	}
	if s.domain != "" {
		errs = append(errs, soc.SetZapDomain(s.domain))
	}
	return errs
}
