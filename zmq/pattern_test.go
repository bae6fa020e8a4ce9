package zmq

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pairOf makes two sockets that are joined, the first of them bound.
func pairOf(t testing.TB, a, b Type, ca, cb *Config) (*Socket, *Socket) {
	t.Helper()
	x, y := newSocket(t, a, ca), newSocket(t, b, cb)
	xe, ye := x.Monitor(), y.Monitor()
	connect(t, y, bind(t, x, "tcp://127.0.0.1:*"))
	event(t, xe, PeerAttached)
	event(t, ye, PeerAttached)
	return x, y
}

// deliver sends with Deliver and returns what the completion got.
func deliver(t testing.TB, s *Socket, frames ...string) error {
	t.Helper()
	c := make(chan error, 1)
	s.Deliver(msg(frames...), func(err error) { c <- err })
	// Mostly it is there already; but who sent through the channel before may
	// not be quite done with writing, and then goes on with this message.
	select {
	case err := <-c:
		return err
	case <-time.After(patience):
		t.Fatalf("%v: no completion", s.Type())
		return nil
	}
}

func TestPairHasOnePeer(t *testing.T) {
	a, b := pairOf(t, Pair, Pair, nil, nil)
	at := bind(t, a, "tcp://127.0.0.1:*")
	events := a.Monitor()
	knock(t, at, "PAIR", "").closed()
	if e := event(t, events, HandshakeFailed); !strings.Contains(e.Err.Error(), errSecondPeer.Error()) {
		t.Errorf("refused for %v", e.Err)
	}
	send(t, a, "to b")
	want(t, b, "to b")
	send(t, b, "to a")
	want(t, a, "to a")
}

// Whoever there is no place for is not let in and put out again: what it has to send
// waits until there is one.
func TestZ3PeersWithoutAPlaceLoseNothing(t *testing.T) {
	for _, types := range [][2]Type{{Pair, Pair}, {Router, Dealer}} {
		t.Run(types[0].String(), func(t *testing.T) {
			s := newSocket(t, types[0], nil)
			events := s.Monitor()
			at := bind(t, s, "tcp://127.0.0.1:*")
			cfg := &Config{RoutingID: []byte("same"), ReconnectMax: 50 * time.Millisecond}
			first, second := newSocket(t, types[1], cfg), newSocket(t, types[1], cfg)
			connect(t, first, at)
			event(t, events, PeerAttached)
			connect(t, second, at)
			send(t, second, "waits")
			for range 3 {
				if e := event(t, events, HandshakeFailed); !strings.Contains(e.Err.Error(), "peer not admitted") {
					t.Error(e.Err)
				}
			}
			first.Close()
			if m := recv(t, s); string(m.Frames[len(m.Frames)-1]) != "waits" {
				t.Errorf("received %s", text(m))
			}
		})
	}
}

// Nor does a PAIR that has its peer call another one.
func TestZ3PairCallsNobodyInVain(t *testing.T) {
	s := newSocket(t, Pair, &Config{ReconnectMax: 50 * time.Millisecond})
	events := s.Monitor()
	first, second := newSocket(t, Pair, nil), newSocket(t, Pair, nil)
	connect(t, s, bind(t, first, "tcp://127.0.0.1:*"))
	event(t, events, PeerAttached)
	send(t, second, "waits")
	connect(t, s, bind(t, second, "tcp://127.0.0.1:*"))
	for range 3 {
		if e := event(t, events, ConnectFailed); !errors.Is(e.Err, errSecondPeer) {
			t.Error(e.Err)
		}
	}
	first.Close()
	want(t, s, "waits")
}

func TestReqOutOfTurn(t *testing.T) {
	req, rep := pairOf(t, Req, Rep, nil, nil)
	if err := deliver(t, rep, "nobody asked"); err != ErrState {
		t.Errorf("reply without a request: %v", err)
	}
	if err := deliver(t, req, "first"); err != nil {
		t.Error(err)
	}
	if err := deliver(t, req, "second"); err != ErrState {
		t.Errorf("second request: %v", err)
	}
	send(t, req, "patient") // waits for its turn
	want(t, rep, "first")
	if err := deliver(t, rep, "one"); err != nil {
		t.Error(err)
	}
	want(t, req, "one")
	want(t, rep, "patient")
	send(t, rep, "two")
	want(t, req, "two")
}

