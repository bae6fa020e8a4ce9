package zmq

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

// silent attaches a raw peer that reads nothing.
func silent(t *testing.T, s *Socket, typ, id string) *rawPeer {
	t.Helper()
	events := s.Monitor()
	r := dialRaw(t, bind(t, s, "tcp://127.0.0.1:*")).shake(typ, id, 1)
	event(t, events, PeerAttached)
	return r
}

// big is more than what the operating system takes for a peer that does not
// read; several of them are for sure.
func big() Message { return Message{Frames: [][]byte{body(1 << 20)}} }

func TestZ3FlowDropsAreCountedAndTold(t *testing.T) {
	for _, full := range []Policy{PatternPolicy, DropNewest, DropOldest} {
		t.Run(fmt.Sprint(full), func(t *testing.T) {
			const n = 100
			pub := newSocket(t, Pub, &Config{SendQueue: 5, Full: full})
			r := silent(t, pub, "SUB", "")
			r.write(command("SUBSCRIBE", ""))
			eventually(t, "subscribed", func() bool {
				pub.mu.Lock()
				defer pub.mu.Unlock()
				return pub.pat.(*publisher).subs.has(nil)
			})
			var told, sent atomic.Int32
			for i := range n {
				m := big()
				m.Frames[0][0] = byte(i)
				newest := true // i is the message that is being delivered
				pub.Deliver(m, func(err error) {
					switch err {
					case nil:
						sent.Add(1)
					case ErrQueueFull:
						told.Add(1)
						if newest != (full != DropOldest) {
							t.Errorf("policy %d: message %d is dropped, which is the newest: %v", full, i, newest)
						}
					default:
						t.Errorf("completion got %v", err)
					}
				})
				newest = false
			}
			dropped := int(pub.Stats().Dropped)
			if dropped == 0 || dropped != int(told.Load()) {
				t.Fatalf("Dropped = %d, told %d", dropped, told.Load())
			}
			var got []int
			for range n - dropped {
				got = append(got, int(r.read().Body[0]))
			}
			eventually(t, "completions", func() bool { return int(sent.Load()) == n-dropped })
			if last := got[len(got)-1]; full == DropOldest && last != n-1 {
				t.Errorf("the last message to arrive was number %d of %d", last, n)
			}
		})
	}
}

// The last value is never dropped for older ones, though these are being written
// and fill the queue, be they few or many.
func TestZ3FlowDropOldestKeepsTheNewest(t *testing.T) {
	for _, queue := range []int{1, 10} {
		push := newSocket(t, Push, &Config{SendQueue: queue, Full: DropOldest})
		r := memPeer(t, push, "PULL")
		defer r.conn.Close()
		eventually(t, "a peer", func() bool { return peerCount(push) == 1 })
		push.Deliver(Message{Frames: [][]byte{body(2 * memBuffer)}}, nil) // a part of it is written
		const n = 100
		for i := range n {
			push.Deliver(msg(fmt.Sprint(i)), nil)
		}
		st := push.Stats()
		if st.Pending > int64(queue)+1 || st.Dropped+uint64(st.Pending) != n+1 {
			t.Errorf("queue of %d: %+v", queue, st)
		}
		var last string
		for range st.Pending {
			last = string(r.read().Body)
		}
		if last != fmt.Sprint(n-1) {
			t.Errorf("queue of %d: the last to arrive was %.10q", queue, last)
		}
	}
}

// A large message may have to take the place of many small ones.
func TestZ3FlowDropOldestKeepsTheBoundInOctets(t *testing.T) {
	const bound, small, large = 1 << 20, 10, 10 << 10
	for _, with := range []string{"a peer that does not read", "no peer"} {
		t.Run(with, func(t *testing.T) {
			s := newSocket(t, Push, &Config{SendQueueBytes: bound, Full: DropOldest})
			if with != "no peer" {
				defer memPeer(t, s, "PULL").conn.Close()
				s.Deliver(Message{Frames: [][]byte{body(2 * memBuffer)}}, nil) // a part of it is written
				eventually(t, "a full connection", func() bool { return peerCount(s) == 1 && s.Stats().Pending == 1 })
			}
			var waiting atomic.Int64
			told := false
			put := func(size int) {
				waiting.Add(int64(size))
				s.Deliver(Message{Frames: [][]byte{body(size)}}, func(error) {
					waiting.Add(-int64(size))
					told = true
				})
			}
			for range 1000 {
				put(small)
			}
			for range 1000 {
				put(large)
			}
			if n := waiting.Load(); n > bound+large || n < bound-2*memBuffer-2*large {
				t.Errorf("%d octets wait where %d are allowed", n, bound)
			}
			told = false
			if put(large); !told {
				t.Error("nothing was dropped for one more")
			}
		})
	}
}

