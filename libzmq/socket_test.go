package libzmq

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

func open(t *testing.T, typ Type, cfg *Config) *Socket {
	t.Helper()
	s, err := NewSocket(typ, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestEcho(t *testing.T) {
	r := open(t, Router, &Config{Full: zmq.Block})
	ep, err := r.Bind("tcp://127.0.0.1:*")
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, Dealer, nil)
	if err := d.Connect(ep); err != nil {
		t.Fatal(err)
	}
	go func() {
		for m := range r.Recv() {
			r.Send() <- m
		}
	}()
	const n = 20000
	start := time.Now()
	go func() {
		for i := range n {
			d.Send() <- Message{Frames: [][]byte{fmt.Appendf(nil, "%0100d", i)}}
		}
	}()
	for i := range n {
		m := <-d.Recv()
		if got := string(m.Frames[0]); got != fmt.Sprintf("%0100d", i) {
			t.Fatalf("message %d: %q", i, got)
		}
	}
	t.Logf("%.0f/s", n/time.Since(start).Seconds())
	start = time.Now()
	for range 1000 {
		d.Send() <- Message{Frames: [][]byte{make([]byte, 100)}}
		<-d.Recv()
	}
	t.Logf("round trip %v", time.Since(start)/1000)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := d.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}