// The reply of a peer that has gone cannot come: REQ may ask the next one.
func TestReqAsksAgainWhenThePeerHasGone(t *testing.T) {
	req := newSocket(t, Req, nil)
	r := silent(t, req, "REP", "")
	events := req.Monitor()
	send(t, req, "first")
	r.read()
	r.conn.Close()
	event(t, events, PeerDetached)
	rep := newSocket(t, Rep, nil)
	connect(t, rep, bind(t, req, "tcp://127.0.0.1:*"))
	send(t, req, "second")
	want(t, rep, "second")
}

// A reply that came before the end of its peer is taken, though the peer was found
// to be gone in between: here its PING could not be answered.
func TestReqTakesTheReplyOfAPeerThatHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		req := newSocket(t, Req, nil)
		ours, serve := pipe(req, true)
		go serve()
		r := newRaw(t, ours).shake("REP", "", 1)
		send(t, req, "question")
		r.read()
		r.read()
		r.write(append(command("PING", "\x00\x00"), message("", "answer")...))
		ours.Close()
		synctest.Wait()
		if st := req.Stats(); st.Discarded != 0 {
			t.Fatalf("the reply is lost: %+v", st)
		}
		want(t, req, "answer")
	})
}

// A request of which nothing was sent goes to the next peer, before the one that
// waits for its reply.
func TestReqAsksTheNextPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		req := newSocket(t, Req, nil)
		ours, serve := pipe(req, true)
		go serve()
		r := newRaw(t, ours).shake("REP", "", 1)
		synctest.Wait()
		req.Deliver(Message{Frames: [][]byte{body(2 * memBuffer)}}, nil)
		r.write(message("", "too long, not read"))
		want(t, req, "too long, not read")
		req.Deliver(msg("first"), nil) // behind the rest of the long one
		send(t, req, "second")
		synctest.Wait()
		ours.Close()
		synctest.Wait()
		ours, serve = pipe(req, true)
		go serve()
		r = newRaw(t, ours).shake("REP", "", 1)
		for _, question := range []string{"first", "second"} {
			r.read()
			if f := r.read(); string(f.Body) != question {
				t.Fatalf("asked %q, want %q", f.Body, question)
			}
			r.write(message("", "answer"))
			want(t, req, "answer")
		}
		ours.Close()
	})
}

func TestReqDiscardsWhatIsNoReply(t *testing.T) {
	req := newSocket(t, Req, nil)
	r := silent(t, req, "ROUTER", "")
	r.write(message("", "too early"))
	eventually(t, "it is discarded", func() bool { return req.Stats().Discarded == 1 })
	send(t, req, "question")
	if f := r.read(); len(f.Body) != 0 {
		t.Errorf("no delimiter: %q", f.Body)
	}
	r.read()
	r.write(message("no delimiter"))
	r.write(message("", "answer"))
	r.write(message("", "one too many"))
	want(t, req, "answer")
	eventually(t, "they are discarded", func() bool { return req.Stats().Discarded == 3 })
}

// "SHALL accept an incoming message only from the last peer that it sent a request
// to."
func TestReqHearsOnlyThePeerItAsked(t *testing.T) {
	req := newSocket(t, Req, &Config{RoutingID: []byte("req")})
	events := req.Monitor()
	at := bind(t, req, "tcp://127.0.0.1:*")
	var routers []*Socket
	for range 3 {
		router := newSocket(t, Router, nil)
		itsEvents := router.Monitor()
		connect(t, router, at)
		event(t, events, PeerAttached)
		event(t, itsEvents, PeerAttached)
		routers = append(routers, router)
	}
	for i := range routers {
		send(t, req, "question")
		want(t, routers[i], "req", "", "question") // in turn
		for j, router := range routers {
			if err := deliver(t, router, "req", "", fmt.Sprint(j)); err != nil {
				t.Fatal(err)
			}
		}
		want(t, req, fmt.Sprint(i))
		eventually(t, "all replies have come", func() bool { return req.Stats().Received == uint64(3*(i+1)) })
	}
}

