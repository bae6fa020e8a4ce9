package main

import (
	"runtime"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/libzmq"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// An original is the mechanism this project began with, as plainly as it was
// first built: a thread that owns the socket and polls it together with a
// PAIR; a notifier that takes each message off the outgoing channel, hands it
// to the thread over a second channel, and sends one wake-up for it.
type original struct {
	inbound  chan zmq.Message
	outbound chan zmq.Message // the outgoing channel
	donec    chan struct{}
}

func newOriginal() (*original, string, error) {
	ctx, err := zmq4.NewContext()
	if err != nil {
		return nil, "", err
	}
	notifTx, notifRx, err := libzmq.NewPair(ctx)
	if err != nil {
		return nil, "", err
	}
	socket, err := ctx.NewSocket(zmq4.ROUTER)
	if err != nil {
		return nil, "", err
	}
	_ = socket.SetRouterMandatory(1)
	_ = socket.SetSndhwm(10000)
	_ = socket.SetRcvhwm(10000)
	if err := socket.Bind("tcp://127.0.0.1:*"); err != nil {
		return nil, "", err
	}
	endpoint, err := socket.GetLastEndpoint()
	o := &original{
		inbound:  make(chan zmq.Message, 512),
		outbound: make(chan zmq.Message, 512),
		donec:    make(chan struct{}),
	}
	forwarded := make(chan zmq.Message, 512)
	go o.notifier(notifTx, forwarded)
	go o.forwarder(notifRx, socket, forwarded)
	return o, endpoint, err
}

func (o *original) notifier(notif *zmq4.Socket, forwarded chan<- zmq.Message) {
	for m := range o.outbound {
		forwarded <- m
		_, _ = notif.SendBytes(nil, 0)
	}
	close(forwarded)
	_, _ = notif.SendBytes(nil, 0)
	notif.Close()
}

func (o *original) forwarder(notif, socket *zmq4.Socket, forwarded <-chan zmq.Message) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(o.donec)
	poller := zmq4.NewPoller()
	poller.Add(notif, zmq4.POLLIN)
	poller.Add(socket, zmq4.POLLIN)
	hasInput := func(s *zmq4.Socket) bool {
		state, err := s.GetEvents()
		return err == nil && state&zmq4.POLLIN != 0
	}
	for {
		ready, _ := poller.Poll(-1)
		for range ready {
			switch {
			case hasInput(notif):
				_, _ = notif.RecvBytes(0)
				if !forward(socket, forwarded) {
					notif.Close()
					socket.Close()
					ctx, _ := socket.Context()
					_ = ctx
					return
				}
			case hasInput(socket):
				frames, err := socket.RecvMessageBytes(0)
				if err == nil {
					o.inbound <- zmq.Message{Frames: frames}
				}
			}
		}
	}
}

// forward sends what the notifier has handed over so far. It reports false
// when there will be no more.
func forward(socket *zmq4.Socket, forwarded <-chan zmq.Message) bool {
	for {
		select {
		case m, ok := <-forwarded:
			if !ok {
				return false
			}
			_, _ = socket.SendMessage(m.Frames)
		default:
			return true
		}
	}
}
