package zmq

import (
	"strings"
	"testing"
	"time"
)

// Every legal pair of patterns, with us at either end, bound and connected.
func TestInteropEveryPair(t *testing.T) {
	bothWays(t, func(t *testing.T, f *foreign, foreignBinds bool) {
		for typ := Pair; typ <= XSub; typ++ {
			for _, peer := range compatible[typ] {
				t.Run(typ.String()+" "+peer.String(), func(t *testing.T) {
					f.t = t
					s := newSocket(t, typ, &Config{RoutingID: []byte("me")})
					options := object{"identity": "them"}
					if peer == Sub {
						options["subscribe"] = "a"
					}
					events := s.Monitor()
					f.open(s, "them", peer.String(), options, foreignBinds)
					event(t, events, PeerAttached)
					talkForeign(t, f, s, peer)
					f.do(object{"op": "close", "name": "them"})
				})
			}
		}
		f.t = t
	})
}

// talkForeign sends a message in each direction that the pair has. The
// library's socket is asked to receive first, since a bound one does not
// notice its peers before.
func talkForeign(t *testing.T, f *foreign, s *Socket, peer Type) {
	t.Helper()
	typ := s.Type()
	toThem := func() {
		t.Helper()
		f.start(object{"op": "recv", "name": "them"})
		send(t, s, envelope(typ, peer, "them", "to them", "")...)
		f.received(arrival(typ, peer, "me", "to them", "")...)
	}
	toUs := func() {
		t.Helper()
		f.send("them", envelope(peer, typ, "me", "to us", "")...)
		want(t, s, arrival(peer, typ, "them", "to us", "")...)
	}
	switch {
	case typ == Push:
		toThem()
	case typ == Pull:
		toUs()
	case peer == Req || typ == Rep: // who asks goes first
		toUs()
		toThem()
	case typ == Pub || typ == XPub:
		if peer == XSub {
			f.send("them", "\x01a") // an XSUB subscribes by sending
		}
		f.start(object{"op": "recv", "name": "them"})
		publishUntil(t, s, f)
	case typ == Sub || typ == XSub:
		if typ == Sub {
			if err := s.Subscribe([]byte("a")); err != nil {
				t.Fatal(err)
			}
		} else {
			send(t, s, "\x01a")
		}
		if peer == XPub {
			f.want("them", "\x01a")
			f.send("them", "ab", "x")
		} else {
			// A PUB cannot tell when the subscription is there.
			for deadline := time.Now().Add(patience); len(s.Recv()) == 0 && time.Now().Before(deadline); {
				f.send("them", "ab", "x")
			}
		}
		want(t, s, "ab", "x")
	default:
		toThem()
		toUs()
	}
}

// publishUntil publishes until the library's socket has received something,
// which it was asked to do.
func publishUntil(t *testing.T, s *Socket, f *foreign) {
	t.Helper()
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case s.Send() <- msg("ab", "x"):
			case <-done:
				return
			}
			select {
			case <-time.After(time.Millisecond):
			case <-done:
				return
			}
		}
	}()
	defer func() { close(done); <-stopped }()
	f.received("ab", "x")
}

// envelope is what one sends on a socket of type from for one of type to.
func envelope(from, to Type, id string, frames ...string) []string {
	if (to == Req || to == Rep) && from != Req && from != Rep {
		frames = append([]string{""}, frames...)
	}
	if from == Router {
		frames = append([]string{id}, frames...)
	}
	return frames
}

// arrival is what a socket of type to receives of it.
func arrival(from, to Type, id string, frames ...string) []string {
	if (from == Req || from == Rep) && to != Req && to != Rep {
		frames = append([]string{""}, frames...)
	}
	if to == Router {
		frames = append([]string{id}, frames...)
	}
	return frames
}

func TestInteropIPC(t *testing.T) {
	f := startForeign(t)
	for _, endpoint := range []string{"ipc://" + t.TempDir() + "/s", "ipc://@zmq-interop" + strings.ReplaceAll(t.TempDir(), "/", "-")} {
		rep := newSocket(t, Rep, nil)
		f.do(object{"op": "open", "name": "req", "type": "REQ", "connect": bind(t, rep, endpoint)})
		f.send("req", "over ipc")
		want(t, rep, "over ipc")
		send(t, rep, "and back")
		f.want("req", "and back")
		f.do(object{"op": "close", "name": "req"})
	}
	dealer := newSocket(t, Dealer, nil)
	answer := f.do(object{"op": "open", "name": "dealer", "type": "DEALER", "bind": "ipc://" + t.TempDir() + "/s"})
	connect(t, dealer, answer["endpoint"].(string))
	send(t, dealer, "to libzmq")
	f.want("dealer", "to libzmq")
}

// REQ's numbered requests come back from libzmq's REP.
func TestInteropCorrelate(t *testing.T) {
	bothWays(t, func(t *testing.T, f *foreign, foreignBinds bool) {
		req := newSocket(t, Req, &Config{Correlate: true})
		f.open(req, "rep", "REP", nil, foreignBinds)
		for range 3 {
			f.start(object{"op": "echo", "name": "rep", "count": 1})
			send(t, req, "question")
			want(t, req, "question")
			f.wait()
		}
	})
}

// A client of libzmq whose routing id is in use, by its own connection that has not
// ended yet, say, comes again, and loses nothing.
func TestInteropRoutingIDInUse(t *testing.T) {
	f := startForeign(t)
	router := newSocket(t, Router, nil)
	events := router.Monitor()
	same := object{"identity": "same"}
	f.open(router, "first", "DEALER", same, false)
	event(t, events, PeerAttached)
	f.open(router, "second", "DEALER", same, false)
	f.send("second", "waits")
	event(t, events, HandshakeFailed)
	event(t, events, HandshakeFailed)
	f.do(object{"op": "close", "name": "first"})
	want(t, router, "same", "waits")
}
