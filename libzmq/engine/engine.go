// Package engine lets package kernel serve over libzmq.
package engine

import (
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/libzmq"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// Libzmq makes the sockets of a kernel with package libzmq, on one forwarder,
// so that they are written to in the order of the kernel's outbox.
var Libzmq kernel.Engine = engine{}

type engine struct{}

// Bind implements [kernel.Engine].
func (engine) Bind(t zmq.Type, endpoint string, cfg *zmq.Config) (kernel.Socket, string, error) {
	s, err := libzmq.NewSocket(t, cfg)
	if err != nil {
		return nil, "", err
	}
	bound, err := s.Bind(endpoint)
	if err != nil {
		s.Close()
		return nil, "", err
	}
	return s, bound, nil
}
