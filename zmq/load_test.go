package zmq

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// A server that is stopped and started again 20 times while messages flow gets
// them in order and none twice. What is missing was on its way when it stopped:
// with the operating system already, or out in part and counted.
func TestZ5ReconnectUnderLoad(t *testing.T) {
	push := newSocket(t, Push, &Config{SendQueue: 100, ReconnectMax: 50 * time.Millisecond})
	stop, sent := make(chan struct{}), make(chan uint32)
	go func() {
		i := uint32(0)
		defer func() { sent <- i }()
		for ; ; i++ {
			select {
			case push.Send() <- Message{Frames: [][]byte{binary.BigEndian.AppendUint32(nil, i), body(2000)}}:
			case <-stop:
				return
			}
		}
	}()
	const lives = 20
	at, next := "tcp://"+testenv.OwnHost()+":*", uint32(0)
	for life := range lives {
		pull := newSocket(t, Pull, &Config{RecvQueue: 10})
		at = bind(t, pull, at)
		if life == 0 {
			connect(t, push, at)
		}
		for range 300 {
			n := binary.BigEndian.Uint32(recv(t, pull).Frames[0])
			if n < next {
				t.Fatalf("message %d came again, or late: %d was next", n, next)
			}
			next = n + 1
		}
		if life < lives-1 {
			pull.Close()
			continue
		}
		close(stop)
		for end := <-sent; next < end; next++ {
			if n := binary.BigEndian.Uint32(recv(t, pull).Frames[0]); n != next {
				t.Fatalf("received %d, want %d", n, next)
			}
		}
	}
	eventually(t, "nothing is pending", func() bool { return push.Stats().Pending == 0 })
	if st := push.Stats(); st.Dropped > lives || st.Sent+st.Dropped != uint64(next) {
		t.Errorf("%d taken, %+v", next, st)
	}
}

// A hundred thousand subscriptions reach the publisher, again when it has
// started anew, count against no queue, and each message is matched against all
// of them.
func TestZ5ResubscribesManyTopics(t *testing.T) {
	const topics = 100_000
	topic := func(i int) []byte { return fmt.Appendf(nil, "market.%d.price.", i) }
	sub := newSocket(t, Sub, &Config{SendQueue: 10})
	for i := range topics {
		if err := sub.Subscribe(topic(i)); err != nil {
			t.Fatal(err)
		}
	}
	at := "tcp://" + testenv.OwnHost() + ":*"
	for life := range 2 {
		xpub := newSocket(t, XPub, nil)
		at = bind(t, xpub, at)
		if life == 0 {
			connect(t, sub, at)
		}
		seen := make(map[string]bool)
		for range topics {
			m := <-xpub.Recv()
			seen[string(m.Frames[0][1:])] = true
		}
		if len(seen) != topics {
			t.Fatalf("%d different subscriptions arrived, want %d", len(seen), topics)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			i := r.IntN(topics)
			send(t, xpub, fmt.Sprintf("market.%d.volume", i)) // nobody wants it
			send(t, xpub, string(topic(i))+"now")
			want(t, sub, string(topic(i))+"now")
		}
		xpub.Close()
	}
}

// A publisher that takes nothing does not cost its subscriber more the more
// often that changes its mind; and in the end it knows what is wanted.
func TestSubscriptionsOfAStalledPublisher(t *testing.T) {
	const n = 100_000
	xsub := newSocket(t, XSub, nil)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(xsub.Subscribe([]byte("held")))
	must(xsub.Subscribe([]byte("given up")))
	r := memPeer(t, xsub, "PUB")
	defer r.conn.Close()
	eventually(t, "a peer", func() bool { return peerCount(xsub) == 1 })
	xsub.Deliver(Message{Frames: [][]byte{nil, body(2 * memBuffer)}}, nil) // a part of it is written

	must(xsub.Subscribe([]byte("new")))
	must(xsub.Unsubscribe([]byte("given up")))
	for i := range n {
		passing := fmt.Append(nil, "passing ", i)
		must(xsub.Subscribe(passing))
		must(xsub.Unsubscribe([]byte("held")))
		must(xsub.Unsubscribe([]byte("new")))
		must(xsub.Subscribe([]byte("held")))
		must(xsub.Unsubscribe(passing))
		must(xsub.Subscribe([]byte("new")))
	}
	must(xsub.Subscribe([]byte("last")))
	wanted, told := make(map[string]bool), 0
	for !wanted["last"] {
		f := r.read()
		if f.Flags&zmtp.Command == 0 {
			continue
		}
		told++
		switch name, prefix, err := zmtp.ParseCommand(f.Body); {
		case err != nil || wanted[string(prefix)] == (name == zmtp.CmdSubscribe):
			t.Fatalf("told %q, which says nothing new", f.Body)
		case name == zmtp.CmdSubscribe:
			wanted[string(prefix)] = true
		default:
			delete(wanted, string(prefix))
		}
	}
	if told > n/10 {
		t.Errorf("%d changes waited for the publisher", told)
	}
	if len(wanted) != 3 || !wanted["held"] || !wanted["new"] {
		t.Errorf("in the end these are wanted: %v", wanted)
	}
}

// A prefix that no publisher would take is refused at the call.
func TestSubscribeTooLong(t *testing.T) {
	sub := newSocket(t, Sub, nil)
	err := sub.Subscribe(make([]byte, maxSubscriptions))
	if err == nil || !strings.Contains(err.Error(), "octets") {
		t.Errorf("Subscribe = %v", err)
	}
	err = sub.Unsubscribe(make([]byte, maxSubscriptions))
	if err == nil || !strings.Contains(err.Error(), "no such subscription") || len(err.Error()) > 2000 {
		t.Errorf("Unsubscribe = %.300v", err)
	}
}

// Under load many messages share a system call.
func TestSystemCallsPerMessage(t *testing.T) {
	calls := func() int {
		text, err := os.ReadFile("/proc/self/io")
		if err != nil {
			return -1 // a system that does not count them
		}
		n := 0
		for line := range bytes.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSpace(string(line)), ": ")
			if name == "syscr" || name == "syscw" {
				v, err := strconv.Atoi(value)
				if err != nil {
					t.Fatal(err)
				}
				n += v
			}
		}
		return n
	}
	const n = 50_000
	push, pull := pairOf(t, Push, Pull, nil, nil)
	send(t, push, "connected")
	want(t, pull, "connected")
	before := calls()
	go func() {
		for range n {
			push.Send() <- Message{Frames: [][]byte{body(100)}}
		}
	}()
	for range n {
		<-pull.Recv()
	}
	if got := calls() - before; got > n/10 {
		t.Errorf("%d reads and writes for %d messages", got, n)
	}
}

// heap returns how much memory is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
