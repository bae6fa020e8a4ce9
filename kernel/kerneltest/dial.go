package kerneltest

import (
	"sync"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A line is a client's connection to one socket of a kernel.
type line interface {
	Send(frames [][]byte) error
	Close() error
}

// dial connects to channel ch of the kernel at info: over net or, if it is
// nil, over real sockets.
func dial(net *Network, info *jupyter.ConnectionInfo, ch jupyter.Channel, id string,
	recv func([][]byte)) (line, error) {
	if net == nil {
		return dialReal(info, ch, id, recv)
	}
	c, err := net.Dial(info.Endpoint(ch), id, recv)
	if err == nil && ch == jupyter.IOPub {
		err = c.Subscribe("")
	}
	return c, err
}

// A realLine is a socket of package zmq, with a goroutine that receives.
type realLine struct {
	sock *zmq.Socket
	wg   sync.WaitGroup
}

func dialReal(info *jupyter.ConnectionInfo, ch jupyter.Channel, id string, recv func([][]byte)) (line, error) {
	typ := zmq.Dealer
	if ch == jupyter.IOPub {
		typ = zmq.Sub
	}
	cfg := &zmq.Config{RoutingID: []byte(id)}
	if info.CurvePublicKey != "" {
		server, err := zmq.ParseCurvePublicKey(info.CurvePublicKey)
		if err != nil {
			return nil, err
		}
		cfg.Security = zmq.CurveClient(zmq.NewCurveKey(), server)
	}
	sock, err := zmq.NewSocket(typ, cfg)
	if err != nil {
		return nil, err
	}
	l := &realLine{sock: sock}
	l.wg.Go(func() {
		for m := range sock.Recv() {
			recv(m.Frames)
		}
	})
	if ch == jupyter.IOPub {
		err = sock.Subscribe(nil)
	}
	if err == nil {
		err = sock.Connect(info.Endpoint(ch))
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *realLine) Send(frames [][]byte) error {
	select {
	case l.sock.Send() <- zmq.Message{Frames: frames}:
		return nil
	case <-l.sock.Done():
		return errClosed
	}
}

func (l *realLine) Close() error {
	err := l.sock.Close()
	l.wg.Wait()
	return err
}
