package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A fakeKernel is a kernel whose every message a test decides. Its handler is
// called in one goroutine, with what comes on shell, control and stdin. A message
// of a type of the protocol that the protocol does not allow ends the test binary.
type fakeKernel struct {
	conn    *jupyter.ConnectionInfo
	codec   *jupyter.Codec
	session *jupyter.Session
	sockets [5]*zmq.Socket // by jupyter.Channel
	handle  func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message)
	deaf    atomic.Bool  // do not echo heartbeats
	beats   atomic.Int64 // heartbeats that came
	stopc   chan struct{}
	stopOne sync.Once
	wg      sync.WaitGroup
}

// serveFake runs a fake kernel on conn, whose ports may be 0.
func serveFake(
	conn *jupyter.ConnectionInfo, handle func(*fakeKernel, jupyter.Channel, *jupyter.Message),
) (*fakeKernel, error) {
	k := &fakeKernel{
		conn:    conn,
		session: jupyter.NewSession("kernel"),
		handle:  handle,
		stopc:   make(chan struct{}),
	}
	var err error
	if k.codec, err = jupyter.NewCodec(conn.SignatureScheme, conn.Key); err != nil {
		return nil, err
	}
	types := [5]zmq.Type{
		jupyter.Shell: zmq.Router, jupyter.Control: zmq.Router, jupyter.Stdin: zmq.Router,
		jupyter.IOPub: zmq.XPub, jupyter.Heartbeat: zmq.Rep,
	}
	for ch, typ := range types {
		s, err := zmq.NewSocket(typ, nil)
		if err != nil {
			return nil, err
		}
		k.sockets[ch] = s
		at, err := s.Bind(conn.Endpoint(jupyter.Channel(ch)))
		if err != nil {
			return nil, err
		}
		conn.Ports[ch] = portOf(at)
	}
	k.wg.Go(k.serve)
	k.wg.Go(k.echo)
	return k, nil
}

// portOf returns the number at the end of an endpoint.
func portOf(endpoint string) int {
	n, scale := 0, 1
	for i := len(endpoint) - 1; i >= 0 && endpoint[i] >= '0' && endpoint[i] <= '9'; i-- {
		n += int(endpoint[i]-'0') * scale
		scale *= 10
	}
	return n
}

func (k *fakeKernel) serve() {
	for {
		var z zmq.Message
		var ok bool
		ch := jupyter.Shell
		select {
		case z, ok = <-k.sockets[jupyter.Shell].Recv():
		case z, ok = <-k.sockets[jupyter.Control].Recv():
			ch = jupyter.Control
		case z, ok = <-k.sockets[jupyter.Stdin].Recv():
			ch = jupyter.Stdin
		case <-k.sockets[jupyter.IOPub].Recv(): // a subscription
			continue
		case <-k.stopc:
			return
		}
		if !ok {
			return
		}
		if m, err := k.codec.Decode(z.Frames); err == nil {
			_, parseErr := m.Parse()
			own := errors.Is(parseErr, jupyter.ErrUnknownType) // a type of the test's
			if err := kerneltest.CheckMessage(ch, m); err != nil && !own {
				panic(fmt.Sprintf("the client sent on %v %s %s: %v", ch, m.Header.MsgType, m.Content, err))
			}
			k.handle(k, ch, m)
		}
	}
}

// echo is the heartbeat.
func (k *fakeKernel) echo() {
	hb := k.sockets[jupyter.Heartbeat]
	for {
		select {
		case z, ok := <-hb.Recv():
			if !ok {
				return
			}
			k.beats.Add(1)
			if k.deaf.Load() {
				continue
			}
			select {
			case hb.Send() <- z:
			case <-k.stopc:
				return
			}
		case <-k.stopc:
			return
		}
	}
}

// stop ends the kernel when what it has sent is out; it may be called several
// times, and not by its handler.
func (k *fakeKernel) stop() {
	k.stopOne.Do(func() { close(k.stopc) })
	k.wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, s := range k.sockets {
		s.Shutdown(ctx)
	}
}

// send sends content with the header of parent as its parent, on ch.
func (k *fakeKernel) send(ch jupyter.Channel, parent *jupyter.Message, c jupyter.Content) {
	m, err := k.session.Reply(parent, c)
	if err != nil {
		panic(err)
	}
	k.sendMessage(ch, m)
}

func (k *fakeKernel) sendMessage(ch jupyter.Channel, m *jupyter.Message) {
	if ch == jupyter.IOPub {
		m.Identities = [][]byte{[]byte("topic")}
	}
	frames, err := k.codec.Encode(m)
	if err != nil {
		panic(err)
	}
	if ch == jupyter.Stdin {
		k.deliver(ch, frames)
		return
	}
	select {
	case k.sockets[ch].Send() <- zmq.Message{Frames: frames}:
	case <-k.sockets[ch].Done():
	}
}

// deliver sends again what has found no client: one may have asked on shell while
// its other connections are on their way. Kernels do the same.
func (k *fakeKernel) deliver(ch jupyter.Channel, frames [][]byte) {
	for {
		sent := make(chan error, 1)
		k.sockets[ch].Deliver(zmq.Message{Frames: frames}, func(err error) { sent <- err })
		if err := <-sent; !errors.Is(err, zmq.ErrNoPeer) {
			return
		}
		select {
		case <-time.After(time.Millisecond):
		case <-k.stopc:
			return
		}
	}
}

func (k *fakeKernel) status(parent *jupyter.Message, state string) {
	k.send(jupyter.IOPub, parent, &jupyter.Status{ExecutionState: state})
}

func (k *fakeKernel) stdout(parent *jupyter.Message, text string) {
	k.send(jupyter.IOPub, parent, &jupyter.Stream{Name: jupyter.Stdout, Text: text})
}

// whole sends busy, what f sends, the reply and idle.
func (k *fakeKernel) whole(ch jupyter.Channel, m *jupyter.Message, c jupyter.Content, f func()) {
	k.status(m, jupyter.StateBusy)
	if f != nil {
		f()
	}
	k.send(ch, m, c)
	k.status(m, jupyter.StateIdle)
}

// info answers a kernel_info_request.
func (k *fakeKernel) info(ch jupyter.Channel, m *jupyter.Message) {
	k.whole(ch, m, &jupyter.KernelInfoReply{
		Status:          jupyter.StatusOK,
		ProtocolVersion: jupyter.ProtocolVersion,
		Implementation:  "fake",
		LanguageInfo:    jupyter.LanguageInfo{Name: "fake"},
	}, nil)
}

// code returns the code of an execute_request.
func code(m *jupyter.Message) string {
	var c struct{ Code string }
	json.Unmarshal(m.Content, &c)
	return c.Code
}

// executing returns a handler that answers kernel_info and leaves the rest to f.
func executing(f func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message)) func(
	*fakeKernel, jupyter.Channel, *jupyter.Message) {
	return func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		if m.Header.MsgType == jupyter.TypeKernelInfoRequest {
			k.info(ch, m)
			return
		}
		f(k, ch, m)
	}
}

// okReply is the reply to code that succeeds.
func okReply() *jupyter.ExecuteReply {
	return &jupyter.ExecuteReply{Status: jupyter.StatusOK, ExecutionCount: 1}
}

// startFake runs a fake kernel for the time of the test.
func startFake(
	t *testing.T, handle func(*fakeKernel, jupyter.Channel, *jupyter.Message),
) *fakeKernel {
	t.Helper()
	k, err := serveFake(jupyter.NewConnectionInfo(), handle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.stop)
	return k
}

// testContext is the context of a test: no step of one takes so long.
func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}