// The envelope grows with every proxy, and leads the reply back.
func TestReqThroughProxies(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	at := bind(t, rep, "tcp://127.0.0.1:*")
	for range 3 {
		var front, back *Socket
		front = newSocket(t, Router, &Config{Handler: func(_ *Socket, m Message) { back.Deliver(m, nil) }})
		back = newSocket(t, Dealer, &Config{Handler: func(_ *Socket, m Message) { front.Deliver(m, nil) }})
		connect(t, back, at)
		at = bind(t, front, "tcp://127.0.0.1:*")
	}
	req := newSocket(t, Req, &Config{Correlate: true})
	connect(t, req, at)
	for i := range 3 {
		send(t, req, "question", "", fmt.Sprint(i))
		want(t, rep, "question", "", fmt.Sprint(i))
		send(t, rep, "", "answer")
		want(t, req, "", "answer")
	}
}

func TestRepKeepsTheEnvelope(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	r := silent(t, rep, "DEALER", "")
	r.write(message("no delimiter"))
	r.write(message("hop 2", "hop 1", "", "question", "", "more"))
	want(t, rep, "question", "", "more")
	send(t, rep, "answer")
	for _, want := range []string{"hop 2", "hop 1", "", "answer"} {
		if f := r.read(); string(f.Body) != want {
			t.Errorf("read %q, want %q", f.Body, want)
		}
	}
	if got := rep.Stats().Discarded; got != 1 {
		t.Errorf("Discarded = %d", got)
	}
}

// One request is with the user at a time, in turn from all peers, and the
// reply of one that has gone is told as lost.
func TestRepTakesTurns(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	a, b := silent(t, rep, "REQ", ""), silent(t, rep, "REQ", "")
	events := rep.Monitor()
	a.write(message("", "a"))
	want(t, rep, "a")
	b.write(message("", "b"))
	if len(rep.Recv()) != 0 {
		t.Error("a second request before the reply to the first")
	}
	a.conn.Close()
	event(t, events, PeerDetached)
	if err := deliver(t, rep, "to nobody"); err != ErrPeerGone {
		t.Errorf("reply to a peer that has gone: %v", err)
	}
	want(t, rep, "b")
	send(t, rep, "to b")
	b.read()
	if f := b.read(); string(f.Body) != "to b" {
		t.Errorf("read %q", f.Body)
	}
}

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

func TestRouterToRouter(t *testing.T) {
	a, b := pairOf(t, Router, Router, &Config{RoutingID: []byte("a")}, &Config{RoutingID: []byte("b")})
	send(t, a, "b", "hello")
	want(t, b, "a", "hello")
	send(t, b, "a", "hello yourself")
	want(t, a, "b", "hello yourself")
}

// An XPUB hears of every subscription of every peer, or, if so configured,
// only of those that change anything. A peer cannot take back what it has not asked
// for, also if another one has.
func TestXPubSubscriptionMessages(t *testing.T) {
	for mode, want := range map[SubscriptionMode]string{
		EverySubscription: `1x 1x 1x 0x 0x 0x`,
		NewSubscriptions:  `1x 0x`,
	} {
		xpub := newSocket(t, XPub, &Config{Subscriptions: mode})
		var raws []*rawPeer
		for range 2 {
			raws = append(raws, silent(t, xpub, "SUB", ""))
		}
		events := xpub.Monitor()
		raws[0].write(command("SUBSCRIBE", "x"))
		raws[0].write(command("SUBSCRIBE", "x"))
		raws[0].write(message("that is all"))
		var got []string
		collect := func(until string) {
			for {
				m := recv(t, xpub)
				if string(m.Frames[0]) == until {
					return
				}
				got = append(got, fmt.Sprint(m.Frames[0][0])+string(m.Frames[0][1:]))
			}
		}
		collect("that is all")
		raws[1].write(command("CANCEL", "x"))
		raws[1].write(message("\x01x")) // the form of ZMTP 3.0
		raws[1].write(message("that is all"))
		collect("that is all")
		raws[0].write(command("CANCEL", "x"))
		raws[0].write(command("CANCEL", "nothing"))
		raws[0].conn.Close() // one subscription is left, and ends with the peer
		event(t, events, PeerDetached)
		raws[1].write(message("\x00x"))
		raws[1].write(message("that is all"))
		collect("that is all")
		if joined := strings.Join(got, " "); joined != want {
			t.Errorf("mode %d: %s, want %s", mode, joined, want)
		}
	}
}

