//go:build unix

package client

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A register is where a kernel that was started with a registration file tells
// which ports it has chosen (JEP 66).
type register struct {
	c    *Client
	sock *zmq.Socket
	info *jupyter.Registration
}

// registers reports whether the kernel gets a registration file: if that is
// wanted, and its kernelspec says that it can ("If the field value is >=5.5, the
// kernel supports both mechanisms", JEP 66, which became version 5.6).
func (c *Client) registers() bool {
	if !c.cfg.Handshake {
		return false
	}
	major, minor, _ := strings.Cut(c.spec.ProtocolVersion, ".")
	minor, _, _ = strings.Cut(minor, ".")
	ma, err1 := strconv.Atoi(major)
	mi, err2 := strconv.Atoi(minor)
	return err1 == nil && err2 == nil && (ma > 5 || ma == 5 && mi >= 6)
}

// openRegister listens for the kernel and writes its registration file.
func (c *Client) openRegister() (_ *register, err error) {
	sock, err := zmq.NewSocket(zmq.Router, nil)
	if err != nil {
		return nil, fmt.Errorf("client: registration: %w", err)
	}
	defer func() {
		if err != nil {
			sock.Close()
		}
	}()
	c.conn.Ports = [5]int{}
	endpoint := "tcp://127.0.0.1:0"
	port := 1
	if c.conn.Transport == "ipc" {
		endpoint = fmt.Sprintf("ipc://%s-%d", c.conn.IP, port)
	}
	bound, err := sock.Bind(endpoint)
	if err != nil {
		return nil, fmt.Errorf("client: registration: %w", err)
	}
	if c.conn.Transport == "tcp" {
		if port, err = strconv.Atoi(bound[strings.LastIndex(bound, ":")+1:]); err != nil {
			return nil, fmt.Errorf("client: registration: no port in %s", bound)
		}
	}
	info, err := jupyter.NewRegistration(c.conn, port)
	if err != nil {
		return nil, fmt.Errorf("client: registration: %w", err)
	}
	if err := info.WriteFile(c.file, c.conn); err != nil {
		return nil, fmt.Errorf("client: %w: %s", err, otherRuntimeDir)
	}
	return &register{c, sock, info}, nil
}

// accept waits until the kernel in process p has told its ports.
func (r *register) accept(ctx context.Context, p *process) error {
	for {
		select {
		case m, ok := <-r.sock.Recv():
			if !ok {
				return fmt.Errorf("client: registration: %w", r.sock.Err())
			}
			ports, answer, err := r.info.Accept(r.c.session, m.Frames)
			if err != nil {
				r.c.cfg.Logger.Warn("client: what came is no registration", "err", err)
				continue
			}
			r.c.conn.Ports = ports
			delivered := make(chan error, 1)
			r.sock.Deliver(zmq.Message{Frames: answer}, func(err error) { delivered <- err })
			if err := <-delivered; err != nil {
				return fmt.Errorf("client: registration: %w", err)
			}
			return nil
		case <-p.donec:
			return p.exitError()
		case <-ctx.Done():
			return contextError(ctx)
		}
	}
}

// close ends the register. A restart opens another one.
func (r *register) close() { r.sock.Close() }
