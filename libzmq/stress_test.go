package libzmq

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// TestZ2Stress has 64 producers send over 5 sockets through one outbox while
// signals interrupt the forwarding thread, readers stall, and other sockets of
// the same forwarder come and go. Every message arrives once and in order, and
// is handed over in the order of the outbox: where the sockets have room,
// whichever they are for; where they do not, for each socket.
func TestZ2Stress(t *testing.T) {
	t.Run("room", func(t *testing.T) { testStress(t, -1, 1) })
	t.Run("full", func(t *testing.T) { testStress(t, 16, stressSockets) })
}

const (
	stressProducers = 64
	stressSockets   = 5
	stressMessages  = 100 // of each producer
)

// testStress checks that of a producer's messages those that are apart by stride
// are handed over in order.
func testStress(t *testing.T, sendQueue, stride int) {
	var push, pull [stressSockets]*Socket
	for i := range push {
		push[i] = newSocket(t, Push, &Config{SendQueue: sendQueue})
		pull[i] = newSocket(t, Pull, &Config{RecvQueue: 1 + i*50})
		join(t, pull[i], push[i])
		send(t, push[i], msg("connected"))
		recv(t, pull[i])
	}
	out := NewOutbox(4)
	defer out.Close()
	stop := disturb(t, push[0].f)
	defer stop()

	var turn atomic.Int64 // counts completions
	var work sync.WaitGroup
	for p := range stressProducers {
		work.Go(func() {
			var turns [stressMessages]int64
			var mine sync.WaitGroup
			for n := range stressMessages {
				mine.Add(1)
				out.Send() <- Item{To: push[(p+n)%stressSockets], Message: stamp(p, n), Done: func(err error) {
					if err != nil {
						t.Errorf("producer %d: message %d: %v", p, n, err)
					}
					turns[n] = turn.Add(1)
					mine.Done()
				}}
			}
			mine.Wait()
			for n := stride; n < stressMessages; n++ {
				if turns[n] < turns[n-stride] {
					t.Errorf("producer %d: message %d was handed over before %d", p, n, n-stride)
				}
			}
		})
	}
	for i := range pull {
		work.Go(func() { readStamped(t, pull[i], stressProducers*stressMessages/stressSockets) })
	}
	work.Wait()
}

// stamp is message n of a producer.
func stamp(producer, n int) Message {
	frame := binary.BigEndian.AppendUint32(nil, uint32(producer))
	return Message{Frames: [][]byte{binary.BigEndian.AppendUint32(frame, uint32(n))}}
}

// readStamped reads n messages of one socket, slowly now and then, or what comes
// until it ends, and checks that none is missing from what each producer sent.
func readStamped(t *testing.T, s *Socket, n int) {
	next := make(map[uint32]uint32)
	for range n {
		m, ok := <-s.Recv()
		if !ok {
			return
		}
		p, n := binary.BigEndian.Uint32(m.Frames[0]), binary.BigEndian.Uint32(m.Frames[0][4:])
		if want, seen := next[p]; seen && n != want {
			t.Errorf("producer %d: message %d where %d is due", p, n, want)
		}
		next[p] = n + stressSockets
		if rand.N(200) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// interrupt sends signals to the forwarding thread until it is stopped. Go's
// runtime handles SIGURG, and no SA_RESTART resumes a poll.
func interrupt(t *testing.T, f *Forwarder) (stop func()) {
	var thread int
	if err := f.call(func() error { thread = syscall.Gettid(); return nil }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := unix.Tgkill(os.Getpid(), thread, unix.SIGURG); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(100 * time.Microsecond)
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// disturb interrupts f, and opens and closes sockets, until it is stopped.
func disturb(t *testing.T, f *Forwarder) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	stopInterrupts := interrupt(t, f)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				a, err := NewSocket(Router, &Config{Full: zmq.Block, RecvQueue: -1})
				if err != nil {
					t.Error(err)
					return
				}
				b, err := NewSocket(Dealer, &Config{SendQueue: 5})
				if err != nil {
					t.Error(err)
					return
				}
				endpoint, _ := a.Bind("tcp://127.0.0.1:*")
				_ = b.Connect(endpoint)
				for range rand.N(20) {
					select {
					case b.Send() <- msg("x"):
					case m := <-a.Recv():
						a.Deliver(m, nil)
					case <-b.Recv():
					}
				}
				if rand.N(2) == 0 {
					short, cancel := context.WithTimeout(ctx, time.Millisecond)
					_ = b.Shutdown(short)
					cancel()
				}
				go a.Close()
				b.Close()
				a.Close()
			}
		})
	}
	return func() {
		cancel()
		wg.Wait()
		stopInterrupts()
	}
}

// TestZ1StressClose closes sockets at random moments while 64 producers send and
// signals interrupt: each message that was accepted is either handed over or
// reported as dropped, once, and what arrives is in order.
func TestZ1StressClose(t *testing.T) {
	ends := map[string]func(*Forwarder, []*Socket){
		"Forwarder.Close": func(f *Forwarder, _ []*Socket) { f.Close() },
		"Close": func(_ *Forwarder, sockets []*Socket) {
			for _, s := range sockets {
				go s.Close()
			}
		},
		"Shutdown": func(_ *Forwarder, sockets []*Socket) {
			for _, s := range sockets {
				go func() {
					ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
					defer cancel()
					_ = s.Shutdown(ctx)
				}()
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			for range 4 {
				testStressClose(t, end)
			}
		})
	}
}

func testStressClose(t *testing.T, end func(*Forwarder, []*Socket)) {
	f := newForwarder(t)
	stop := interrupt(t, f)
	defer stop()
	var push, pull []*Socket
	var readers, producers sync.WaitGroup
	for i := range stressSockets {
		s, err := f.NewSocket(Push, &Config{SendQueue: 8})
		if err != nil {
			t.Fatal(err)
		}
		from := newSocket(t, Pull, nil)
		if i > 0 { // the first has no peer and blocks
			join(t, from, s)
		}
		readers.Go(func() { readStamped(t, from, math.MaxInt) })
		push, pull = append(push, s), append(pull, from)
	}
	var told atomic.Int64
	for p := range stressProducers {
		producers.Go(func() {
			for n := range stressMessages {
				push[(p+n)%stressSockets].Deliver(stamp(p, n), func(error) { told.Add(1) })
			}
		})
	}
	moment := rand.N[int64](100) // by then no producer waits for the first
	until(t, "the moment", func() bool { return told.Load() >= moment })
	end(f, push)
	producers.Wait()
	f.Close()
	for _, s := range pull {
		s.Close()
	}
	readers.Wait()
	var counted uint64
	for _, s := range push {
		st := s.Stats()
		counted += st.Sent + st.Dropped
		if st.Pending != 0 {
			t.Errorf("%d pending after the end", st.Pending)
		}
	}
	const all = stressProducers * stressMessages
	if told.Load() != all || counted != all {
		t.Errorf("of %d messages %d were told and %d counted", all, told.Load(), counted)
	}
}
