package zmq

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// TestDeliverOverIPCFillsALargeBuffer: a long message is with the operating
// system when Deliver returns, though nobody reads it yet.
func TestDeliverOverIPCFillsALargeBuffer(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/sys/net/core/wmem_max")
	if err != nil {
		t.Fatal(err)
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	s := newSocket(t, Push, nil)
	events := s.Monitor()
	dialRaw(t, bind(t, s, "ipc://*")).shake("PULL", "", 1)
	event(t, events, PeerAttached)
	// Linux allows twice what it was asked for, and counts what it needs itself.
	var delivered atomic.Bool
	s.Deliver(Message{Frames: [][]byte{body(min(most, unixBuffer) * 5 / 4)}}, func(err error) {
		delivered.Store(err == nil)
	})
	if !delivered.Load() {
		t.Error("the message waits for the peer to read")
	}
}

// Whoever has seen an item at its peer finds those before it at their own peers
// already: their octets went to the operating system first, also where the outbox
// has taken all of them together.
func TestZ2OutboxFirstIsThereFirst(t *testing.T) {
	t.Parallel()
	first, r1 := pairOverIPC(t)
	second, r2 := pairOverIPC(t)
	o := NewOutbox(3)
	defer o.Close()
	for range 1000 {
		taken := make(gate)
		o.Send() <- Item{To: taken}
		o.Send() <- Item{To: first, Message: msg("a")}
		o.Send() <- Item{To: second, Message: Message{Frames: [][]byte{body(32 << 10)}}} // b
		o.Send() <- Item{To: first, Message: msg("c")}
		close(taken)
		deadline := time.Now().Add(patience)
		for all := false; !all; runtime.Gosched() {
			if unread(t, r2) != nil && unread(t, r1) == nil {
				t.Fatal("b was written before a")
			}
			all = string(unread(t, r1)) == "\x00\x01a\x00\x01c"
			if all && unread(t, r2) == nil {
				t.Fatal("c was written before b")
			}
			if time.Now().After(deadline) {
				t.Fatal("not all of a, b and c came")
			}
		}
		r1.read()
		r1.read()
		r2.read()
	}
}

// The goroutine that answers a PING may be writing when an item comes for the same
// peer: it writes that too, and the next item, for another peer, waits for it.
func TestZ2OutboxOrderBesidePings(t *testing.T) {
	t.Parallel()
	first, r1 := pairOverIPC(t)
	second, r2 := pairOverIPC(t)
	o := NewOutbox(2)
	defer o.Close()
	ping := zmtp.AppendFrame(nil, zmtp.Command, zmtp.AppendPing(nil, 0, nil))
	for range 2000 {
		var pings sync.WaitGroup
		pings.Go(func() {
			for range 20 {
				if _, err := r1.conn.Write(ping); err != nil {
					t.Error(err)
				}
			}
		})
		o.Send() <- Item{To: first, Message: msg("a")}
		o.Send() <- Item{To: second, Message: msg("b")}
		deadline := time.Now().Add(patience)
		for unread(t, r2) == nil {
			if time.Now().After(deadline) {
				t.Fatal("b does not come")
			}
			runtime.Gosched()
		}
		if !bytes.Contains(unread(t, r1), []byte("\x00\x01a")) {
			t.Fatal("b was written before a")
		}
		r2.read()
		for r1.read().Flags != 0 { // the answers to PINGs
		}
		pings.Wait()
	}
}

// pairOverIPC makes a PAIR and its peer. What is written to a Unix socket can be read at
// once.
func pairOverIPC(t *testing.T) (*Socket, *rawPeer) {
	t.Helper()
	s := newSocket(t, Pair, &Config{SendQueue: -1})
	events := s.Monitor()
	r := dialRaw(t, bind(t, s, "ipc://*")).shake("PAIR", "", 1)
	event(t, events, PeerAttached)
	return s, r
}

// A gate is a Deliverer that waits until it is closed.
type gate chan struct{}

func (g gate) Deliver(Message, func(error)) { <-g }

// unread returns what can be read from the connection of r, nil if that is nothing.
func unread(t *testing.T, r *rawPeer) []byte {
	t.Helper()
	conn, err := r.conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	buf, n := make([]byte, 4<<10), 0
	err = conn.Control(func(fd uintptr) {
		n, _, _ = syscall.Recvfrom(int(fd), buf, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n <= 0 {
		return nil
	}
	return buf[:n]
}