// What a peer leaves behind that has gone counts against the bounds of what waits
// for the next one.
func TestZ3FlowBoundOfWhatWasTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bound, size = 1 << 20, 10 << 10
		push := newSocket(t, Push, &Config{SendQueueBytes: bound, Full: DropNewest})
		r := memPeer(t, push, "PULL")
		put := func() bool { return deliverNow(push, size) != ErrQueueFull }
		for put() {
		}
		r.conn.Close()
		synctest.Wait()
		if peerCount(push) != 0 {
			t.Fatal("the peer is still there")
		}
		n := 0
		for put() {
			n++
		}
		// What was in the connection, and the message that was in part.
		if most := 2*memBuffer/size + 2; n > most || push.Stats().Pending < int64(bound/size-most) {
			t.Errorf("%d messages more wait, of %d octets each: %+v", n, size, push.Stats())
		}
		push.Close()
	})
}

// What has waited for a peer and has gone to it makes room for as much again.
func TestZ3FlowBoundWithoutAPeerIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		push := newSocket(t, Push, &Config{SendQueueBytes: 100 << 10, Full: DropNewest})
		var counts [3]int
		for i := range counts {
			for deliverNow(push, 10<<10) != ErrQueueFull {
				counts[i]++
			}
			r := memPeer(t, push, "PULL")
			for range counts[i] {
				r.read()
			}
			r.conn.Close()
			synctest.Wait()
		}
		if counts[0] < 9 || counts[1] != counts[0] || counts[2] != counts[0] {
			t.Errorf("without a peer %d messages waited, one time after the other", counts)
		}
		push.Close()
	})
}

// A ROUTER that is to block waits for the peer that a message names.
func TestZ3FlowBlockingRouterLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, size = 20, 100 << 10
		router := newSocket(t, Router, &Config{SendQueue: 2, Full: Block})
		ours, serve := pipe(router, true)
		go serve()
		r := newRaw(t, ours).shake("DEALER", "slow", 1)
		synctest.Wait() // it is a peer only now
		sent := make(chan error, n)
		go func() {
			for i := range n {
				router.Deliver(Message{Frames: [][]byte{[]byte("slow"), bytes.Repeat([]byte{byte(i)}, size)}},
					func(err error) { sent <- err })
			}
		}()
		synctest.Wait()
		if st := router.Stats(); st.Sent+uint64(st.Pending) >= n {
			t.Errorf("nothing waits: %+v", st)
		}
		for i := range n {
			if f := r.read(); f.Flags != 0 || !bytes.Equal(f.Body, bytes.Repeat([]byte{byte(i)}, size)) {
				t.Fatalf("message %d is one of %d octets that begins with %.10q", i, len(f.Body), f.Body)
			}
		}
		for range n {
			if err := <-sent; err != nil {
				t.Error(err)
			}
		}
		router.Close()
	})
}

// deliverNow delivers a message of size octets, and returns what is known of it
// at once: nil if it waits.
func deliverNow(s *Socket, size int) (err error) {
	s.Deliver(Message{Frames: [][]byte{body(size)}}, func(e error) { err = e })
	return err
}

func TestZ3FlowBlockingPublisherLosesNothing(t *testing.T) {
	const n = 5000
	pub := newSocket(t, XPub, &Config{SendQueue: 3, Full: Block})
	at := bind(t, pub, "tcp://127.0.0.1:*")
	var subs []*Socket
	for range 2 {
		sub := newSocket(t, Sub, &Config{RecvQueue: -1})
		sub.Subscribe(nil)
		connect(t, sub, at)
		want(t, pub, "\x01")
		subs = append(subs, sub)
	}
	// 1 to 64 KiB, short ones more often.
	var sized [][]byte
	for i := range 64 {
		sized = append(sized, body((i*i/63+1)<<10))
	}
	go func() {
		for i := range n {
			pub.Deliver(Message{Frames: [][]byte{fmt.Append(nil, i), sized[i%len(sized)]}}, nil)
		}
	}()
	for i := range n {
		for _, sub := range subs {
			if got := string(recv(t, sub).Frames[0]); got != fmt.Sprint(i) {
				t.Fatalf("received %s, want %d", got, i)
			}
		}
	}
	if st := pub.Stats(); st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
}

