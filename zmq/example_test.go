package zmq_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// must makes a socket.
func must(t zmq.Type, cfg *zmq.Config) *zmq.Socket {
	s, err := zmq.NewSocket(t, cfg)
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// join binds one socket to a free port and connects the other to it.
func join(bound, connected *zmq.Socket) {
	at, err := bound.Bind("tcp://127.0.0.1:*")
	if err != nil {
		log.Fatal(err)
	}
	if err := connected.Connect(at); err != nil {
		log.Fatal(err)
	}
}

func text(frames ...string) zmq.Message {
	var m zmq.Message
	for _, f := range frames {
		m.Frames = append(m.Frames, []byte(f))
	}
	return m
}

// A server that answers, and a client that asks.
func Example() {
	rep, req := must(zmq.Rep, nil), must(zmq.Req, nil)
	defer rep.Close()
	defer req.Close()
	join(rep, req)

	go func() {
		for m := range rep.Recv() {
			rep.Send() <- text("hello, " + string(m.Frames[0]))
		}
	}()

	req.Send() <- text("Ada")
	m := <-req.Recv()
	fmt.Printf("%s\n", m.Frames[0])
	// Output: hello, Ada
}

// A DEALER may send as much as it likes before answers come; a ROUTER knows
// from whom each message is, and sends to whom it likes.
func Example_routerDealer() {
	router := must(zmq.Router, nil)
	dealer := must(zmq.Dealer, &zmq.Config{RoutingID: []byte("worker 7")})
	defer router.Close()
	defer dealer.Close()
	join(router, dealer)

	dealer.Send() <- text("ready")
	m := <-router.Recv()
	fmt.Printf("%s says %s\n", m.Frames[0], m.Frames[1])
	router.Send() <- text("worker 7", "work")
	m = <-dealer.Recv()
	fmt.Printf("%s\n", m.Frames[0])
	// Output:
	// worker 7 says ready
	// work
}

// PUSH gives each message to one of its PULLs.
func Example_pushPull() {
	push, pull := must(zmq.Push, nil), must(zmq.Pull, nil)
	defer push.Close()
	defer pull.Close()
	join(pull, push)

	for i := range 3 {
		push.Send() <- text(fmt.Sprint("task ", i))
	}
	for range 3 {
		m := <-pull.Recv()
		fmt.Printf("%s\n", m.Frames[0])
	}
	// Output:
	// task 0
	// task 1
	// task 2
}

// An XPUB hears of subscriptions, so that it knows when to begin.
func Example_pubSub() {
	xpub, sub := must(zmq.XPub, nil), must(zmq.Sub, nil)
	defer xpub.Close()
	defer sub.Close()
	if err := sub.Subscribe([]byte("weather.")); err != nil {
		log.Fatal(err)
	}
	join(xpub, sub)

	m := <-xpub.Recv()
	fmt.Printf("subscription %q\n", m.Frames[0])
	xpub.Send() <- text("sports.", "0:0")
	xpub.Send() <- text("weather.", "rain")
	m = <-sub.Recv()
	fmt.Printf("%s %s\n", m.Frames[0], m.Frames[1])
	// Output:
	// subscription "\x01weather."
	// weather. rain
}

// A PAIR has one peer. Here it is in the same process.
func Example_pair() {
	a, b := must(zmq.Pair, nil), must(zmq.Pair, nil)
	defer a.Close()
	defer b.Close()
	if err := a.Connect("inproc://example"); err != nil { // before anybody has bound it
		log.Fatal(err)
	}
	if _, err := b.Bind("inproc://example"); err != nil {
		log.Fatal(err)
	}
	a.Send() <- text("hello")
	m := <-b.Recv()
	fmt.Printf("%s\n", m.Frames[0])
	// Output: hello
}

// To wait for a message and for something else is a select statement.
func Example_timeout() {
	s := must(zmq.Pull, nil)
	defer s.Close()
	select {
	case m := <-s.Recv():
		fmt.Printf("%s\n", m.Frames[0])
	case <-time.After(10 * time.Millisecond):
		fmt.Println("nothing came")
	}
	// Output: nothing came
}

// A send that must not hang selects on Done, and on a context if there is one.
func Example_context() {
	ctx, cancel := context.WithCancel(context.Background())
	s := must(zmq.Push, &zmq.Config{SendQueue: 1, SendBuffer: -1})
	defer s.Close()
	cancel() // nobody is connected, and now nobody waits

	sent := 0
	for {
		select {
		case s.Send() <- text("to nobody"):
			sent++
			continue
		case <-s.Done():
			fmt.Println("closed:", s.Err())
		case <-ctx.Done():
			fmt.Println(ctx.Err())
		}
		break
	}
	// Output: context canceled
}

// Deliver tells when a message is with the operating system, or why it is not
// sent.
func ExampleSocket_Deliver() {
	router := must(zmq.Router, nil)
	defer router.Close()
	router.Deliver(text("nobody", "hello"), func(err error) { fmt.Println(err) })
	// Output: zmq: no peer has this routing id
}

// An Outbox keeps the order of messages across sockets: the question is with
// the operating system before the answer is.
func ExampleOutbox() {
	questions, answers := must(zmq.Push, nil), must(zmq.Push, nil)
	asked, answered := must(zmq.Pull, nil), must(zmq.Pull, nil)
	for _, s := range []*zmq.Socket{questions, answers, asked, answered} {
		defer s.Close()
	}
	join(asked, questions)
	join(answered, answers)

	o := zmq.NewOutbox(16)
	defer o.Close()
	done := make(chan struct{})
	o.Send() <- zmq.Item{To: questions, Message: text("name?"), Done: func(error) { close(done) }}
	<-done // it is out: nothing that follows can overtake it
	o.Send() <- zmq.Item{To: answers, Message: text("42")}

	fmt.Printf("%s %s\n", (<-asked.Recv()).Frames[0], (<-answered.Recv()).Frames[0])
	// Output: name? 42
}

// Shutdown sends what was accepted before it closes.
func ExampleSocket_Shutdown() {
	push, pull := must(zmq.Push, nil), must(zmq.Pull, nil)
	defer pull.Close()
	join(pull, push)
	push.Send() <- text("goodbye")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := push.Shutdown(ctx); err != nil {
		fmt.Println(err) // says how many messages were lost
	}
	fmt.Printf("%s\n", (<-pull.Recv()).Frames[0])
	// Output: goodbye
}

// The monitor tells what happens to a socket. Nobody is obliged to read it.
func ExampleSocket_Monitor() {
	rep, req := must(zmq.Rep, nil), must(zmq.Req, nil)
	defer req.Close()
	events := rep.Monitor()
	join(rep, req)
	for e := range events {
		if e.Kind == zmq.PeerAttached {
			fmt.Println(e.Kind, e.Peer.Type())
			rep.Close()
		}
	}
	// Output: peer attached REQ
}
