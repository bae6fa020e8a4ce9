package zmq

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

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
		r := memPeer(t, req, "REP")
		send(t, req, "question")
		r.read()
		r.read()
		r.write(append(command("PING", "\x00\x00"), message("", "answer")...))
		r.conn.Close()
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
		r := memPeer(t, req, "REP")
		synctest.Wait()
		req.Deliver(Message{Frames: [][]byte{body(2 * memBuffer)}}, nil)
		r.write(message("", "too long, not read"))
		want(t, req, "too long, not read")
		req.Deliver(msg("first"), nil) // behind the rest of the long one
		send(t, req, "second")
		synctest.Wait()
		r.conn.Close()
		synctest.Wait()
		r = memPeer(t, req, "REP")
		for _, question := range []string{"first", "second"} {
			r.read()
			if f := r.read(); string(f.Body) != question {
				t.Fatalf("asked %q, want %q", f.Body, question)
			}
			r.write(message("", "answer"))
			want(t, req, "answer")
		}
		r.conn.Close()
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
	r.write(message("")) // nothing behind it
	r.write(message("", "answer"))
	r.write(message("", "one too many"))
	want(t, req, "answer")
	eventually(t, "they are discarded", func() bool { return req.Stats().Discarded == 4 })
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

// A client waits for its turn as long as it takes: its PINGs are answered. What it
// asks besides comes after that.
func TestZ7PingOfWhoWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	rep := newSocket(t, Rep, nil)
	a, b := silent(t, rep, "REQ", ""), silent(t, rep, "DEALER", "")
	a.write(message("", "a"))
	want(t, rep, "a")
	b.write(slices.Concat(message("", "b"), command("PING", "\x00\x00context"), message("", "b again")))
	if f := b.read(); string(f.Body) != "\x04PONGcontext" {
		t.Errorf("read %q", f.Body)
	}
	for _, next := range []string{"b", "b again"} {
		send(t, rep, "reply")
		want(t, rep, next)
	}
}

// What waits for its turn at a REP ends with it.
func TestZ1RepClosesWhileRequestsWait(t *testing.T) {
	t.Parallel()
	for _, end := range []func(*Socket){
		func(s *Socket) { s.Close() },
		func(s *Socket) { s.Shutdown(context.Background()) },
	} {
		rep := newSocket(t, Rep, nil)
		a, b := silent(t, rep, "REQ", ""), silent(t, rep, "REQ", "")
		a.write(message("", "a"))
		want(t, rep, "a")
		b.write(append(message("", "b"), command("PING", "\x00\x00")...))
		b.read()
		b.conn.Close()
		end(rep)
		if st := rep.Stats(); st.Received != 2 || st.Discarded != 1 {
			t.Errorf("%+v", st)
		}
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

// Nor does it if the new question has to wait for a peer.
func TestReqRelaxedDiscardsAReplyWithoutAPeer(t *testing.T) {
	req := newSocket(t, Req, &Config{Relaxed: true, Correlate: true})
	router := newSocket(t, Router, nil)
	at := bind(t, router, "tcp://"+testenv.OwnHost()+":*")
	connect(t, req, at)
	send(t, req, "question")
	router.Deliver(recv(t, router), nil)
	eventually(t, "the reply has come", func() bool { return len(req.Recv()) > 0 })
	router.Close()
	eventually(t, "the peer has gone", func() bool { return peerCount(req) == 0 })
	req.Deliver(msg("another question"), nil)
	if got := req.Stats().Discarded; got != 1 {
		t.Errorf("Discarded = %d, want 1", got)
	}
	router = newSocket(t, Router, nil)
	bind(t, router, at)
	router.Deliver(recv(t, router), nil)
	want(t, req, "another question")
}

// What a peer that has gone was asked, and did not get, is not asked again once there
// is an answer to a later question: that is what the user waits for.
func TestReqRelaxedDoesNotGoBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		req := newSocket(t, Req, &Config{Relaxed: true})
		var raws [2]*rawPeer
		for i := range raws {
			raws[i] = memPeer(t, req, "REP")
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

// An answer too many does not go to whoever asked next: the user has not even seen
// that question.
func TestRepOneAnswerForEachRequest(t *testing.T) {
	rep := newSocket(t, Rep, &Config{RecvQueue: -1})
	at := bind(t, rep, "tcp://127.0.0.1:*")
	first, second := newSocket(t, Req, nil), newSocket(t, Req, nil)
	connect(t, first, at)
	connect(t, second, at)
	send(t, first, "first")
	want(t, rep, "first")
	send(t, second, "second")
	eventually(t, "both have asked", func() bool { return rep.Stats().Received == 2 })
	rep.Deliver(msg("answer"), nil)
	want(t, first, "answer")
	eventually(t, "the next request waits for the user", func() bool { return len(rep.Recv()) == 1 })
	var err error
	rep.Deliver(msg("answer again"), func(e error) { err = e })
	if err != ErrState {
		t.Errorf("second answer: %v", err)
	}
	want(t, rep, "second")
	rep.Deliver(msg("another"), nil)
	want(t, second, "another")
}

// A client that asks again as soon as it has a reply gets the next one too, however
// small the bounds are: nothing waits for it, though that may not be noted yet.
func TestRepRepliesToWhoAsksAtOnce(t *testing.T) {
	rep := newSocket(t, Rep, &Config{SendQueue: 1, SendQueueBytes: 1})
	ours, theirs := memPipe(inprocAddr("test"))
	conn := &unnotedConn{Conn: theirs, release: make(chan struct{})}
	go func() {
		p, err := rep.handshake(conn, true)
		rep.servePeer(conn, "", p, err)
	}()
	r := newRaw(t, ours).shake("REQ", "", 1)
	for i := range 2 {
		r.write(message("", fmt.Sprint(i)))
		want(t, rep, fmt.Sprint(i))
		rep.Deliver(msg(fmt.Sprint(i)), func(err error) {
			if err != nil {
				t.Errorf("reply %d: %v", i, err)
			}
		})
		if i == 0 {
			r.read()
			r.read()
		}
	}
	close(conn.release)
	r.read()
	if f := r.read(); string(f.Body) != "1" {
		t.Errorf("read %q", f.Body)
	}
}

// An unnotedConn does not come back from writes after its handshake until it is released,
// though the peer has what was written.
type unnotedConn struct {
	net.Conn
	writes  int
	release chan struct{}
}

func (c *unnotedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if c.writes++; c.writes > 2 { // the greeting and READY
		<-c.release
	}
	return n, err
}
