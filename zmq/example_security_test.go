package zmq_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"strings"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// The client knows the public key of its server, the server those of its
// clients. Each side makes its key once, with NewCurveKey, and keeps Secret in
// a file that only its owner can read.
func ExampleCurveServer() {
	serverKey, aliceKey, eveKey := zmq.NewCurveKey(), zmq.NewCurveKey(), zmq.NewCurveKey()

	server, err := zmq.NewSocket(zmq.Router, &zmq.Config{
		Security: zmq.CurveServer(serverKey, zmq.AllowKeys(aliceKey.Public())),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	endpoint, err := server.Bind("tcp://127.0.0.1:*")
	if err != nil {
		log.Fatal(err)
	}

	alice, err := zmq.NewSocket(zmq.Dealer, &zmq.Config{
		Security: zmq.CurveClient(aliceKey, serverKey.Public()),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer alice.Close()
	if err := alice.Connect(endpoint); err != nil {
		log.Fatal(err)
	}
	alice.Send() <- zmq.Message{Frames: [][]byte{[]byte("a secret")}}
	m := <-server.Recv()
	fmt.Printf("%s, from alice: %v\n", m.Frames[1], m.From.User() == aliceKey.Public().String())

	eve, err := zmq.NewSocket(zmq.Dealer, &zmq.Config{
		Security: zmq.CurveClient(eveKey, serverKey.Public()),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer eve.Close()
	events := eve.Monitor()
	if err := eve.Connect(endpoint); err != nil {
		log.Fatal(err)
	}
	for e := range events {
		if e.Kind == zmq.HandshakeFailed {
			fmt.Println("eve is refused")
			break
		}
	}
	// Output:
	// a secret, from alice: true
	// eve is refused
}

// An Authenticator may look at whatever the peer shows, and leave the rest to
// another one. Here a client must have a known key and come from this machine.
func ExampleAuthenticator() {
	serverKey, clientKey := zmq.NewCurveKey(), zmq.NewCurveKey()
	known := zmq.AllowKeys(clientKey.Public())
	near := func(ctx context.Context, c zmq.Credentials) (user string, err error) {
		host, _, err := net.SplitHostPort(strings.TrimPrefix(c.Address, "tcp://"))
		if err != nil || !net.ParseIP(host).IsLoopback() {
			return "", zmq.ErrDenied
		}
		return known(ctx, c)
	}
	pull := must(zmq.Pull, &zmq.Config{Security: zmq.CurveServer(serverKey, near)})
	push := must(zmq.Push, &zmq.Config{Security: zmq.CurveClient(clientKey, serverKey.Public())})
	defer pull.Close()
	defer push.Close()
	join(pull, push)
	push.Send() <- text("from near")
	fmt.Printf("%s\n", (<-pull.Recv()).Frames[0])
	// Output: from near
}

// AllowUsers is an Authenticator; any function of that form can be one. It sees
// what a peer shows, decides, and gives the peer a name.
func ExamplePlainServer() {
	server, err := zmq.NewSocket(zmq.Rep, &zmq.Config{
		Security: zmq.PlainServer(zmq.AllowUsers(map[string]string{"ada": "swordfish"})),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	endpoint, err := server.Bind("tcp://127.0.0.1:*")
	if err != nil {
		log.Fatal(err)
	}
	client, err := zmq.NewSocket(zmq.Req, &zmq.Config{Security: zmq.PlainClient("ada", "swordfish")})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := client.Connect(endpoint); err != nil {
		log.Fatal(err)
	}
	client.Send() <- zmq.Message{Frames: [][]byte{[]byte("hello")}}
	m := <-server.Recv()
	fmt.Printf("%s says %s\n", m.From.User(), m.Frames[0])
	// Output: ada says hello
}
