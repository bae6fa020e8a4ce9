package zmq

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Sockets of every type live short lives in many goroutines, which do to them
// whatever comes to mind. Nothing may be left of them.
func TestZ1LivesOfManySockets(t *testing.T) {
	const workers, lives = 64, 80 // two sockets in each
	before := descriptors()
	dir := t.TempDir()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 7))
			for i := range lives {
				live(t, r, fmt.Sprintf("%s/%d-%d", dir, w, i))
			}
		})
	}
	wg.Wait()
	if left := leaked(); left != "" {
		t.Errorf("goroutines are left:\n%.2000s", left)
	}
	eventually(t, "all descriptors are closed", func() bool { return descriptors() <= before+2 })
}

// descriptors returns how many files the process has open, 0 where that
// cannot be told.
func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// live is one life of two sockets.
func live(t *testing.T, r *rand.Rand, path string) {
	typ := Type(r.IntN(int(XSub)) + 1)
	peer := compatible[typ][r.IntN(len(compatible[typ]))]
	cfg := &Config{RecvQueue: r.IntN(3) - 1, SendBuffer: r.IntN(3) - 1, RoutingID: []byte("id"), Handover: typ == Router && r.IntN(2) == 0}
	a, err := NewSocket(typ, cfg)
	if err != nil {
		t.Error(err)
		return
	}
	b, err := NewSocket(peer, nil)
	if err != nil {
		t.Error(err)
		return
	}
	endpoint := []string{"tcp://127.0.0.1:*", "ipc://" + path, "inproc://" + path}[r.IntN(3)]
	at, err := a.Bind(endpoint)
	if err != nil {
		t.Error(err)
		return
	}
	var wg sync.WaitGroup
	for range 3 {
		op := r.IntN(6)
		wg.Go(func() {
			switch op {
			case 0:
				b.Connect(at)
			case 1:
				a.Deliver(msg("id", "", "x"), func(error) {})
			case 2:
				select {
				case b.Send() <- msg("id", "", "y"):
				case <-time.After(time.Millisecond):
				case <-b.Done():
				}
			case 3:
				select {
				case <-a.Recv():
				case <-time.After(time.Millisecond):
				}
			case 4:
				a.Unbind(at)
			case 5:
				b.Subscribe([]byte("x"))
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a.Shutdown(ctx)
	b.Close()
	wg.Wait()
	for _, s := range []*Socket{a, b} {
		if st := s.Stats(); st.Pending != 0 {
			t.Errorf("%v: %+v", s.Type(), st)
		}
	}
}

// A closed socket leaves no memory behind, however many there were.
func TestZ4MemoryOfManyConnections(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	at := bind(t, rep, "tcp://127.0.0.1:*")
	use := func(n int) uint64 {
		for range n {
			req, err := NewSocket(Req, nil) // newSocket would keep it until the end of the test
			if err != nil {
				t.Fatal(err)
			}
			connect(t, req, at)
			send(t, req, "x")
			want(t, rep, "x")
			send(t, rep, "y")
			want(t, req, "y")
			req.Close()
		}
		eventually(t, "all have gone", func() bool { return peerCount(rep) == 0 })
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := use(50)
	second := use(200)
	// The buffers of one connection would be 8 KiB and more.
	if grown := int64(second) - int64(first); grown > 200*4<<10 {
		t.Errorf("200 connections left %d octets", grown)
	}
}
