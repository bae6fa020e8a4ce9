package zmq_test

import (
	"fmt"
	"log"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// A forwarder of XSUB and XPUB joins publishers and subscribers that know only
// its two endpoints. Subscriptions go one way, what is published the other,
// each in the handler that reads it.
func Example_forwarder() {
	var front, back *zmq.Socket
	front = must(zmq.XSub, &zmq.Config{Handler: func(_ *zmq.Socket, m zmq.Message) { back.Deliver(m, nil) }})
	back = must(zmq.XPub, &zmq.Config{
		Subscriptions: zmq.NewSubscriptions,
		Handler:       func(_ *zmq.Socket, m zmq.Message) { front.Deliver(m, nil) },
	})
	defer front.Close()
	defer back.Close()
	xpub, sub := must(zmq.XPub, nil), must(zmq.Sub, nil)
	defer xpub.Close()
	defer sub.Close()
	join(front, xpub)
	join(back, sub)

	if err := sub.Subscribe([]byte("weather.")); err != nil {
		log.Fatal(err)
	}
	m := <-xpub.Recv()
	fmt.Printf("subscription %q\n", m.Frames[0])
	xpub.Send() <- text("weather.", "sun")
	m = <-sub.Recv()
	fmt.Printf("%s %s\n", m.Frames[0], m.Frames[1])
	// Output:
	// subscription "\x01weather."
	// weather. sun
}
