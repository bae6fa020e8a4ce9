package libzmq

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// Bind listens on endpoint and returns the endpoint it got, with the port
// filled in where the port was a wildcard. As in package zmq, * and the name of
// an interface stand for addresses of IPv4.
func (s *Socket) Bind(endpoint string) (string, error) {
	bound := ""
	err := s.endpoint("bind", endpoint, func(soc *zmq4.Socket) (err error) {
		if err := spareDescriptors(); err != nil {
			return err
		}
		if !s.adopted {
			// With IPv6, * would be every address of that too, and IPv4 addresses
			// would be given back as some of its.
			if err = soc.SetIpv6(strings.Contains(endpoint, "[")); err != nil {
				return err
			}
			defer soc.SetIpv6(true)
		}
		if err = soc.Bind(endpoint); err == nil {
			bound, err = soc.GetLastEndpoint()
		}
		return err
	})
	return bound, err
}

// Connect starts to connect to endpoint and returns at once; libzmq never
// gives up. An error means that the endpoint makes no sense.
func (s *Socket) Connect(endpoint string) error {
	return s.endpoint("connect", endpoint, func(soc *zmq4.Socket) error { return soc.Connect(endpoint) })
}

// Unbind stops listening on an endpoint that Bind returned.
func (s *Socket) Unbind(endpoint string) error {
	return s.endpoint("unbind", endpoint, func(soc *zmq4.Socket) error { return soc.Unbind(endpoint) })
}

// Disconnect undoes Connect.
func (s *Socket) Disconnect(endpoint string) error {
	return s.endpoint("disconnect", endpoint, func(soc *zmq4.Socket) error { return soc.Disconnect(endpoint) })
}

// Subscribe makes a SUB or XSUB socket receive the messages whose first frame
// begins with prefix.
func (s *Socket) Subscribe(prefix []byte) error {
	return s.subscribe("subscribe", 1, prefix, (*zmq4.Socket).SetSubscribe)
}

// Unsubscribe takes back one Subscribe for prefix.
func (s *Socket) Unsubscribe(prefix []byte) error {
	return s.subscribe("unsubscribe", 0, prefix, (*zmq4.Socket).SetUnsubscribe)
}

// SubscribePeer fails: libzmq does not tell who asks for a subscription.
func (s *Socket) SubscribePeer(*Peer, []byte) error { return errManual }

// UnsubscribePeer fails, as SubscribePeer does.
func (s *Socket) UnsubscribePeer(*Peer, []byte) error { return errManual }

func (s *Socket) subscribe(op string, first byte, prefix []byte, set func(*zmq4.Socket, string) error) error {
	return s.Do(func(soc *zmq4.Socket) (err error) {
		switch s.typ {
		case Sub:
			err = set(soc, string(prefix))
		case XSub:
			_, err = soc.SendBytes(append([]byte{first}, prefix...), zmq4.DONTWAIT)
		default:
			return fmt.Errorf("libzmq: %s: a %v socket has no subscriptions, SUB and XSUB do", op, s.typ)
		}
		return err
	})
}

// Do calls fn with the libzmq socket on the forwarding thread, for options
// and whatever else this package does not offer, and returns what fn returns.
// fn must not keep the socket, block, or call methods of s or of other
// sockets of the same forwarder. To terminate the socket's context ends all of
// these, and the forwarder.
func (s *Socket) Do(fn func(*zmq4.Socket) error) error {
	return s.f.call(func() error {
		if s.soc == nil {
			return zmq.ErrClosed
		}
		err := fn(s.soc)
		if s.raw = handle(s.soc); s.raw == nil { // fn has closed it
			s.soc = nil
			s.end(0)
		}
		return err
	})
}

// endpoint is Do for what names an endpoint.
func (s *Socket) endpoint(op, endpoint string, fn func(*zmq4.Socket) error) error {
	err := checkPorts(endpoint)
	if err == nil {
		err = s.Do(fn)
	}
	if err != nil {
		return &zmq.EndpointError{Op: op, Endpoint: endpoint, Err: err}
	}
	return nil
}

// checkPorts refuses ports that libzmq would take for others: 70000 for 4464,
// its last 16 bits, and 5555x for 5555.
func checkPorts(endpoint string) error {
	addresses, ok := strings.CutPrefix(endpoint, "tcp://")
	if !ok {
		return nil
	}
	for address := range strings.SplitSeq(addresses, ";") { // perhaps a source address first
		colon := strings.LastIndexByte(address, ':')
		if colon < 0 {
			continue // libzmq refuses it
		}
		port := address[colon+1:]
		if _, err := strconv.ParseUint(port, 10, 16); err != nil && port != "*" && port != "!" {
			return fmt.Errorf("port %q is not a number from 0 to 65535", port)
		}
	}
	return nil
}
