package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	gozeromq "github.com/go-zeromq/zmq4"
	pebbe "github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// serveZMQ is package zmq of this repository.
func serveZMQ(m *measurement) (int64, error) {
	types := map[string]zmq.Type{"echo": zmq.Router, "in": zmq.Pull, "out": zmq.Push, "pub": zmq.XPub}
	cfg := &zmq.Config{Full: zmq.Block}
	var left atomic.Int64
	answered := make(chan struct{})
	if m.Handler {
		left.Store(int64(m.N))
		cfg.Handler = func(s *zmq.Socket, msg zmq.Message) {
			s.Deliver(msg, func(error) { msg.Recycle() })
			if left.Add(-1) == 0 {
				close(answered)
			}
		}
	}
	if m.curve() {
		cfg.Security = zmq.CurveServer(keyPair(m.ServerKey), zmq.AllowAny)
	}
	s, err := zmq.NewSocket(types[m.What], cfg)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	at, err := s.Bind(m.Endpoint)
	if err != nil {
		return 0, err
	}
	fmt.Println(at)
	payload := make([]byte, m.Size)
	var start time.Time
	switch m.What {
	case "echo":
		if m.Handler {
			<-answered
			break
		}
		for range m.N {
			msg := <-s.Recv()
			s.Deliver(msg, func(error) { msg.Recycle() })
		}
	case "in":
		for i := range m.N {
			msg := <-s.Recv()
			msg.Recycle() // as the others free theirs
			if i == 0 {
				start = time.Now()
			}
		}
		return int64(time.Since(start)), nil
	case "pub":
		for range m.Peers {
			<-s.Recv()
		}
		fallthrough
	case "out":
		for range m.N {
			s.Send() <- zmq.Message{Frames: [][]byte{payload}}
		}
	}
	return 0, s.Shutdown(context.Background())
}

// servePebbe is libzmq by way of cgo.
func servePebbe(m *measurement) (int64, error) {
	s, at, err := openPebbe(m, pebbe.NewSocket)
	if err != nil {
		return 0, err
	}
	fmt.Println(at)
	payload := make([]byte, m.Size)
	var start time.Time
	switch m.What {
	case "echo":
		for range m.N {
			frames, err := s.RecvMessageBytes(0)
			if err != nil {
				return 0, err
			}
			if _, err := s.SendMessage(frames); err != nil {
				return 0, err
			}
		}
	case "in":
		for i := range m.N {
			if _, err := s.RecvBytes(0); err != nil {
				return 0, err
			}
			if i == 0 {
				start = time.Now()
			}
		}
		return int64(time.Since(start)), nil
	case "pub":
		for range m.Peers {
			if _, err := s.RecvBytes(0); err != nil {
				return 0, err
			}
		}
		fallthrough
	case "out":
		for range m.N {
			if _, err := s.SendBytes(payload, 0); err != nil {
				return 0, err
			}
		}
	}
	s.Close()
	return 0, pebbe.Term()
}

// openPebbe makes the socket that is measured, and says where it is bound.
func openPebbe(
	m *measurement, newSocket func(pebbe.Type) (*pebbe.Socket, error),
) (s *pebbe.Socket, at string, err error) {
	types := map[string]pebbe.Type{"echo": pebbe.ROUTER, "in": pebbe.PULL, "out": pebbe.PUSH, "pub": pebbe.XPUB}
	if s, err = newSocket(types[m.What]); err != nil {
		return nil, "", err
	}
	s.SetSndhwm(0)
	s.SetRcvhwm(0)
	if m.What == "pub" {
		s.SetXpubVerbose(1)
	}
	if m.curve() {
		s.SetCurveServer(1)
		s.SetCurveSecretkey(keyPair(m.ServerKey).Secret())
	}
	if err = s.Bind(m.Endpoint); err != nil {
		return nil, "", err
	}
	at, err = s.GetLastEndpoint()
	return s, at, err
}

// serveGoZeroMQ is the other pure Go library. It has no CURVE, and its PUB
// drops what is published too fast.
func serveGoZeroMQ(m *measurement) (int64, error) {
	ctx := context.Background()
	var s gozeromq.Socket
	switch m.What {
	case "echo":
		s = gozeromq.NewRouter(ctx)
	case "in":
		s = gozeromq.NewPull(ctx)
	case "out":
		s = gozeromq.NewPush(ctx)
	}
	if err := s.Listen(m.Endpoint); err != nil {
		return 0, err
	}
	if m.Endpoint[:3] == "ipc" {
		fmt.Println(m.Endpoint)
	} else {
		fmt.Printf("tcp://%v\n", s.Addr())
	}
	payload := make([]byte, m.Size)
	var start time.Time
	switch m.What {
	case "echo":
		for range m.N {
			msg, err := s.Recv()
			if err != nil {
				return 0, err
			}
			if err := s.Send(msg); err != nil {
				return 0, err
			}
		}
	case "in":
		for i := range m.N {
			if _, err := s.Recv(); err != nil {
				return 0, err
			}
			if i == 0 {
				start = time.Now()
			}
		}
		return int64(time.Since(start)), nil
	case "out":
		for range m.N {
			if err := s.Send(gozeromq.NewMsg(payload)); err != nil {
				return 0, err
			}
		}
	}
	fmt.Scanln() // it has no linger: stay until the other end has everything
	return 0, nil
}
