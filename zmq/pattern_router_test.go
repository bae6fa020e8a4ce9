package zmq

import "testing"

func TestRouterMakesRoutingIDs(t *testing.T) {
	router := newSocket(t, Router, nil)
	at := bind(t, router, "tcp://127.0.0.1:*")
	ids := make(map[string]bool)
	for range 3 {
		dealer := newSocket(t, Dealer, nil)
		connect(t, dealer, at)
		send(t, dealer, "hello")
		m := recv(t, router)
		id := string(m.Frames[0])
		if len(id) != 5 || id[0] != 0 || ids[id] || string(m.From.RoutingID()) != id {
			t.Errorf("routing id %q, From.RoutingID %q", id, m.From.RoutingID())
		}
		ids[id] = true
		send(t, router, id, "", "back")
		want(t, dealer, "", "back")
	}
}
