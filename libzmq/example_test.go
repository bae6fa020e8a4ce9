package libzmq_test

import (
	"fmt"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/libzmq"
)

// A question and its answer, and select over the answer and an interrupt.
func Example() {
	rep, err := libzmq.NewSocket(libzmq.Rep, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rep.Close()
	endpoint, err := rep.Bind("tcp://127.0.0.1:*")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		for range rep.Recv() {
			rep.Deliver(libzmq.Message{Frames: [][]byte{[]byte("Ada")}}, nil)
		}
	}()

	req, err := libzmq.NewSocket(libzmq.Req, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer req.Close()
	if err := req.Connect(endpoint); err != nil {
		fmt.Println(err)
		return
	}
	interrupt := make(chan struct{})
	req.Send() <- libzmq.Message{Frames: [][]byte{[]byte("who?")}}
	select {
	case m := <-req.Recv():
		fmt.Printf("%s\n", m.Frames[0])
	case <-interrupt:
		fmt.Println("interrupted")
	}
	// Output: Ada
}

// A libzmq socket that exists already becomes a pair of channels.
func ExampleForwarder_Adopt() {
	soc, err := zmq4.NewSocket(zmq4.PULL)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := soc.Bind("inproc://example"); err != nil {
		fmt.Println(err)
		return
	}
	push, err := zmq4.NewSocket(zmq4.PUSH)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer push.Close()
	if err := push.Connect("inproc://example"); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := push.Send("hello", 0); err != nil {
		fmt.Println(err)
		return
	}

	f, err := libzmq.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	pull, err := f.Adopt(soc, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := <-pull.Recv()
	fmt.Printf("%s\n", m.Frames[0])
	// Output: hello
}

// One outbox orders what goes out through several sockets.
func ExampleNewOutbox() {
	var sockets []*libzmq.Socket
	for range 2 {
		push, err := libzmq.NewSocket(libzmq.Push, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer push.Close()
		pull, err := libzmq.NewSocket(libzmq.Pull, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer pull.Close()
		endpoint, err := pull.Bind("tcp://127.0.0.1:*")
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := push.Connect(endpoint); err != nil {
			fmt.Println(err)
			return
		}
		sockets = append(sockets, push)
	}
	stdin, shell := sockets[0], sockets[1]

	out := libzmq.NewOutbox(16)
	defer out.Close()
	handedOver := make(chan string)
	item := func(to *libzmq.Socket, text string) libzmq.Item {
		return libzmq.Item{To: to, Message: libzmq.Message{Frames: [][]byte{[]byte(text)}}, Done: func(err error) {
			go func() { handedOver <- text }()
		}}
	}
	out.Send() <- item(stdin, "input_request")
	fmt.Println(<-handedOver) // it is out before anything later
	out.Send() <- item(shell, "execute_reply")
	fmt.Println(<-handedOver)
	// Output:
	// input_request
	// execute_reply
}
