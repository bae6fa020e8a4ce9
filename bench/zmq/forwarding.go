package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	pebbe "github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/libzmq"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// serveLibzmq is package libzmq: channels over libzmq, by forwarding.
func serveLibzmq(m *measurement) (int64, error) {
	types := map[string]libzmq.Type{"echo": libzmq.Router, "in": libzmq.Pull, "out": libzmq.Push, "pub": libzmq.XPub}
	cfg := &libzmq.Config{Full: zmq.Block}
	if m.ServerKey != "" {
		cfg.Security = zmq.CurveServer(keyPair(m.ServerKey), zmq.AllowAny)
	}
	s, err := libzmq.NewSocket(types[m.What], cfg)
	if err != nil {
		return 0, err
	}
	at, err := s.Bind(m.Endpoint)
	if err != nil {
		return 0, err
	}
	if m.What == "echo" {
		fmt.Println(at)
		for range m.N {
			s.Deliver(<-s.Recv(), nil)
		}
		return 0, s.Shutdown(context.Background())
	}
	took := serveChannels(m, at, s.Recv(), s.Send())
	if s.Send() == nil {
		return took, s.Close()
	}
	close(s.Send()) // flushes
	<-s.Done()
	return took, nil
}

// serveChannels is what a program does with a socket that is two channels.
func serveChannels(m *measurement, at string, recv <-chan zmq.Message, send chan<- zmq.Message) int64 {
	fmt.Println(at)
	payload := make([]byte, m.Size)
	var start time.Time
	switch m.What {
	case "echo":
		for range m.N {
			send <- <-recv
		}
	case "in":
		for i := range m.N {
			<-recv
			if i == 0 {
				start = time.Now()
			}
		}
		return int64(time.Since(start))
	case "pub":
		for range m.Peers {
			<-recv
		}
		fallthrough
	case "out":
		for range m.N {
			send <- zmq.Message{Frames: [][]byte{payload}}
		}
	}
	return 0
}

// An original is the mechanism that this project began with, as plainly as it
// was first built: a thread that owns the socket and polls it together with a
// PAIR; a notifier that takes each message off the outgoing channel, hands it
// to the thread over a second channel, and sends one wake-up for it.
type original struct {
	inbound  chan zmq.Message
	outbound chan zmq.Message // the outgoing channel
	donec    chan struct{}    // closed when the thread has ended
}

func serveOriginal(m *measurement) (int64, error) {
	types := map[string]pebbe.Type{"echo": pebbe.ROUTER, "in": pebbe.PULL, "out": pebbe.PUSH, "pub": pebbe.XPUB}
	ctx, err := pebbe.NewContext()
	if err != nil {
		return 0, err
	}
	notifTx, notifRx, err := libzmq.NewPair(ctx)
	if err != nil {
		return 0, err
	}
	socket, err := ctx.NewSocket(types[m.What])
	if err != nil {
		return 0, err
	}
	socket.SetSndhwm(0)
	socket.SetRcvhwm(0)
	if m.What == "pub" {
		socket.SetXpubVerbose(1)
	}
	if m.ServerKey != "" {
		socket.SetCurveServer(1)
		socket.SetCurveSecretkey(keyPair(m.ServerKey).Secret())
	}
	if err := socket.Bind(m.Endpoint); err != nil {
		return 0, err
	}
	at, err := socket.GetLastEndpoint()
	if err != nil {
		return 0, err
	}
	o := &original{
		inbound:  make(chan zmq.Message, 512),
		outbound: make(chan zmq.Message, 64),
		donec:    make(chan struct{}),
	}
	forwarded := make(chan zmq.Message, 1000)
	go o.notifier(notifTx, forwarded)
	go o.forwarder(notifRx, socket, forwarded)
	took := serveChannels(m, at, o.inbound, o.outbound)
	close(o.outbound)
	<-o.donec
	return took, ctx.Term()
}

func (o *original) notifier(notif *pebbe.Socket, forwarded chan<- zmq.Message) {
	for m := range o.outbound {
		forwarded <- m
		notif.SendBytes(nil, 0)
	}
	close(forwarded)
	notif.SendBytes(nil, 0)
	notif.Close()
}

func (o *original) forwarder(notif, socket *pebbe.Socket, forwarded <-chan zmq.Message) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(o.donec)
	defer socket.Close()
	defer notif.Close()
	poller := pebbe.NewPoller()
	poller.Add(notif, pebbe.POLLIN)
	poller.Add(socket, pebbe.POLLIN)
	readable := func(s *pebbe.Socket) bool {
		state, err := s.GetEvents()
		return err == nil && state&pebbe.POLLIN != 0
	}
	for {
		ready, _ := poller.Poll(-1)
		for range ready {
			switch {
			case readable(notif):
				notif.RecvBytes(0)
				if !forward(socket, forwarded) {
					return
				}
			case readable(socket):
				if frames, err := socket.RecvMessageBytes(0); err == nil {
					o.inbound <- zmq.Message{Frames: frames}
				}
			}
		}
	}
}

// forward sends what the notifier has handed over so far. It reports false
// when there will be no more.
func forward(socket *pebbe.Socket, forwarded <-chan zmq.Message) bool {
	for {
		select {
		case m, ok := <-forwarded:
			if !ok {
				return false
			}
			socket.SendMessage(m.Frames)
		default:
			return true
		}
	}
}
