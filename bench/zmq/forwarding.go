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
	if m.curve() {
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

// An original is the mechanism that this project began with, as it was first
// built in posit-dev/ark, pull request 58: a thread that owns the socket and
// polls it together with one end of a PAIR; a notifier that watches the
// outgoing channel, sends one wake-up for each message, and waits until the
// thread has answered that it has taken the message and sent it.
//
// ark has since given up the answer: the notifier puts what it takes into a
// second channel, which the thread empties at each wake-up. That is "drained".
type original struct {
	inbound  chan zmq.Message // unbounded in ark
	outbound chan zmq.Message // the outgoing channel, unbounded in ark
	taken    chan zmq.Message // what the notifier has for the thread
	drained  bool
	donec    chan struct{} // closed when the thread has ended
}

func serveOriginal(m *measurement) (int64, error) { return serveForwarding(m, 1) }

func serveDrained(m *measurement) (int64, error) { return serveForwarding(m, m.N) }

// serveForwarding lets the notifier be ahead of the thread by so many messages.
func serveForwarding(m *measurement, ahead int) (int64, error) {
	ctx, err := pebbe.NewContext()
	if err != nil {
		return 0, err
	}
	notifTx, notifRx, err := libzmq.NewPair(ctx)
	if err != nil {
		return 0, err
	}
	socket, at, err := openPebbe(m, ctx.NewSocket)
	if err != nil {
		return 0, err
	}
	o := &original{
		inbound:  make(chan zmq.Message, m.N),
		outbound: make(chan zmq.Message, m.N),
		taken:    make(chan zmq.Message, ahead),
		drained:  ahead > 1,
		donec:    make(chan struct{}),
	}
	go o.notifier(notifTx)
	go o.forwarder(notifRx, socket)
	took := serveChannels(m, at, o.inbound, o.outbound)
	close(o.outbound)
	<-o.donec
	return took, ctx.Term()
}

// notifier cannot wait for a message without taking it, as Rust's crossbeam
// can. So even the original has a channel of one for what it has taken.
func (o *original) notifier(notif *pebbe.Socket) {
	defer notif.Close()
	for m := range o.outbound {
		o.taken <- m // has room
		notif.SendBytes(nil, 0)
		if !o.drained {
			notif.RecvBytes(0)
		}
	}
	close(o.taken)
	notif.SendBytes(nil, 0)
}

func (o *original) forwarder(notif, socket *pebbe.Socket) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(o.donec)
	defer socket.Close()
	defer notif.Close()
	poller := pebbe.NewPoller()
	poller.Add(notif, pebbe.POLLIN)
	poller.Add(socket, pebbe.POLLIN)
	// ark polls each again, without waiting. This costs less.
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
				if !o.forward(notif, socket) {
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

// forward sends one message and says so, or all that the notifier has taken so
// far. It reports false when there will be no more.
func (o *original) forward(notif, socket *pebbe.Socket) bool {
	for {
		select {
		case m, ok := <-o.taken:
			if !ok {
				return false
			}
			socket.SendMessage(m.Frames)
			if !o.drained {
				notif.SendBytes(nil, 0)
				return true
			}
		default:
			return true
		}
	}
}