// To two subscriptions that both match one message goes once.
// First and last subscriptions for a prefix alternate, whichever peers they are
// of: who follows them knows in the end whether there is one.
func TestXPubTellsFirstAndLastInTurn(t *testing.T) {
	const peers, rounds = 4, 20_000
	xpub := newSocket(t, XPub, &Config{Subscriptions: NewSubscriptions})
	at := bind(t, xpub, "tcp://127.0.0.1:*")
	var writers sync.WaitGroup
	defer writers.Wait()
	for i := range peers {
		r := dialRaw(t, at).shake("SUB", "", 1)
		all := bytes.Repeat(append(command("SUBSCRIBE", "x"), command("CANCEL", "x")...), rounds)
		writers.Go(func() { r.write(append(all, command("SUBSCRIBE", fmt.Sprint("done", i))...)) })
	}
	held, wrong := false, 0
	for done := 0; done < peers; {
		switch f := recv(t, xpub).Frames[0]; {
		case string(f) != "\x01x" && string(f) != "\x00x":
			done++
		default:
			if held == (f[0] == 1) {
				wrong++
			}
			held = f[0] == 1
		}
	}
	if wrong > 0 || held {
		t.Errorf("told %d times of what it knew; at the end there is a subscription: %v", wrong, held)
	}
}

func TestPubSendsOnce(t *testing.T) {
	pub := newSocket(t, XPub, nil)
	sub := newSocket(t, Sub, nil)
	for _, prefix := range []string{"", "a", "ab", "ab"} {
		sub.Subscribe([]byte(prefix))
	}
	connect(t, sub, bind(t, pub, "tcp://127.0.0.1:*"))
	for range 3 {
		recv(t, pub)
	}
	send(t, pub, "abc")
	send(t, pub, "end")
	want(t, sub, "abc")
	want(t, sub, "end")
	if err := deliver(t, newSocket(t, Pub, nil), "to nobody"); err != nil {
		t.Errorf("publishing to nobody: %v", err)
	}
}

// SUB drops what it did not ask for, whoever sends it.
func TestSubFilters(t *testing.T) {
	sub := newSocket(t, Sub, nil)
	sub.Subscribe([]byte("yes"))
	r := silent(t, sub, "PUB", "")
	if f := r.read(); string(f.Body) != "\x09SUBSCRIBEyes" {
		t.Errorf("read %q", f.Body)
	}
	r.write(message("no"))
	r.write(message("yes!"))
	want(t, sub, "yes!")
	if got := sub.Stats().Discarded; got != 1 {
		t.Errorf("Discarded = %d", got)
	}
	if err := sub.Unsubscribe([]byte("never")); err == nil || !strings.Contains(err.Error(), `"never"`) {
		t.Errorf("Unsubscribe of what there is not: %v", err)
	}
	if err := newSocket(t, Pull, nil).Subscribe(nil); err == nil || !strings.Contains(err.Error(), "PULL") {
		t.Errorf("Subscribe on PULL: %v", err)
	}
	if sub.Send() != nil {
		t.Error("a SUB socket has a send channel")
	}
}

