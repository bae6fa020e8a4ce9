package zmq

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// An endpoint is a parsed 0MQ endpoint.
type endpoint struct {
	text    string // as given
	network string // as package net calls it: "tcp", "tcp4", "unix"; or "inproc"
	address string // as package net takes it
	source  string // the local address to connect from, if one was given
}

// maxUnixPath is how long the path of a Unix socket can be, one octet less
// than sun_path has.
const maxUnixPath = len(rawSockaddrUnix{}.Path) - 1

// parseEndpoint reads text as an endpoint to bind or to connect to.
func parseEndpoint(op, text string) (endpoint, error) {
	e := endpoint{text: text}
	scheme, rest, ok := strings.Cut(text, "://")
	var err error
	switch {
	case !ok:
		err = errors.New("no transport: an endpoint looks like tcp://127.0.0.1:5555 or ipc:///tmp/name")
	case rest == "":
		err = errors.New("no address")
	case scheme == "tcp":
		err = e.parseTCP(op, rest)
	case scheme == "ipc":
		err = e.parseIPC(op, rest)
	case scheme == "inproc":
		e.network, e.address = "inproc", rest
	default:
		err = fmt.Errorf("unknown transport %q: tcp, ipc and inproc are supported", scheme)
	}
	if err != nil {
		return endpoint{}, &EndpointError{op, text, err}
	}
	return e, nil
}

// parseTCP reads what follows tcp://. To bind: an address, a name, the name
// of an interface, or * for every IPv4 address. To connect: an address or a
// name, after the source address and a semicolon if there is one.
func (e *endpoint) parseTCP(op, rest string) error {
	bind := op == "bind"
	if source, target, ok := strings.Cut(rest, ";"); ok && !bind {
		host, port, err := splitHostPort(source, true)
		if err != nil {
			return fmt.Errorf("source address: %w", err)
		}
		if host == "*" {
			host = ""
		}
		e.source, rest = net.JoinHostPort(host, port), target
	}
	host, port, err := splitHostPort(rest, bind)
	if err != nil {
		return err
	}
	e.network = "tcp"
	switch {
	case host == "*" && bind:
		// libzmq's wildcard is IPv4; tcp://[::]:port is every address.
		e.network, host = "tcp4", "0.0.0.0"
	case host == "*":
		return errors.New("the wildcard * is for binding only")
	case bind:
		host = interfaceAddress(host)
	case !possibleHost(host):
		return fmt.Errorf("host %q is neither an address nor a name", host)
	}
	e.address = net.JoinHostPort(host, port)
	return nil
}

// splitHostPort splits an address and checks its port. wildcard allows wildcards;
// that of a port, "*", "0" or, as in libzmq, "!", becomes "0".
func splitHostPort(text string, wildcard bool) (host, port string, err error) {
	host, port, err = net.SplitHostPort(text)
	if err != nil {
		if addrErr, ok := errors.AsType[*net.AddrError](err); ok {
			return "", "", errors.New(addrErr.Err)
		}
		return "", "", err
	}
	switch {
	case host == "" && wildcard:
		return "", "", errors.New("no host: * stands for every address")
	case host == "":
		return "", "", errors.New("no host")
	}
	if port == "*" || port == "!" {
		port = "0"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil:
		return "", "", fmt.Errorf("port %q is not a number from 0 to 65535", port)
	case n == 0 && !wildcard:
		return "", "", errors.New("a wildcard port is for binding only")
	}
	return host, port, nil
}

// possibleHost reports whether host may be an address or a name: if not, no attempt
// to connect would find it. The zone of an address may have anything in it.
func possibleHost(host string) bool {
	host, _, _ = strings.Cut(host, "%")
	return !strings.ContainsFunc(host, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune("/?#@;,", c)
	})
}

// interfaceAddress returns the first IPv4 address of the network interface of
// that name, or name itself when there is no such interface.
func interfaceAddress(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return name
	}
	ifc, err := net.InterfaceByName(name)
	if err != nil {
		return name
	}
	addrs, err := ifc.Addrs()
	if err != nil {
		return name
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	return name
}

// parseIPC reads what follows ipc://: a path, * for a path of the socket's
// choice, or @ and a name in Linux's abstract space.
func (e *endpoint) parseIPC(op, rest string) error {
	e.network, e.address = "unix", rest
	switch {
	case len(rest) > maxUnixPath:
		return fmt.Errorf("the path has %d octets, a Unix socket's can have %d", len(rest), maxUnixPath)
	case strings.IndexByte(rest, 0) >= 0:
		return errors.New("the path contains a zero octet")
	case rest == "@":
		return errors.New("an abstract name needs at least one octet after @")
	case rest == "*" && op == "connect":
		return errors.New("the wildcard * is for binding only")
	}
	return nil
}

// endpointOf writes an address as an endpoint.
func endpointOf(a net.Addr) string {
	if a.Network() == "unix" {
		return "ipc://" + a.String()
	}
	return a.Network() + "://" + a.String()
}
