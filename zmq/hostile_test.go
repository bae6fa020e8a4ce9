package zmq

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// roundTrip proves that a REP socket still serves.
func roundTrip(t *testing.T, rep *Socket, at string) {
	t.Helper()
	req := newSocket(t, Req, &Config{RoutingID: []byte("good")})
	connect(t, req, at)
	// A handshake that did not make it in time is begun again, but what REP's end
	// gave up when REQ's had begun to ask is lost.
	eventually(t, "a good peer is let in", func() bool {
		rep.mu.Lock()
		defer rep.mu.Unlock()
		for p := range rep.peers {
			if string(p.id) == "good" {
				return true
			}
		}
		return false
	})
	send(t, req, "alive?")
	want(t, rep, "alive?")
	send(t, rep, "yes")
	want(t, req, "yes")
	req.Close()
}

func TestZ4HostileStrangersAreRefused(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	at := bind(t, rep, "tcp://127.0.0.1:*")
	curve := zmtp.Greeting{Major: 3, Minor: 1, Mechanism: "CURVE"}.Append(nil)
	garbled := greeting(3, 1)
	garbled[15] = 'x'
	for name, tc := range map[string]struct{ send, reason string }{
		"http":              {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "does not speak ZMTP"},
		"tls":               {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "does not speak ZMTP"},
		"zmtp 1":            {"\x01\x00", "does not speak ZMTP"},
		"zmtp 1, long":      {"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x00", "ZMTP 1.0"},
		"zmtp 2":            {"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x03\x00\x00", "ZMTP 2.0"},
		"other mechanism":   {string(curve), "CURVE"},
		"bad mechanism":     {string(garbled), "malformed mechanism"},
		"message too soon":  {string(greeting(3, 1)) + string(message("hello")), "before the end of the handshake"},
		"not READY":         {string(greeting(3, 1)) + string(command("HELLO", "")), "in place of READY"},
		"ERROR":             {string(greeting(3, 1)) + string(command("ERROR", "\x02no")), `refused by peer: "no"`},
		"wrong socket type": {string(greeting(3, 1)) + string(ready("PULL", "")), "cannot talk to"},
		"no socket type":    {string(greeting(3, 1)) + string(command("READY", "")), "cannot talk to"},
		"bad metadata":      {string(greeting(3, 1)) + string(command("READY", "\x0bSocket-Type\xff\xff\xff\xffREQ")), "malformed metadata"},
		"empty command":     {string(greeting(3, 1)) + "\x04\x00", "malformed command"},
		"reserved flags":    {string(greeting(3, 1)) + "\x80\x00", "reserved flag"},
		"huge command":      {string(greeting(3, 1)) + "\x06\x00\x00\x00\x00\x7f\xff\xff\xff", "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSocket(t, Rep, nil)
			events := s.Monitor()
			r := dialRaw(t, bind(t, s, "tcp://127.0.0.1:*"))
			r.write([]byte(tc.send))
			e := event(t, events, HandshakeFailed)
			if perr, ok := errors.AsType[*ProtocolError](e.Err); !ok || !strings.Contains(perr.Reason, tc.reason) {
				t.Errorf("reason %v, want one with %q", e.Err, tc.reason)
			}
			r.closed()
		})
	}
	roundTrip(t, rep, at)
}

// What a peer may not be called is refused where it would be, by a ROUTER. Others
// have no use for it.
func TestZ4HandshakeRoutingIDs(t *testing.T) {
	for _, id := range []string{strings.Repeat("x", 256), "\x00x"} {
		router := newSocket(t, Router, nil)
		events := router.Monitor()
		r := dialRaw(t, bind(t, router, "tcp://127.0.0.1:*"))
		r.write(append(greeting(3, 1), ready("REQ", id)...))
		if e := event(t, events, HandshakeFailed); !strings.Contains(e.Err.Error(), "invalid routing id") {
			t.Errorf("reason %v", e.Err)
		}
		r.closed()

		rep := newSocket(t, Rep, nil)
		silent(t, rep, "REQ", id).write(message("", "hello"))
		want(t, rep, "hello")
	}
}