// A publisher of ZMTP 3.0 gets subscriptions as messages.
func TestSubDowngrades(t *testing.T) {
	sub := newSocket(t, Sub, nil)
	at := bind(t, sub, "tcp://127.0.0.1:*")
	sub.Subscribe([]byte("x"))
	r := dialRaw(t, at).shake("XPUB", "", 0)
	if f := r.read(); f.Flags != 0 || string(f.Body) != "\x01x" {
		t.Errorf("read %+v", f)
	}
	sub.Unsubscribe([]byte("x"))
	if f := r.read(); f.Flags != 0 || string(f.Body) != "\x00x" {
		t.Errorf("read %+v", f)
	}
}

// XSUB subscribes with messages, or sends them upstream.
func TestXSub(t *testing.T) {
	xpub, xsub := pairOf(t, XPub, XSub, nil, nil)
	send(t, xsub, "\x01a")
	want(t, xpub, "\x01a")
	send(t, xpub, "abc", "more")
	want(t, xsub, "abc", "more")
	send(t, xsub, "upstream", "two")
	want(t, xpub, "upstream", "two")
	send(t, xsub, "\x00a")
	want(t, xpub, "\x00a")
	if err := deliver(t, xsub, "\x00a"); err == nil {
		t.Error("a subscription can be taken back twice")
	}
}

// XSUB leaves it to its publishers what it gets: one that gives other prefixes
// than it was asked for, or sends a welcome, is heard.
func TestXSubDoesNotFilter(t *testing.T) {
	xpub, xsub := pairOf(t, XPub, XSub, &Config{
		Subscriptions: ManualSubscriptions, Welcome: msg("welcome").Frames,
	}, nil)
	want(t, xsub, "welcome")
	send(t, xsub, "\x01asked for")
	m := want(t, xpub, "\x01asked for")
	if err := xpub.SubscribePeer(m.From, []byte("given")); err != nil {
		t.Fatal(err)
	}
	send(t, xpub, "given", "instead")
	want(t, xsub, "given", "instead")
}

// A proxy is two select loops.
func TestProxyOfXPubAndXSub(t *testing.T) {
	front, back := newSocket(t, XSub, nil), newSocket(t, XPub, &Config{Subscriptions: NewSubscriptions})
	pub, sub := newSocket(t, Pub, nil), newSocket(t, Sub, nil)
	connect(t, pub, bind(t, front, "tcp://127.0.0.1:*"))
	connect(t, sub, bind(t, back, "tcp://127.0.0.1:*"))
	go func() {
		for {
			select {
			case m := <-front.Recv():
				back.Deliver(m, nil)
			case m := <-back.Recv():
				front.Deliver(m, nil)
			case <-front.Done():
				return
			case <-back.Done():
				return
			}
		}
	}()
	sub.Subscribe([]byte("news"))
	eventually(t, "the subscription went through", func() bool {
		pub.mu.Lock()
		defer pub.mu.Unlock()
		return pub.pat.(*publisher).subs.has([]byte("news"))
	})
	send(t, pub, "news of the day")
	want(t, sub, "news of the day")
}

// A receiver may do with a message what it likes.
func TestReceivedMessagesAreOwned(t *testing.T) {
	router, dealer := pairOf(t, Router, Dealer, nil, &Config{RoutingID: []byte("id")})
	for range 3 {
		send(t, dealer, "x", "y")
	}
	for range 3 {
		m := want(t, router, "id", "x", "y")
		for i := range m.Frames {
			m.Frames[i][0] = '!'
			m.Frames[i] = append(m.Frames[i], "more"...)
		}
		m.Frames = append(m.Frames, nil)
	}
}

