package zmq

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

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
	for _, typ := range []Type{XPub, Pub, Sub, Dealer} {
		s := newSocket(t, typ, nil)
		for _, err := range []error{s.SubscribePeer(peer, nil), s.UnsubscribePeer(peer, nil)} {
			if err == nil || !strings.Contains(err.Error(), "only an XPUB with ManualSubscriptions") {
				t.Errorf("a %v without them: %v", typ, err)
			}
		}
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
