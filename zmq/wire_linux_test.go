package zmq

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
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
