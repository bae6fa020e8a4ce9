package zmq

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A handler gets every message, those of one peer in order, and what it
// delivers is the answer.
func TestHandlerAnswers(t *testing.T) {
	const n = 500
	router := newSocket(t, Router, &Config{Handler: func(s *Socket, m Message) {
		s.Deliver(m, func(err error) {
			if err != nil {
				t.Errorf("Deliver: %v", err)
			}
			m.Recycle()
		})
	}})
	if router.Recv() != nil {
		t.Error("there is a receive channel beside the handler")
	}
	at := bind(t, router, "tcp://127.0.0.1:*")
	var dealers []*Socket
	for range 3 {
		d := newSocket(t, Dealer, nil)
		connect(t, d, at)
		dealers = append(dealers, d)
	}
	for i := range n {
		for _, d := range dealers {
			send(t, d, fmt.Sprint(i), "", "more")
		}
	}
	for i := range n {
		for _, d := range dealers {
			want(t, d, fmt.Sprint(i), "", "more")
		}
	}
	// What has come may not be counted as sent yet.
	eventually(t, "all are counted", func() bool { st := router.Stats(); return st.Received == 3*n && st.Sent == 3*n })
}

// REP with a handler serves its peers in turn.
func TestHandlerOfRep(t *testing.T) {
	var inside atomic.Int32
	rep := newSocket(t, Rep, &Config{Handler: func(s *Socket, m Message) {
		if inside.Add(1) > 1 {
			t.Error("two requests at a time")
		}
		inside.Add(-1)
		s.Deliver(msg("re: "+string(m.Frames[0])), nil)
	}})
	at := bind(t, rep, "inproc://handler-of-rep")
	var reqs []*Socket
	for range 3 {
		req := newSocket(t, Req, nil)
		connect(t, req, at)
		reqs = append(reqs, req)
	}
	for range 50 {
		for _, req := range reqs {
			send(t, req, "x")
		}
		for _, req := range reqs {
			want(t, req, "re: x")
		}
	}
}

// A proxy that is two handlers.
func TestHandlerOfAProxy(t *testing.T) {
	var front, back *Socket
	front = newSocket(t, XSub, &Config{Handler: func(_ *Socket, m Message) { back.Deliver(m, nil) }})
	back = newSocket(t, XPub, &Config{
		Subscriptions: NewSubscriptions,
		Handler:       func(_ *Socket, m Message) { front.Deliver(m, nil) },
	})
	pub, sub := newSocket(t, XPub, nil), newSocket(t, Sub, nil)
	connect(t, pub, bind(t, front, "tcp://127.0.0.1:*"))
	connect(t, sub, bind(t, back, "tcp://127.0.0.1:*"))
	sub.Subscribe([]byte("news"))
	want(t, pub, "\x01news")
	send(t, pub, "news of the day")
	want(t, sub, "news of the day")
}

// Close waits for the handler; a peer that is not read from meanwhile is not
// called silent, and others are served.
func TestHandlerThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered, leave := make(chan struct{}), make(chan struct{})
		s := newSocket(t, Dealer, &Config{
			HeartbeatInterval: time.Second,
			Handler: func(*Socket, Message) {
				close(entered)
				<-leave
			},
		})
		ours, serve := pipe(s, true)
		s.wg.Go(serve)
		r := newRaw(t, ours).shake("DEALER", "", 1)
		r.write(message("wait"))
		<-entered
		time.Sleep(time.Hour)
		if peerCount(s) != 1 {
			t.Error("a peer was dropped while its handler ran")
		}
		closed := make(chan struct{})
		go func() { s.Close(); close(closed) }()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close did not wait for the handler")
		default:
		}
		close(leave)
		<-closed
	})
}

func TestRouterNotifiesOfPeers(t *testing.T) {
	router := newSocket(t, Router, &Config{NotifyPeers: true, Handover: true})
	at := bind(t, router, "tcp://127.0.0.1:*")
	first := dialRaw(t, at).shake("DEALER", "same", 1)
	first.write(message("hello"))
	came := want(t, router, "same").From
	if got := want(t, router, "same", "hello").From; got != came {
		t.Error("the notice is of another peer than the message")
	}
	// The second takes over: it comes and the first goes, in whichever order.
	dialRaw(t, at).shake("DEALER", "same", 1)
	seen := map[*Peer]int{came: 1}
	for range 2 {
		seen[want(t, router, "same").From]++
	}
	if len(seen) != 2 || seen[came] != 2 {
		t.Errorf("notices by peer: %v", seen)
	}
}

// A notice is a message of its own, also where the peer ends in the middle of one:
// of that nothing is delivered.
func TestRouterNotifiesInTheMiddleOfAMessage(t *testing.T) {
	router := newSocket(t, Router, &Config{NotifyPeers: true, MaxMessageSize: 200})
	at := bind(t, router, "tcp://127.0.0.1:*")
	dialRaw(t, at).write([]byte("not a handshake")) // no peer, no notice
	tooLong := dialRaw(t, at).shake("DEALER", "x", 1)
	tooLong.write(message("hello", strings.Repeat("x", 300)))
	want(t, router, "x")
	want(t, router, "x")
	cut := dialRaw(t, at).shake("DEALER", "y", 1)
	cut.write(message("hello", "there")[:10])
	cut.conn.Close()
	want(t, router, "y")
	want(t, router, "y")
	if n := len(router.Recv()); n > 0 {
		t.Errorf("%d messages more", n)
	}
}

func TestConfigForTheWrongType(t *testing.T) {
	for name, tc := range map[string]struct {
		typ Type
		cfg Config
	}{
		"handover is for ROUTER, not for DEALER":                 {Dealer, Config{Handover: true}},
		"notices of peers are for ROUTER, not for REP":           {Rep, Config{NotifyPeers: true}},
		"a welcome message is for PUB and XPUB, not for SUB":     {Sub, Config{Welcome: msg("hi").Frames}},
		"correlation is for REQ, not for DEALER":                 {Dealer, Config{Correlate: true}},
		"relaxed requests are for REQ, not for REP":              {Rep, Config{Relaxed: true}},
		"manual subscriptions are for XPUB, not for PUB":         {Pub, Config{Subscriptions: ManualSubscriptions}},
		"to hear of new subscriptions only is for XPUB, not fo":  {Pub, Config{Subscriptions: NewSubscriptions}},
		"XPUB, not for PUSH":                                     {Push, Config{Handler: func(*Socket, Message) {}}},
		"reconnection after at least 1m0s and at most 1s":        {Sub, Config{ReconnectMin: time.Minute, ReconnectMax: time.Second}},
		"zmq: a handler is for PAIR, SUB, XSUB, REQ, REP, DEALE": {Pub, Config{Handler: func(*Socket, Message) {}}},
	} {
		if _, err := NewSocket(tc.typ, &tc.cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v: %v, want an error with %q", tc.typ, err, name)
		}
	}
}
