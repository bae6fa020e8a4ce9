package kernel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// handshakeTimeout is how long a kernel waits for the answer to its registration.
// "A kernel should shutdown itself if it does not receive an acknowledge receipt
// after some time" (JEP 66). That is long: the launcher may be starting a
// hundred others.
const handshakeTimeout = time.Minute

// errNotAnswered is why a kernel ends that was not wanted.
var errNotAnswered = errors.New("the registration was not answered")

// register tells the launcher of the kernel where s listens, and returns when
// that was acknowledged. What a client sends before Run waits in the sockets.
// It returns ErrShutdown if s was closed meanwhile.
func (s *Server) register(ctx context.Context, r *jupyter.Registration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, handshakeTimeout, errNotAnswered)
	defer cancel()
	err := s.handshake(ctx, r)
	if err == nil || errors.Is(err, ErrShutdown) {
		return err
	}
	return fmt.Errorf("kernel: registration at %s: %w", r.Endpoint(), err)
}

func (s *Server) handshake(ctx context.Context, r *jupyter.Registration) error {
	frames, err := r.Announce(s.session, s.info.Ports)
	if err != nil {
		return err
	}
	typ := zmq.Dealer
	if r.Older {
		typ = zmq.Req
	}
	sock, err := zmq.NewSocket(typ, nil)
	if err != nil {
		return err
	}
	defer sock.Close()
	if err := sock.Connect(r.Endpoint()); err != nil {
		return err
	}
	select {
	case sock.Send() <- zmq.Message{Frames: frames}:
	case <-s.endc:
		return ErrShutdown
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case m, ok := <-sock.Recv():
		if !ok {
			return sock.Err()
		}
		return r.CheckAnswer(m.Frames)
	case <-s.endc:
		return ErrShutdown
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
