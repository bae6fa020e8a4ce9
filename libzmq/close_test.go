package libzmq

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

func TestZ1CloseFromManyGoroutines(t *testing.T) {
	s := newSocket(t, Dealer, nil)
	bind(t, s)
	if s.Err() != nil {
		t.Fatalf("Err() = %v before the end", s.Err())
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { s.Close() })
	}
	for range s.Recv() {
	}
	if !errors.Is(s.Err(), zmq.ErrClosed) || !errors.Is(s.Err(), net.ErrClosed) {
		t.Errorf("Err() = %v when the receive channel closes, want ErrClosed", s.Err())
	}
	wait(t, "Done", s.Done())
	wg.Wait()
	s.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown after Close = %v", err)
	}
}

func TestZ1CloseFreesTheAddress(t *testing.T) {
	s := newSocket(t, Rep, nil)
	endpoint := bindOwn(t, s)
	for range 20 {
		s.Close()
		s = newSocket(t, Rep, nil)
		if _, err := s.Bind(endpoint); err != nil {
			t.Fatal(err)
		}
	}
}

func TestZ1CloseKeepsWhatWasReceived(t *testing.T) {
	pull, push := newSocket(t, Pull, &Config{RecvQueue: 100}), newSocket(t, Push, nil)
	join(t, pull, push)
	for range 50 {
		send(t, push, msg("x"))
	}
	until(t, "arrival", func() bool { return len(pull.Recv()) == 50 })
	pull.Close()
	n := 0
	for range pull.Recv() {
		n++
	}
	if n != 50 {
		t.Errorf("%d messages after Close, want 50", n)
	}
}

func TestZ1CloseCountsWhatWasNotSent(t *testing.T) {
	s := newSocket(t, Push, &Config{SendBuffer: 4})
	reasons := make(chan error, 10)
	for range 10 {
		s.Deliver(msg("nobody is there"), func(err error) { reasons <- err })
	}
	for range 5 {
		send(t, s, msg("x"))
	}
	until(t, "the queue", func() bool { return s.Stats().Pending == 15 })
	s.Close()
	for range 10 {
		if err := wait(t, "the completion", reasons); !errors.Is(err, zmq.ErrClosed) {
			t.Errorf("completion got %v, want ErrClosed", err)
		}
	}
	if st := s.Stats(); st.Dropped != 15 || st.Pending != 0 || st.Sent != 0 {
		t.Errorf("Stats() = %+v, want 15 dropped", st)
	}
}

func TestZ1SendAfterCloseDoesNotHang(t *testing.T) {
	s := newSocket(t, Push, &Config{SendBuffer: -1, SendQueue: 1})
	s.Deliver(msg("fills the queue"), nil)
	started, ended := make(chan bool), make(chan error, 3)
	go func() {
		close(started)
		s.Deliver(msg("waits for room"), func(err error) { ended <- err })
	}()
	go func() {
		for {
			select {
			case s.Send() <- msg("x"):
			case <-s.Done():
				ended <- zmq.ErrClosed
				return
			}
		}
	}()
	wait(t, "the goroutine", started)
	s.Close()
	s.Deliver(msg("too late"), func(err error) { ended <- err })
	for range 3 {
		if err := wait(t, "a send", ended); !errors.Is(err, zmq.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	}
}

func TestZ1ShutdownFlushes(t *testing.T) {
	const n = 3000
	push := newSocket(t, Push, &Config{SendQueue: 10 * n})
	pull := newSocket(t, Pull, nil)
	endpoint := bind(t, pull)
	for i := range n {
		push.Deliver(Message{Frames: [][]byte{make([]byte, i)}}, nil)
	}
	ended := make(chan error)
	go func() { ended <- push.Shutdown(soon(t)) }()
	if err := push.Connect(endpoint); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if m := recv(t, pull); len(m.Frames[0]) != i {
			t.Fatalf("message %d has %d octets", i, len(m.Frames[0]))
		}
	}
	if err := wait(t, "Shutdown", ended); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	refused := make(chan error, 1)
	push.Deliver(msg("x"), func(err error) { refused <- err })
	if err := wait(t, "the completion", refused); !errors.Is(err, zmq.ErrClosed) {
		t.Errorf("Deliver after Shutdown: %v", err)
	}
}

