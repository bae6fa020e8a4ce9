package zmq

import (
	"bytes"
	"testing"
)

// What is recycled comes back as other messages, of other sizes, and never
// shows what was in it.
func TestRecycle(t *testing.T) {
	push, pull := pairOf(t, Push, Pull, nil, nil)
	for i := range 200 {
		size := 16<<10 + i*1234
		m := Message{Frames: [][]byte{bytes.Repeat([]byte{byte(i)}, size), []byte("small"), {}}}
		push.Deliver(m, nil)
		got := recv(t, pull)
		if len(got.Frames) != 3 || !bytes.Equal(got.Frames[0], m.Frames[0]) || string(got.Frames[1]) != "small" {
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