// Peers of other minor and later major versions are welcome.
func TestZ4HandshakeVersions(t *testing.T) {
	for _, v := range [][2]byte{{3, 0}, {3, 1}, {3, 9}, {4, 0}} {
		rep := newSocket(t, Rep, nil)
		r := dialRaw(t, bind(t, rep, "tcp://127.0.0.1:*"))
		r.write(greeting(v[0], v[1]))
		ours := make([]byte, zmtp.GreetingSize)
		r.conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.ReadFull(r.conn, ours); err != nil || !bytes.Equal(ours, greeting(3, 1)) {
			t.Fatalf("version %v: greeted with %x, %v", v, ours, err)
		}
		r.write(ready("REQ", ""))
		if f := r.read(); f.Flags != zmtp.Command {
			t.Fatalf("version %v: got %q", v, f.Body)
		}
		r.write(message("", "hello"))
		want(t, rep, "hello")
	}
}

// A wrong socket type is told before the connection is closed.
func TestZ4HandshakeSaysWhy(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	r := dialRaw(t, bind(t, rep, "tcp://127.0.0.1:*"))
	r.write(append(greeting(3, 1), ready("PUB", "")...))
	r.skipGreeting()
	if f := r.read(); !strings.HasPrefix(string(f.Body), "\x05ERROR") || !strings.Contains(string(f.Body), "PUB") {
		t.Errorf("got %q, want an ERROR that names PUB", f.Body)
	}
	r.closed()
}

func TestZ4HostileSilentConnections(t *testing.T) {
	rep := newSocket(t, Rep, &Config{MaxHandshakes: 100, HandshakeTimeout: -1})
	at := bind(t, rep, "tcp://127.0.0.1:*")
	for range 500 {
		dialRaw(t, at)
	}
	roundTrip(t, rep, at)
	rep.mu.Lock()
	n := len(rep.handshakes.conns)
	rep.mu.Unlock()
	if n > 100 {
		t.Errorf("%d half-open connections, at most 100 are allowed", n)
	}
}

// More clients than there is room for, all of them in good faith, come back
// faster than a handshake takes: some are through nevertheless, and then fewer
// come. If the oldest was closed for each new one, none would be.
func TestZ4HandshakesOfManyClients(t *testing.T) {
	const limit, takes, arrivals = 10, 4 * 10, 5000
	var open halfOpen
	through := 0
	var came []net.Conn
	for range arrivals {
		conn, _ := memPipe(inprocAddr("many"))
		open.add(conn, limit)
		if came = append(came, conn); len(came) <= takes {
			continue
		}
		if before := came[len(came)-1-takes]; open.index(before) >= 0 {
			open.remove(before)
			through++
		}
		if len(open.conns) > limit {
			t.Fatalf("%d half-open connections, at most %d are allowed", len(open.conns), limit)
		}
	}
	if through == 0 {
		t.Errorf("none of %d clients got in", arrivals)
	}
}

func TestZ4HostileDripIsCutOff(t *testing.T) {
	rep := newSocket(t, Rep, &Config{HandshakeTimeout: 200 * time.Millisecond})
	at := bind(t, rep, "tcp://127.0.0.1:*")
	events := rep.Monitor()
	r := dialRaw(t, at)
	go func() {
		for _, b := range append(greeting(3, 1), ready("REQ", "")...) {
			if _, err := r.conn.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond) // the attack itself
		}
	}()
	e := event(t, events, HandshakeFailed)
	if !strings.Contains(e.Err.Error(), "not complete in time") {
		t.Errorf("reason %v", e.Err)
	}
	roundTrip(t, rep, at)
}

// A length from the wire costs nothing until the octets come.
func TestZ4HostileLengths(t *testing.T) {
	rep := newSocket(t, Rep, &Config{MaxMessageSize: 1 << 20})
	at := bind(t, rep, "tcp://127.0.0.1:*")
	events := rep.Monitor()
	for _, size := range []uint64{1<<20 + 1, 1 << 31, 1 << 50, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		for _, flags := range []byte{2, 3, 6} {
			r := dialRaw(t, at).shake("REQ", "", 1)
			r.write(binary.BigEndian.AppendUint64([]byte{flags}, size))
			e := event(t, events, PeerDetached)
			if _, ok := errors.AsType[*ProtocolError](e.Err); !ok {
				t.Errorf("size %d: %v", size, e.Err)
			}
			r.closed()
		}
	}
	roundTrip(t, rep, at)
}

