package kernel

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A sink is a socket that takes what it is given.
type sink chan zmq.Message

// Bind makes it an engine whose sockets are all this one.
func (s sink) Bind(zmq.Type, string, *zmq.Config) (Socket, string, error) { return s, "sink:1", nil }

func (s sink) Deliver(m zmq.Message, done func(error)) {
	s <- m
	if done != nil {
		done(nil)
	}
}

func (sink) Recv() <-chan zmq.Message       { return nil }
func (sink) Close() error                   { return nil }
func (sink) Shutdown(context.Context) error { return nil }

// Text is held back because subscribers are slow. They catch up before the kernel
// asks to be told of that: the text goes out all the same, with nothing after it.
func TestK7SubscribersThatCatchUpGetTheLastText(t *testing.T) { synctest.Test(t, testK7CatchUp) }

func testK7CatchUp(t *testing.T) {
	codec, err := jupyter.NewCodec("", jupyter.Key{})
	if err != nil {
		t.Fatal(err)
	}
	out := make(sink, 1)
	o := newOutgoing((*Config)(nil).clone(), codec, jupyter.NewSession("x"), map[jupyter.Channel]Socket{jupyter.IOPub: out})
	o.heard = true
	go o.run()
	defer o.close()
	before := o.flight.start(o.soft())
	o.room.lock() // as stream does it
	o.hold(json.RawMessage(`{"msg_id":"1"}`), jupyter.Stdout, "text\n")
	if wait := o.sendDueText(); wait != 0 || len(out) != 0 {
		t.Fatalf("the text is not held back: %v, %d messages", wait, len(out))
	}
	o.flight.end(before, o.soft())
	o.unlock()
	time.Sleep(time.Second)
	synctest.Wait()
	if len(out) != 1 {
		t.Error("the text does not go out")
	}
}