func TestZ1ShutdownGivesUpWithItsContext(t *testing.T) {
	for _, connected := range []bool{false, true} {
		push := newSocket(t, Push, nil)
		if connected { // libzmq takes the messages, and nobody takes them from it
			if err := push.Connect("tcp://127.0.0.1:1"); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 {
			push.Deliver(msg("x"), nil)
		}
		reason := errors.New("enough")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, reason)
		defer cancel()
		if err := push.Shutdown(ctx); !errors.Is(err, reason) {
			t.Errorf("connected %v: Shutdown = %v, want the cause", connected, err)
		}
		wait(t, "Done", push.Done())
	}
}

func TestZ1CloseCutsShutdownShort(t *testing.T) {
	// What libzmq was told to write keeps its context until then.
	ctx, cancel := context.WithTimeout(t.Context(), patience/2)
	defer cancel()
	for _, connected := range []bool{false, true} {
		push := newSocket(t, Push, nil)
		begun := push.flushc
		if connected { // libzmq takes the message, and nobody takes it from it
			if err := push.Connect("tcp://127.0.0.1:1"); err != nil {
				t.Fatal(err)
			}
			begun = push.flushedc
		}
		push.Deliver(msg("x"), nil)
		ended := make(chan error)
		go func() { ended <- push.Shutdown(ctx) }()
		wait(t, "Shutdown", begun)
		push.Close()
		if err := wait(t, "Shutdown", ended); !errors.Is(err, zmq.ErrClosed) {
			t.Errorf("connected %v: Shutdown = %v, want ErrClosed", connected, err)
		}
		if err := push.Shutdown(context.Background()); err != nil {
			t.Errorf("connected %v: Shutdown of a closed socket = %v", connected, err)
		}
	}
}

func TestZ1ClosedSendChannelFlushes(t *testing.T) {
	push, pull := newSocket(t, Push, nil), newSocket(t, Pull, nil)
	join(t, pull, push)
	for range 100 {
		send(t, push, msg("x"))
	}
	close(push.Send())
	for range 100 {
		recv(t, pull)
	}
	wait(t, "the end", push.Done())
	if st := push.Stats(); st.Sent != 100 || st.Dropped != 0 {
		t.Errorf("Stats() = %+v, want 100 sent", st)
	}
}

func TestZ1ForwarderClosesItsSockets(t *testing.T) {
	f := newForwarder(t)
	var sockets []*Socket
	for typ := Pair; typ <= XSub; typ++ {
		s, err := f.NewSocket(typ, &Config{Security: zmq.NullServer(zmq.AllowAny)})
		if err != nil {
			t.Fatal(err)
		}
		if s.Type() != typ {
			t.Errorf("Type() = %v, want %v", s.Type(), typ)
		}
		sockets = append(sockets, s)
	}
	f.Close()
	for _, s := range sockets {
		wait(t, "Done", s.Done())
	}
	if _, err := f.NewSocket(Pair, nil); !errors.Is(err, zmq.ErrClosed) {
		t.Errorf("NewSocket after Close = %v", err)
	}
	if err := sockets[0].Connect("tcp://127.0.0.1:1"); !errors.Is(err, zmq.ErrClosed) {
		t.Errorf("Connect after Close = %v", err)
	}
	f.Close()
}

func TestZ1SocketsOpenedAndClosedByMany(t *testing.T) {
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range 20 {
				s, err := NewSocket(Type(i%11)+Pair, nil)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = s.Bind("tcp://127.0.0.1:*")
				go s.Close()
				if s.Send() != nil {
					s.Deliver(msg("a", "b"), nil)
				}
				s.Close()
			}
		})
	}
	wg.Wait()
}

// A socket may be made while its forwarder closes.
func TestNewSocketWhileTheForwarderCloses(t *testing.T) {
	for i := range 200 {
		f := newForwarder(t)
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			for range 10 * i { // before, while or after the socket is made
				runtime.Gosched()
			}
			f.Close()
		}()
		s, err := f.NewSocket(Push, nil)
		if err != nil && !errors.Is(err, zmq.ErrClosed) {
			t.Error(err)
		}
		if s != nil {
			s.Close()
		}
		<-closed
	}
}