// Where there is no bound, what no memory can hold is refused all the same.
func TestZ4HostileLengthsWithoutBound(t *testing.T) {
	rep := newSocket(t, Rep, &Config{MaxMessageSize: -1})
	at := bind(t, rep, "tcp://127.0.0.1:*")
	events := rep.Monitor()
	for _, size := range []uint64{math.MaxInt, math.MaxInt - 1000} {
		r := dialRaw(t, at).shake("REQ", "", 1)
		r.write(binary.BigEndian.AppendUint64([]byte{2}, size))
		e := event(t, events, PeerDetached)
		if _, ok := errors.AsType[*zmtp.TooLargeError](e.Err); !ok {
			t.Errorf("size %d: %v", size, e.Err)
		}
		r.closed()
	}
	roundTrip(t, rep, at)
}

func TestZ4HostileEndlessMessage(t *testing.T) {
	pull := newSocket(t, Pull, &Config{MaxMessageSize: 1 << 20})
	at := bind(t, pull, "tcp://127.0.0.1:*")
	events := pull.Monitor()
	r := dialRaw(t, at).shake("PUSH", "", 1)
	go func() {
		b := []byte(strings.Repeat("\x01\x00", 4096))
		for {
			if _, err := r.conn.Write(b); err != nil {
				return
			}
		}
	}()
	e := event(t, events, PeerDetached)
	if _, ok := errors.AsType[*zmtp.TooLargeError](e.Err); !ok {
		t.Errorf("%v", e.Err)
	}
}

// The bound is exact: a message of that size passes.
func TestZ4MaxMessageSize(t *testing.T) {
	pull := newSocket(t, Pull, &Config{MaxMessageSize: 1000})
	at := bind(t, pull, "tcp://127.0.0.1:*")
	events := pull.Monitor()
	x := func(n int) string { return strings.Repeat("x", n) }
	for name, tt := range map[string]struct{ fits, tooMuch []byte }{
		"one frame":   {message(x(1000)), message(x(1001))},
		"two frames":  {message(x(500), x(500-frameCost)), message(x(500), x(501-frameCost))},
		"small ones":  {message(x(900), x(100-frameCost)), message(x(900), x(101-frameCost))},
		"many frames": {message(slices.Repeat([]string{""}, 1+1000/frameCost)...), message(slices.Repeat([]string{""}, 2+1000/frameCost)...)},
		// What is announced, and does not come.
		"a header": {message(x(500), x(400)), zmtp.AppendHeader(zmtp.AppendFrame(nil, zmtp.More, body(500)), 0, 500)},
	} {
		r := dialRaw(t, at).shake("PUSH", "", 1)
		r.write(tt.fits)
		recv(t, pull)
		r.write(tt.tooMuch)
		e := event(t, events, PeerDetached)
		if _, ok := errors.AsType[*zmtp.TooLargeError](e.Err); !ok {
			t.Errorf("%s: detached for %v", name, e.Err)
		}
		r.closed()
	}
}

