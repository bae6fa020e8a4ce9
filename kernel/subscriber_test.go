package kernel_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A logBuffer collects a log.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestK7ADeadSubscriberIsCutOff has a subscriber, over real sockets, that reads
// nothing: it holds the output up until it is cut off, with a line in the log;
// then the others get everything.
func TestK7ADeadSubscriberIsCutOff(t *testing.T) {
	var log logBuffer
	c := kerneltest.Start(t, newScript(), &kerneltest.Options{
		Transport: "tcp",
		Config: &kernel.Config{
			StallTimeout: 2 * time.Second,
			Backlog:      1 << 20,
			Logger:       slog.New(slog.NewTextHandler(&log, nil)),
		},
	})
	dead, err := zmq.NewSocket(zmq.Sub, &zmq.Config{RecvQueue: 1, MaxMessageSize: 1 << 20})
	must(t, err)
	defer dead.Close()
	must(t, dead.Subscribe(nil))
	must(t, dead.Connect(c.Kernel.Info.Endpoint(jupyter.IOPub)))
	<-dead.Recv()        // the welcome; after it, nothing is read
	const lines = 20_000 // more than the operating system's buffers hold
	r := c.Execute("wide 20000")
	c.ExpectStart(r, 1)
	n := 0
	for n < lines {
		m := c.Expect(r, jupyter.IOPub, jupyter.TypeStream)
		s, err := jupyter.Decode[jupyter.Stream](m)
		must(t, err)
		n += strings.Count(s.Text, "\n")
	}
	done(c, r, "ok")
	if n != lines {
		t.Errorf("%d lines came, want %d", n, lines)
	}
	// The others need not wait for the line.
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(log.String(), "level=WARN"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing in the log about the subscriber:\n%s", log.String())
		}
	}
}

// TestK7NothingIsLost prints more than fits anywhere, in many small pieces,
// between displays.
func TestK7NothingIsLost(t *testing.T) {
	c := kerneltest.Start(t, newScript(), &kerneltest.Options{
		Transport: "tcp", Config: &kernel.Config{Backlog: 64 << 10},
	})
	var want strings.Builder
	for i := range 20_000 {
		fmt.Fprintln(&want, i)
	}
	for n := range 2 {
		r := c.Execute("flood 20000\ndisplay x\nflood 20000")
		c.ExpectStart(r, n+1)
		c.ExpectStream(r, "stdout", want.String())
		c.Expect(r, jupyter.IOPub, jupyter.TypeDisplayData)
		c.ExpectStream(r, "stdout", want.String())
		done(c, r, "ok")
	}
}