func TestReqCorrelates(t *testing.T) {
	req := newSocket(t, Req, &Config{Correlate: true, Relaxed: true})
	r := silent(t, req, "ROUTER", "")
	var numbers []string
	for _, question := range []string{"first", "second"} {
		send(t, req, question)
		numbers = append(numbers, string(r.read().Body))
		r.read()
		if f := r.read(); string(f.Body) != question {
			t.Fatalf("read %q", f.Body)
		}
	}
	r.write(message(numbers[0], "", "late"))
	r.write(message("", "no number"))
	r.write(message(numbers[1], "", "in time"))
	want(t, req, "in time")
	if got := req.Stats().Discarded; got != 2 {
		t.Errorf("Discarded = %d, want 2", got)
	}
	if err := deliver(t, req, "third"); err != nil {
		t.Error(err)
	}
}

// Whoever gives up on a reply, and asks something else, does not get it in place of
// the new one, though it has come in between.
func TestReqRelaxedDiscardsAReplyThatWasNotRead(t *testing.T) {
	for _, size := range []int{0, -1} { // of the receive channel
		req, router := pairOf(t, Req, Router, &Config{Relaxed: true, Correlate: true, RecvQueue: size}, nil)
		var m Message
		for i := range 3 {
			if err := deliver(t, req, fmt.Sprint("question ", i)); err != nil {
				t.Fatal(err)
			}
			m = recv(t, router)
			if i < 2 {
				router.Deliver(m, nil)
				eventually(t, "the reply has come", func() bool { return len(req.Recv()) > 0 })
			}
		}
		router.Deliver(m, nil)
		want(t, req, "question 2")
		if got := req.Stats().Discarded; got != 2 {
			t.Errorf("Discarded = %d, want 2", got)
		}
	}
}

// What a peer that has gone was asked, and did not get, is not asked again once there
// is an answer to a later question: that is what the user waits for.
func TestReqRelaxedDoesNotGoBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		req := newSocket(t, Req, &Config{Relaxed: true})
		var raws [2]*rawPeer
		for i := range raws {
			ours, serve := pipe(req, true)
			go serve()
			raws[i] = newRaw(t, ours).shake("REP", "", 1)
			synctest.Wait()
		}
		answer := func(question string) {
			raws[1].read()
			if f := raws[1].read(); string(f.Body) != question {
				t.Fatalf("asked %q, want %q", f.Body, question)
			}
			raws[1].write(message("", "re: "+question))
			synctest.Wait()
		}
		req.Deliver(Message{Frames: [][]byte{body(2 * memBuffer)}}, nil) // to the first, who does not read
		req.Deliver(msg("one"), nil)
		answer("one")
		req.Deliver(msg("behind the long one"), nil)
		req.Deliver(msg("two"), nil)
		answer("two")
		raws[0].conn.Close()
		synctest.Wait()
		want(t, req, "re: two")
		if st := req.Stats(); st.Sent != 2 || st.Dropped != 2 || st.Pending != 0 {
			t.Errorf("%+v", st)
		}
		raws[1].conn.Close()
	})
}

// A relaxed REQ may ask again also while its first question waits for a peer.
func TestReqRelaxedBeforeAPeer(t *testing.T) {
	req := newSocket(t, Req, &Config{Relaxed: true})
	for _, question := range []string{"first", "second"} {
		req.Deliver(msg(question), func(err error) {
			if err != nil {
				t.Errorf("%s: %v", question, err)
			}
		})
	}
	r := silent(t, req, "ROUTER", "")
	for _, want := range []string{"", "first", "", "second"} {
		if f := r.read(); string(f.Body) != want {
			t.Fatalf("read %q, want %q", f.Body, want)
		}
	}
}