// A peer that does not read while much is offered to it costs its queue, and
// the others no time.
func TestZ4HostilePeerThatNeverReads(t *testing.T) {
	router := newSocket(t, Router, &Config{SendQueueBytes: 8 << 20})
	silent(t, router, "DEALER", "bad")
	dealer := newSocket(t, Dealer, &Config{RoutingID: []byte("good")})
	connect(t, dealer, bind(t, router, "tcp://127.0.0.1:*"))
	send(t, dealer, "hello")
	want(t, router, "good", "hello")
	payload := body(1 << 20)
	// rounds returns the median round trip, while that much is offered to the
	// bad peer in each.
	rounds := func(offered int) time.Duration {
		var took []time.Duration
		for range 1024 {
			for range offered {
				router.Deliver(Message{Frames: [][]byte{[]byte("bad"), payload}}, nil)
			}
			start := time.Now()
			router.Deliver(msg("good", "ping"), nil)
			want(t, dealer, "ping")
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	// What else the machine does can disturb a measurement, but not all of them.
	for deadline := time.Now().Add(patience); ; {
		normal, offered := rounds(0), rounds(1)
		if offered <= 2*normal {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("round trips of the good peer: %v while 1 GiB is offered to the bad one, %v without", offered, normal)
			break
		}
	}
	router.mu.Lock()
	bad := router.pat.(*routerPattern).peers["bad"]
	router.mu.Unlock()
	bad.mu.Lock()
	defer bad.mu.Unlock()
	if bad.octets > 8<<20 {
		t.Errorf("%d octets wait for the bad peer", bad.octets)
	}
	if router.Stats().Dropped == 0 {
		t.Error("nothing was dropped")
	}
}

// What a peer that does not read costs is what its queue may hold.
func TestZ4HostilePeerCostsItsQueue(t *testing.T) {
	const bound, slack = 8 << 20, 4 << 20
	router := newSocket(t, Router, &Config{SendQueueBytes: bound})
	silent(t, router, "DEALER", "bad")
	before := heap()
	for range 256 {
		router.Deliver(Message{Frames: [][]byte{[]byte("bad"), body(1 << 20)}}, nil)
	}
	if grown := heap() - before; grown > bound+slack {
		t.Errorf("%d octets more in use, %d may wait for the peer", grown, bound)
	}
	if router.Stats().Dropped == 0 {
		t.Error("nothing was dropped")
	}
}

// What a peer costs that tells much about itself is what it sends, in however
// many properties.
func TestZ4HostileMetadataCostsItsOctets(t *testing.T) {
	const peers, slack = 32, 64 << 10
	property := []byte("\x01x\x00\x00\x00\x00")
	metadata := bytes.Repeat(property, (handshakeLimit-100)/len(property))
	router := newSocket(t, Router, nil)
	at := bind(t, router, "tcp://127.0.0.1:*")
	before := heap()
	for i := range peers {
		p := dialRaw(t, at)
		p.write(greeting(3, 1))
		p.skipGreeting()
		p.write(zmtp.AppendFrame(nil, zmtp.Command, append(readyBody("DEALER", fmt.Sprint(i)), metadata...)))
		p.read()
	}
	if grown := heap() - before; grown > peers*(handshakeLimit+slack) {
		t.Errorf("%d octets in use for each peer, which has sent %d", grown/peers, len(metadata))
	}
}

// routerPattern names the pattern where a variable is called router.
type routerPattern = router

// A peer that accepts nothing is cut off, and its messages are told as lost.
func TestZ4StallTimeout(t *testing.T) {
	router := newSocket(t, Router, &Config{SendQueue: -1, StallTimeout: 100 * time.Millisecond})
	events := router.Monitor()
	silent(t, router, "DEALER", "bad")
	var mu sync.Mutex
	told, gone := 0, 0
	payload := body(1 << 20)
	for range 64 {
		router.Deliver(Message{Frames: [][]byte{[]byte("bad"), payload}}, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				told++
			}
			if err == ErrPeerGone {
				gone++
			}
		})
	}
	e := event(t, events, PeerDetached)
	if !errors.Is(e.Err, errStalled) {
		t.Errorf("detached for %v, want %v", e.Err, errStalled)
	}
	eventually(t, "nothing is pending", func() bool { return router.Stats().Pending == 0 })
	mu.Lock()
	defer mu.Unlock()
	if dropped := int(router.Stats().Dropped); gone == 0 || told != dropped {
		t.Errorf("%d messages told as lost, %d of them with ErrPeerGone, %d counted", told, gone, dropped)
	}
}

// A peer that has caught up is not cut off later: the time counts only while
// something waits for it.
func TestZ4StallTimeoutIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		push := newSocket(t, Push, &Config{SendQueue: -1, StallTimeout: time.Second})
		r := memPeer(t, push, "PULL")
		const n = 16
		for range n {
			push.Deliver(big(), nil)
		}
		if push.Stats().Pending == 0 {
			t.Error("nothing waits for the peer")
		}
		for range n {
			time.Sleep(time.Second / 2) // it accepts something in time
			r.read()
		}
		synctest.Wait()
		if got := push.Stats(); got.Sent != n {
			t.Errorf("after everything was read: %+v", got)
		}
		time.Sleep(time.Hour) // the time that must not count
		if err := deliver(t, push, "later"); err != nil {
			t.Errorf("Deliver after a pause: %v", err)
		}
		if f := r.read(); string(f.Body) != "later" {
			t.Errorf("read %.20q", f.Body)
		}
		push.Deliver(big(), nil) // it accepts no more
		time.Sleep(2 * time.Second)
		if peerCount(push) != 0 {
			t.Error("a peer that has stalled is still there")
		}
		push.Close()
	})
}