func TestZ3FlowBlocksAtEitherBound(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg     Config
		pending int64
	}{
		// One more waits for room.
		"messages": {Config{SendQueue: 4, SendBuffer: -1, SendQueueBytes: -1}, 4 + 1},
		"octets":   {Config{SendQueueBytes: 4 << 20, SendBuffer: -1}, 3 + 1}, // and what they cost besides their bodies
	} {
		t.Run(name, func(t *testing.T) {
			push := newSocket(t, Push, &tc.cfg)
			r := silent(t, push, "PULL", "")
			// Besides what is pending, the operating system has some.
			sent := 0
			for full, deadline := false, time.Now().Add(patience); !full; {
				select {
				case push.Send() <- big():
					sent++
				case <-time.After(300 * time.Millisecond):
					full = push.Stats().Pending == tc.pending
				}
				if time.Now().After(deadline) {
					t.Fatalf("after %d messages %d are pending, which block nobody", sent, push.Stats().Pending)
				}
			}
			for range sent {
				r.read()
			}
			send(t, push, "and on it goes")
			if f := r.read(); string(f.Body) != "and on it goes" {
				t.Errorf("read %.20q", f.Body)
			}
			if st := push.Stats(); st.Dropped != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// Who sends as fast as it can keeps nobody else from being heard. All have filled what
// lies between, so that nobody's messages have to be waited for.
func TestZ3FlowHearsAllPeers(t *testing.T) {
	const peers, messages = 4, 20_000
	for typ, peer := range map[Type]Type{Pull: Push, Router: Dealer, Rep: Dealer} {
		t.Run(typ.String(), func(t *testing.T) {
			s := newSocket(t, typ, &Config{RecvQueue: -1, Full: DropNewest})
			at := bind(t, s, "tcp://127.0.0.1:*")
			var senders []*Socket
			for i := range peers {
				p := newSocket(t, peer, nil)
				senders = append(senders, p)
				connect(t, p, at)
				m := Message{Frames: [][]byte{nil, {byte(i)}, body(i * 1000)}}
				go func() {
					for {
						select {
						case p.Send() <- m:
						case <-p.Done():
							return
						}
					}
				}()
			}
			eventually(t, "all are there", func() bool { return peerCount(s) == peers })
			for _, p := range senders {
				eventually(t, "all wait", func() bool { return len(p.Send()) == cap(p.Send()) })
			}
			var heard [peers]int
			for range messages {
				m := recv(t, s)
				heard[m.Frames[len(m.Frames)-2][0]]++
				if typ == Rep {
					s.Deliver(msg("next"), nil)
				}
			}
			for i, n := range heard {
				if n < messages/peers/10 {
					t.Errorf("of %d messages %d are of peer %d: %v", messages, n, i, heard)
				}
			}
		})
	}
}

// With no bound Deliver never waits, and others are not held up.
func TestZ3FlowUnboundedNeverBlocks(t *testing.T) {
	router := newSocket(t, Router, &Config{SendQueue: -1})
	slow := silent(t, router, "DEALER", "slow")
	dealer := newSocket(t, Dealer, &Config{RoutingID: []byte("quick")})
	connect(t, dealer, bind(t, router, "tcp://127.0.0.1:*"))
	send(t, dealer, "hello")
	want(t, router, "quick", "hello")
	const n = 64
	payload := body(1 << 20)
	for i := range n {
		router.Deliver(Message{Frames: [][]byte{[]byte("slow"), payload}}, nil)
		router.Deliver(msg("quick", fmt.Sprint(i)), nil)
		want(t, dealer, fmt.Sprint(i))
	}
	if router.Stats().Pending == 0 {
		t.Error("nothing is pending for a peer that does not read")
	}
	for range n {
		slow.read()
	}
	eventually(t, "nothing is pending", func() bool { return router.Stats().Pending == 0 })
}

func TestZ3FlowDistributesInTurn(t *testing.T) {
	for _, typ := range []Type{Push, Dealer} {
		t.Run(typ.String(), func(t *testing.T) {
			s := newSocket(t, typ, nil)
			events := s.Monitor()
			at := bind(t, s, "tcp://127.0.0.1:*")
			peer := map[Type]Type{Push: Pull, Dealer: Dealer}[typ]
			a, b := newSocket(t, peer, nil), newSocket(t, peer, nil)
			connect(t, a, at)
			connect(t, b, at)
			event(t, events, PeerAttached)
			event(t, events, PeerAttached)
			for i := range 100 {
				send(t, s, fmt.Sprint(i))
			}
			for range 50 {
				recv(t, a)
				recv(t, b)
			}
			if len(a.Recv())+len(b.Recv()) > 0 {
				t.Error("more than 100 messages arrived")
			}
		})
	}
}

// Nothing waits for an endpoint that is not connected while there is another
// peer: libzmq keeps its share for it, unless IMMEDIATE is set.
func TestZ3FlowNothingWaitsForWhoIsNotThere(t *testing.T) {
	for _, typ := range []Type{Push, Dealer} {
		s := newSocket(t, typ, nil)
		connect(t, s, "inproc://nobody-is-there")
		peer := newSocket(t, map[Type]Type{Push: Pull, Dealer: Dealer}[typ], nil)
		connect(t, s, bind(t, peer, "tcp://127.0.0.1:*"))
		for i := range 100 {
			send(t, s, fmt.Sprint(i))
		}
		for i := range 100 {
			want(t, peer, fmt.Sprint(i))
		}
	}
}

// A message is pending before anybody can have sent it.
func TestStatsPendingIsNeverNegative(t *testing.T) {
	push, pull := pairOf(t, Push, Pull, nil, &Config{Handler: func(*Socket, Message) {}})
	var senders sync.WaitGroup
	for range 3 {
		senders.Go(func() {
			for range 20_000 {
				push.Deliver(msg("x"), nil)
			}
		})
	}
	done := make(chan struct{})
	go func() { senders.Wait(); close(done) }()
	for {
		if st := push.Stats(); st.Pending < 0 {
			t.Errorf("%+v", st)
			break
		}
		select {
		case <-done:
			eventually(t, "all is received", func() bool { return pull.Stats().Received == 60_000 })
			return
		default:
		}
	}
	<-done
}

func TestZ3MonitorNobodyNeedsToRead(t *testing.T) {
	t.Parallel()
	router := newSocket(t, Router, nil)
	events := router.Monitor()
	for range 2 * monitorSize {
		router.Deliver(msg("nobody", "x"), nil)
	}
	// Half of the room is left for other events.
	for range monitorSize {
		at := bind(t, router, "inproc://monitored")
		if err := router.Unbind(at); err != nil {
			t.Fatal(err)
		}
	}
	router.Close()
	var dropped, others uint64
	for e := range events {
		switch e.Kind {
		case MessageDropped:
			dropped++
			if e.Err != ErrNoPeer {
				t.Errorf("event %+v", e)
			}
		case Listening, EndpointClosed:
			others++
		default:
			t.Errorf("event %+v", e)
		}
	}
	st := router.Stats()
	if st.Dropped != 2*monitorSize || dropped != monitorSize/2 || others != monitorSize/2 ||
		st.EventsLost != st.Dropped+2*monitorSize-dropped-others {
		t.Errorf("%+v, and the monitor told of %d messages and of %d other events", st, dropped, others)
	}
}

// Who connects several endpoints knows which of them an event is about, whatever
// the addresses behind their names.
func TestMonitorNamesTheEndpoint(t *testing.T) {
	t.Parallel()
	tcp := newSocket(t, Router, nil)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(bind(t, tcp, "tcp://127.0.0.1:*"), "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	ipc, inproc, refuses := newSocket(t, Router, nil), newSocket(t, Router, nil), newSocket(t, Pull, nil)
	dealer := newSocket(t, Dealer, nil)
	events := dealer.Monitor()
	for endpoint, kind := range map[string]EventKind{
		"tcp://localhost:" + port:                         PeerAttached,
		bind(t, ipc, "ipc://*"):                           PeerAttached,
		bind(t, inproc, "inproc://named-by-the-monitor"):  PeerAttached,
		bind(t, refuses, "tcp://"+testenv.OwnHost()+":*"): HandshakeFailed,
		"tcp://" + testenv.OwnHost() + ":1":               ConnectFailed,
	} {
		connect(t, dealer, endpoint)
		told := make(map[EventKind]bool)
		for e := range events {
			if e.Endpoint != endpoint {
				t.Errorf("%v names %q, want %q", e.Kind, e.Endpoint, endpoint)
			}
			scheme, _, _ := strings.Cut(endpoint, "://")
			if e.Peer != nil && !strings.HasPrefix(e.Peer.Address(), scheme+"://") {
				t.Errorf("the address of the peer at %s is %q", endpoint, e.Peer.Address())
			}
			if e.Kind == EndpointClosed {
				break
			}
			if e.Kind == kind && !told[kind] {
				if err := dealer.Disconnect(endpoint); err != nil {
					t.Error(err)
				}
			}
			told[e.Kind] = true
		}
		if !told[kind] || told[PeerDetached] != (kind == PeerAttached) {
			t.Errorf("%s: told of %v", endpoint, told)
		}
	}
}

func TestZ3MonitorTellsALife(t *testing.T) {
	server, client := newSocket(t, Router, nil), newSocket(t, Dealer, &Config{RoutingID: []byte("c")})
	events, clientEvents := server.Monitor(), client.Monitor()
	at := bind(t, server, "tcp://127.0.0.1:*")
	connect(t, client, at)
	for _, kind := range []EventKind{Listening, Accepted, PeerAttached} {
		e := <-events
		if e.Kind != kind || e.Endpoint == "" || e.Time.IsZero() {
			t.Fatalf("event %+v, want %v", e, kind)
		}
		if kind == PeerAttached && string(e.Peer.RoutingID()) != "c" {
			t.Errorf("routing id %q", e.Peer.RoutingID())
		}
	}
	event(t, clientEvents, PeerAttached)
	client.Close()
	event(t, events, PeerDetached)
	if err := server.Unbind(at); err != nil {
		t.Error(err)
	}
	event(t, events, EndpointClosed)
}

// Own writes, PINGs of our own and the end of a connection do not wait for the
// user to read.
func TestZ7SlowReaderStallsNoDuty(t *testing.T) {
	s := newSocket(t, Router, &Config{
		RecvQueue: -1, HeartbeatInterval: 20 * time.Millisecond, HeartbeatTimeout: time.Hour,
	})
	r := silent(t, s, "DEALER", "r")
	other := dialRaw(t, bind(t, s, "tcp://127.0.0.1:*")).shake("DEALER", "other", 1)
	other.write(message("nobody reads this either"))
	for range 10 {
		r.write(message("nobody reads this"))
	}
	eventually(t, "the reader waits for the user", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for p := range s.peers {
			if !p.parked.Load() {
				return false
			}
		}
		return true
	})
	s.Deliver(msg("r", "own write"), func(err error) {
		if err != nil {
			t.Errorf("Deliver: %v", err)
		}
	})
	sawPing, sawMessage := false, false
	for !sawPing || !sawMessage {
		f := r.read()
		sawPing = sawPing || f.Flags != 0
		sawMessage = sawMessage || string(f.Body) == "own write"
	}
	done := make(chan struct{})
	go func() { s.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		buf := make([]byte, 1<<20)
		t.Fatalf("Close hangs:\n%s", buf[:runtime.Stack(buf, true)])
	}
}

// What a sender has handed over before it leaves is received, though the receiver
// was full all the time. (libzmq loses it over ipc.)
func TestZ3FlowASenderThatLeavesLosesNothing(t *testing.T) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://*"} {
		t.Run(endpoint[:3], func(t *testing.T) {
			t.Parallel()
			const n = 5000 // fits into what the operating system holds
			pull := newSocket(t, Pull, &Config{RecvQueue: -1})
			push := newSocket(t, Push, &Config{SendQueue: -1})
			if err := push.Connect(bind(t, pull, endpoint)); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				push.Send() <- msg(fmt.Sprint(i))
			}
			if err := push.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				select {
				case m := <-pull.Recv():
					if got := string(m.Frames[0]); got != fmt.Sprint(i) {
						t.Fatalf("message %s came, want %d", got, i)
					}
				case <-time.After(patience):
					t.Fatalf("%d messages came, want %d", i, n)
				}
			}
		})
	}
}

// Nor is it lost when the receiver answers each message, and learns so that the
// sender has gone.
func TestZ3FlowAnswersToASenderThatLeftLoseNothing(t *testing.T) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://*", "inproc://left"} {
		t.Run(endpoint[:3], func(t *testing.T) {
			t.Parallel()
			const n = 2000 // more than a reader takes at once
			router := newSocket(t, Router, &Config{RecvQueue: -1})
			dealer := newSocket(t, Dealer, &Config{SendQueue: -1})
			connect(t, dealer, bind(t, router, endpoint))
			for i := range n {
				dealer.Send() <- msg(fmt.Sprint(i))
			}
			if err := dealer.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				m := recv(t, router)
				if got := string(m.Frames[1]); got != fmt.Sprint(i) {
					t.Fatalf("message %s came, want %d", got, i)
				}
				router.Deliver(Message{Frames: [][]byte{m.Frames[0], []byte("answer")}}, nil)
			}
			eventually(t, "the peer has gone", func() bool { return peerCount(router) == 0 })
		})
	}
}
