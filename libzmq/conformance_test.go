package libzmq

import (
	"sync/atomic"
	"testing"

	"github.com/adrastea-kernel/adrastea/zmq"
	"github.com/adrastea-kernel/adrastea/zmq/zmqtest"
)

func newLibzmq(t zmq.Type, cfg *zmq.Config) (zmqtest.Socket, error) { return NewSocket(t, cfg) }
func newZMQ(t zmq.Type, cfg *zmq.Config) (zmqtest.Socket, error)    { return zmq.NewSocket(t, cfg) }

// TestConformance runs what every engine must show.
func TestConformance(t *testing.T) {
	zmqtest.Run(t, zmqtest.Engine{New: newLibzmq, Transports: []string{"tcp", "ipc"}})
}

// TestConformanceWithZMQ does so with package zmq on the other end, bound or
// connected.
func TestConformanceWithZMQ(t *testing.T) {
	engines := []func(zmq.Type, *zmq.Config) (zmqtest.Socket, error){newLibzmq, newZMQ}
	for first, name := range []string{"libzmq binds", "zmq binds"} {
		t.Run(name, func(t *testing.T) {
			var made atomic.Int64
			zmqtest.Run(t, zmqtest.Engine{
				Transports: []string{"tcp", "ipc"},
				New: func(typ zmq.Type, cfg *zmq.Config) (zmqtest.Socket, error) {
					return engines[(first+int(made.Add(1))-1)%2](typ, cfg)
				},
			})
		})
	}
}
