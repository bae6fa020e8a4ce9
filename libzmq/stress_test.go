package libzmq

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// TestZ2Stress has 64 producers send over 5 sockets through one outbox while
// signals interrupt, readers stall, and other sockets of the same forwarder
// come and go. Every message arrives once and in order, and is handed over in
// the order of the outbox.
func TestZ2Stress(t *testing.T) {
	const producers, sockets, each = 64, 5, 100
	var push, pull [sockets]*Socket
	for i := range sockets {
		push[i] = newSocket(t, Push, &Config{SendQueue: 16})
		pull[i] = newSocket(t, Pull, &Config{RecvQueue: 1 + i*50})
		join(t, pull[i], push[i])
	}
	out := NewOutbox(4)
	defer out.Close()
	stop := disturb(t)
	defer stop()

	var handed sync.Map // completions, in the order of the calls
	var turn, failed atomic.Int64
	var work sync.WaitGroup
	for p := range producers {
		work.Go(func() {
			last := int64(-1)
			var mine sync.WaitGroup
			for n := range each {
				frame := binary.BigEndian.AppendUint32(nil, uint32(p))
				frame = binary.BigEndian.AppendUint32(frame, uint32(n))
				mine.Add(1)
				out.Send() <- Item{To: push[(p+n)%sockets], Message: Message{Frames: [][]byte{frame}},
					Done: func(err error) {
						if err != nil {
							failed.Add(1)
						}
						handed.Store([2]int{p, n}, turn.Add(1))
						mine.Done()
					}}
			}
			mine.Wait()
			// A producer's messages for one socket are handed over in order.
			for s := range sockets {
				last = -1
				for n := s; n < each; n += sockets {
					at, _ := handed.Load([2]int{p, n})
					if at.(int64) < last {
						t.Errorf("producer %d: message %d was handed over early", p, n)
					}
					last = at.(int64)
				}
			}
		})
	}
	var readers sync.WaitGroup
	for i := range sockets {
		readers.Go(func() {
			next := make(map[uint32]int64)
			for range producers * each / sockets {
				m := recv(t, pull[i])
				p, n := binary.BigEndian.Uint32(m.Frames[0]), int64(binary.BigEndian.Uint32(m.Frames[0][4:]))
				if last, seen := next[p]; seen && n != last+sockets {
					t.Errorf("socket %d, producer %d: message %d after %d", i, p, n, last)
				}
				next[p] = n
				if rand.N(200) == 0 {
					time.Sleep(time.Millisecond) // a reader that is slow now and then
				}
			}
		})
	}
	work.Wait()
	readers.Wait()
	if n := failed.Load(); n > 0 {
		t.Errorf("%d messages were dropped", n)
	}
}

// disturb sends signals, and opens and closes sockets, until it is stopped.
func disturb(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			_ = syscall.Kill(os.Getpid(), syscall.SIGURG)
			time.Sleep(100 * time.Microsecond)
		}
	})
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
	}
}

// TestZ1StressClose closes sockets at random moments while 64 producers send:
// each message accepted is either handed over or reported as dropped, once.
func TestZ1StressClose(t *testing.T) {
	for round := range 10 {
		f, err := New()
		if err != nil {
			t.Fatal(err)
		}
		var sockets []*Socket
		for i := range 5 {
			push, err := f.NewSocket(Push, &Config{SendQueue: 8})
			if err != nil {
				t.Fatal(err)
			}
			pull := newSocket(t, Pull, nil)
			if i > 0 { // the first has no peer and blocks
				join(t, pull, push)
			}
			go func() {
				for range pull.Recv() {
				}
			}()
			sockets = append(sockets, push)
		}
		var told atomic.Int64
		var wg sync.WaitGroup
		const producers, each = 64, 50
		for p := range producers {
			wg.Go(func() {
				for n := range each {
					sockets[(p+n)%5].Deliver(msg("x"), func(error) { told.Add(1) })
				}
			})
		}
		time.Sleep(time.Duration(rand.N(3000)) * time.Microsecond)
		switch round % 3 {
		case 0:
			f.Close()
		case 1:
			for _, s := range sockets {
				go s.Close()
			}
		case 2:
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			for _, s := range sockets {
				wg.Go(func() { _ = s.Shutdown(ctx) })
			}
			defer cancel()
		}
		wg.Wait()
		f.Close()
		var counted uint64
		for _, s := range sockets {
			st := s.Stats()
			counted += st.Sent + st.Dropped
			if st.Pending != 0 {
				t.Errorf("%d pending after the end", st.Pending)
			}
		}
		if told.Load() != producers*each || counted != producers*each {
			t.Errorf("of %d messages %d were told and %d counted", producers*each, told.Load(), counted)
		}
	}
}