func TestXPubManualSubscriptions(t *testing.T) {
	xpub := newSocket(t, XPub, &Config{Subscriptions: ManualSubscriptions})
	sub := newSocket(t, Sub, nil)
	sub.Subscribe([]byte("a"))
	sub.Subscribe([]byte("b"))
	connect(t, sub, bind(t, xpub, "tcp://127.0.0.1:*"))
	var peer *Peer
	for _, prefix := range []string{"\x01a", "\x01b"} {
		peer = want(t, xpub, prefix).From
	}
	send(t, xpub, "a is not allowed")
	if err := xpub.SubscribePeer(peer, []byte("b")); err != nil {
		t.Fatal(err)
	}
	if err := deliver(t, xpub, "a is not allowed"); err != nil {
		t.Error(err)
	}
	if err := deliver(t, xpub, "b is"); err != nil {
		t.Error(err)
	}
	want(t, sub, "b is")
	if err := xpub.UnsubscribePeer(peer, []byte("b")); err != nil {
		t.Fatal(err)
	}
	if err := deliver(t, xpub, "b no more"); err != nil || xpub.Stats().Sent != 1 {
		t.Errorf("%v, %+v", err, xpub.Stats())
	}
	if err := xpub.SubscribePeer(peer, []byte("of our choice")); err != nil {
		t.Fatal(err)
	}
	events := xpub.Monitor()
	sub.Close()
	// What the peer has asked for ends, whatever it was given for it.
	for range 2 {
		m := recv(t, xpub)
		if got := text(m); got != text(msg("\x00a")) && got != text(msg("\x00b")) || m.From != peer {
			t.Errorf("received %s when the peer had left", got)
		}
	}
	event(t, events, PeerDetached)
	if err := deliver(t, xpub, "of our choice"); err != nil || xpub.Stats().Sent != 1 {
		t.Errorf("after the peer has gone: %v, %+v", err, xpub.Stats())
	}
	if err := xpub.SubscribePeer(peer, nil); err != ErrPeerGone {
		t.Errorf("subscribing a peer that has gone: %v", err)
	}
	if err := newSocket(t, XPub, nil).SubscribePeer(peer, nil); err == nil {
		t.Error("a socket without ManualSubscriptions accepts SubscribePeer")
	}
}

// A peer of another socket would get what it may not see.
func TestXPubManualSubscriptionsAreForItsOwnPeers(t *testing.T) {
	cfg := &Config{Subscriptions: ManualSubscriptions}
	xpub, sub := pairOf(t, XPub, Sub, cfg, nil)
	if err := sub.Subscribe([]byte("a")); err != nil {
		t.Fatal(err)
	}
	peer := want(t, xpub, "\x01a").From
	other := newSocket(t, XPub, cfg)
	for _, p := range []*Peer{peer, nil} {
		if err := other.SubscribePeer(p, []byte("a")); err == nil {
			t.Error("SubscribePeer takes a peer that is not its own")
		}
		if err := other.UnsubscribePeer(p, []byte("a")); err == nil {
			t.Error("UnsubscribePeer takes a peer that is not its own")
		}
	}
	if err := deliver(t, other, "a secret"); err != nil {
		t.Error(err)
	}
	if st := other.Stats(); st.Sent != 0 {
		t.Errorf("%+v", st)
	}
}

func TestPubWelcome(t *testing.T) {
	cfg := &Config{Welcome: msg("welcome", "to all").Frames}
	pub := newSocket(t, Pub, cfg)
	copy(cfg.Welcome[0], "changed") // the socket has a copy
	r := silent(t, pub, "SUB", "")
	if f := r.read(); string(f.Body) != "welcome" || f.Flags == 0 {
		t.Errorf("read %+v", f)
	}
}

// What sockets say about themselves is in every message.
func TestProperties(t *testing.T) {
	router, dealer := newSocket(t, Router, nil), newSocket(t, Dealer, &Config{
		RoutingID: []byte("d"), Properties: map[string]string{"X-Kernel": "r", "X-Empty": ""},
	})
	connect(t, dealer, bind(t, router, "tcp://127.0.0.1:*"))
	send(t, dealer, "x")
	from := recv(t, router).From
	for name, want := range map[string]string{"x-kernel": "r", "X-Empty": "", "Socket-Type": "DEALER", "Identity": "d", "nothing": ""} {
		if got := string(from.Property(name)); got != want {
			t.Errorf("Property(%q) = %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"", "no spaces", "identity", "Socket-Type", strings.Repeat("x", 256)} {
		if _, err := NewSocket(Dealer, &Config{Properties: map[string]string{name: ""}}); err == nil {
			t.Errorf("property %q is accepted", name)
		}
	}
}
