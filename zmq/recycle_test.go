package zmq

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// What is recycled, at the end of its way in or out, comes back as other messages,
// of other sizes, and never shows what was in it.
func TestRecycle(t *testing.T) {
	push, pull := pairOf(t, Push, Pull, nil, nil)
	for i := range 200 {
		size := 16<<10 + i*1234
		body := bytes.Repeat([]byte{byte(i)}, size)
		m := Message{Frames: [][]byte{append(NewFrame(size), body...), []byte("small"), {}}}
		push.Deliver(m, func(error) { m.Recycle() })
		got := recv(t, pull)
		if len(got.Frames) != 3 || !bytes.Equal(got.Frames[0], body) || string(got.Frames[1]) != "small" {
			t.Fatalf("message %d came changed", i)
		}
		if cap(got.Frames[0]) != size {
			t.Fatalf("capacity %d of a body of %d octets: what is behind it is of another message", cap(got.Frames[0]), size)
		}
		got.Recycle()
		if got.Frames[0] != nil {
			t.Fatal("a recycled message still has frames")
		}
	}
	Message{}.Recycle()
}

// Short messages that arrive together share memory. Whichever of them are
// recycled, in whatever order and however often, the others stay as they are.
func TestRecycleShortMessages(t *testing.T) {
	push, pull := pairOf(t, Push, Pull, &Config{SendQueue: -1, SendQueueBytes: -1}, nil)
	const n = 20_000
	text := func(i int) []string {
		frames := []string{fmt.Sprint(i), strings.Repeat(fmt.Sprint(i%10), i%300)}
		if i%100 == 0 {
			for j := range 200 {
				frames = append(frames, strings.Repeat("x", j))
			}
		}
		return frames
	}
	go func() {
		for i := range n {
			push.Deliver(msg(text(i)...), nil)
		}
	}()
	r := rand.New(rand.NewPCG(1, 2))
	kept := make(map[int]Message)
	for i := range n {
		kept[i] = recv(t, pull)
		for len(kept) > 500 {
			for j, m := range kept {
				if !equalText(m, text(j)) {
					t.Fatalf("message %d changed before it was recycled: %.100s", j, fmt.Sprintf("%q", m.Frames))
				}
				if r.IntN(4) > 0 {
					copied := m
					m.Recycle()
					copied.Recycle()
				}
				delete(kept, j)
				break
			}
		}
	}
	for j, m := range kept {
		if !equalText(m, text(j)) {
			t.Fatalf("message %d has changed", j)
		}
	}
}

func equalText(m Message, frames []string) bool {
	if len(m.Frames) != len(frames) {
		return false
	}
	for i, f := range m.Frames {
		if string(f) != frames[i] {
			return false
		}
	}
	return true
}

// The envelope of a request that was recycled still brings the reply home.
func TestRecycleRequest(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	r := silent(t, rep, "DEALER", "")
	for i := range 500 {
		r.write(message(fmt.Sprint("id", i), "", strings.Repeat("x", 100)))
	}
	for i := range 500 {
		m := recv(t, rep)
		m.Recycle()
		send(t, rep, "answer")
		if f := r.read(); string(f.Body) != fmt.Sprint("id", i) {
			t.Fatalf("reply to %q, want id%d", f.Body, i)
		}
		r.read()
		r.read()
	}
}

// Who recycles what comes makes no garbage but the slices of frames.
func TestRecycleCostsNothing(t *testing.T) {
	pull := newSocket(t, Pull, nil)
	r := silent(t, pull, "PUSH", "")
	block := bytes.Repeat(message(strings.Repeat("x", 100)), 1000)
	go func() {
		for {
			if _, err := r.conn.Write(block); err != nil {
				return
			}
		}
	}()
	const n = 50_000
	take := func() {
		for range n {
			(<-pull.Recv()).Recycle()
		}
	}
	take()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	take()
	runtime.ReadMemStats(&after)
	// The slice of frames takes 24, the body would take 100.
	if got := (after.TotalAlloc - before.TotalAlloc) / n; got > 90 {
		t.Errorf("%d octets for each message", got)
	}
}

// A peer is called by its name for as long as it is there, also when messages that
// came in one piece with the name were recycled and their memory holds others.
func TestRecycleLeavesTheNameOfThePeer(t *testing.T) {
	router := newSocket(t, Router, nil)
	r := dialRaw(t, bind(t, router, "tcp://127.0.0.1:*"))
	r.write(greeting(3, 1))
	r.skipGreeting()
	const n = 200 // together they are longer than what one block holds
	r.write(slices.Concat(ready("DEALER", "the name"), bytes.Repeat(message(strings.Repeat("x", 60)), n)))
	for i := range 20 * n {
		m := want(t, router, "the name", strings.Repeat("x", 60))
		if id := m.From.RoutingID(); string(id) != "the name" || m.From.Type() != "DEALER" {
			t.Fatalf("the peer is called %q and is a %q", id, m.From.Type())
		}
		m.Recycle()
		if i%n == n-1 {
			r.write(bytes.Repeat(message(strings.Repeat("x", 60)), n))
		}
	}
}