// The subscriptions of a peer cost it the connection when they cost too much
// memory. Those that it takes back cost nothing.
func TestZ4HostileSubscriptionsAreBounded(t *testing.T) {
	pub := newSocket(t, Pub, nil)
	events := pub.Monitor()
	r := silent(t, pub, "SUB", "")
	pub.mu.Lock()
	for p := range pub.peers { // as if it had as many as fit, but one
		p.subscriptions = maxSubscriptions - subscriptionCost - 1
	}
	pub.mu.Unlock()
	for range 3 {
		r.write(append(command("SUBSCRIBE", "a"), command("CANCEL", "a")...))
	}
	r.write(command("SUBSCRIBE", "a"))
	eventually(t, "the last one is there", func() bool {
		return deliver(t, pub, "a") == nil && pub.Stats().Sent > 0
	})
	if f := r.read(); string(f.Body) != "a" {
		t.Errorf("read %q", f.Body)
	}
	r.write(command("SUBSCRIBE", ""))
	if e := event(t, events, PeerDetached); !errors.Is(e.Err, errSubscriptions) {
		t.Errorf("detached for %v, want %v", e.Err, errSubscriptions)
	}
	r.closed()
}

// What a peer sends where its pattern only receives is thrown away.
func TestZ4HostileTalkative(t *testing.T) {
	for typ, peer := range map[Type]string{Push: "PULL", Pub: "SUB"} {
		s := newSocket(t, typ, nil)
		r := silent(t, s, peer, "")
		r.write(message("unasked", "for"))
		r.write(command("PING", "\x00\x00x"))
		if f := r.read(); string(f.Body) != "\x04PONGx" {
			t.Errorf("%v: read %q", typ, f.Body)
		}
		if got := s.Stats().Discarded; got != 1 {
			t.Errorf("%v: Discarded = %d", typ, got)
		}
	}
}

// PINGs of a peer that does not read do not pile up.
func TestZ4HostilePingFlood(t *testing.T) {
	pull := newSocket(t, Pull, nil)
	r := silent(t, pull, "PUSH", "")
	ping := []byte(strings.Repeat(string(command("PING", "\x00\x00context")), 1000))
	for range 20 { // for each of which there is time
		for range 10 {
			r.write(ping)
		}
		r.write(message("still there"))
		want(t, pull, "still there")
	}
	pull.mu.Lock()
	defer pull.mu.Unlock()
	for p := range pull.peers {
		p.mu.Lock()
		if n := len(p.controls); n > 0 {
			t.Errorf("%d frames pile up", n)
		}
		p.mu.Unlock()
	}
}

// Many peers reset their connections at once while everything is sent to them.
func TestZ4HostileResets(t *testing.T) {
	router := newSocket(t, Router, &Config{SendQueue: -1})
	at := bind(t, router, "tcp://127.0.0.1:*")
	const n = 200
	var raws []*rawPeer
	for i := range n {
		raws = append(raws, dialRaw(t, at).shake("DEALER", fmt.Sprint(i), 1))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 20 {
			for i := range n {
				router.Deliver(Message{Frames: [][]byte{fmt.Append(nil, i), body(1000)}}, nil)
			}
		}
	})
	for _, r := range raws {
		r.conn.(*net.TCPConn).SetLinger(0) // close with RST
		r.conn.Close()
	}
	wg.Wait()
	closed := make(chan struct{})
	go func() { router.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(patience):
		t.Fatal("Close hangs")
	}
	if st := router.Stats(); st.Pending != 0 || st.Sent+st.Dropped != 20*n {
		t.Errorf("%+v", st)
	}
}

func TestZ4HostileConnectsAndDisconnects(t *testing.T) {
	rep := newSocket(t, Rep, nil)
	at := bind(t, rep, "tcp://127.0.0.1:*")
	_, address, _ := strings.Cut(at, "://")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 2500 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					continue // out of ports for a moment
				}
				all := append(greeting(3, 1), ready("REQ", "")...)
				conn.Write(all[:i%(len(all)+1)])
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
		})
	}
	wg.Wait()
	roundTrip(t, rep, at)
	eventually(t, "all have gone", func() bool {
		rep.mu.Lock()
		defer rep.mu.Unlock()
		return len(rep.peers)+len(rep.handshakes.conns) == 0
	})
}
