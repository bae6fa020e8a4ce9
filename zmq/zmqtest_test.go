package zmq_test

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/zmq"
	"github.com/adrastea-kernel/adrastea/zmq/zmqtest"
)

func TestEngine(t *testing.T) {
	zmqtest.Run(t, zmqtest.Engine{
		New: func(typ zmq.Type, cfg *zmq.Config) (zmqtest.Socket, error) { return zmq.NewSocket(typ, cfg) },
	})
}

// The same without room in any channel, which uncovers deadlocks.
func TestEngineUnbuffered(t *testing.T) {
	zmqtest.Run(t, zmqtest.Engine{
		New: func(typ zmq.Type, cfg *zmq.Config) (zmqtest.Socket, error) {
			own := *cfg
			own.SendBuffer, own.RecvQueue = -1, -1
			return zmq.NewSocket(typ, &own)
		},
		Transports: []string{"tcp"},
		Mechanisms: []string{"NULL"},
	})
}
