package kernel

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// An enderLanguage is a language that says what it sees when it is shut down.
type enderLanguage struct {
	idler
	start chan context.Context // receives the context of Start
	seen  chan error           // receives what that has come to when Shutdown is called
}

func (l enderLanguage) Start(ctx context.Context, _ *Output) error {
	l.start <- ctx
	return nil
}

func (l enderLanguage) Shutdown(context.Context, bool) error {
	l.seen <- (<-l.start).Err()
	return nil
}

// Whoever ends the kernel is slow: the language is not shut down before its contexts
// are cancelled, as Language says.
func TestK9CancelComesBeforeShutdown(t *testing.T) { synctest.Test(t, testK9CancelFirst) }

func testK9CancelFirst(t *testing.T) {
	l := enderLanguage{idler{t}, make(chan context.Context, 1), make(chan error, 1)}
	s, err := NewServer(l, jupyter.NewConnectionInfo(), &Config{Engine: make(sink, 100)})
	if err != nil {
		t.Fatal(err)
	}
	cancel := s.langCancel
	s.langCancel = func(cause error) {
		time.Sleep(time.Second)
		cancel(cause)
	}
	ran := make(chan error, 1)
	go func() { ran <- s.Run(t.Context()) }()
	synctest.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := <-l.seen; err == nil {
		t.Error("Shutdown was called before the context of Start was cancelled")
	}
}

// A slowSink is a sink whose Close takes until closing has returned.
type slowSink struct {
	sink
	closing func()
}

func (s slowSink) Bind(zmq.Type, string, *zmq.Config) (Socket, string, error) {
	return s, "sink:1", nil
}

func (s slowSink) Close() error { s.closing(); return nil }

// Run comes while Close closes the server: it returns when that is done. A process that
// ended before would leave its sockets in the file system.
func TestRunWaitsForAClose(t *testing.T) {
	var s *Server
	ran := make(chan error, 1)
	var once sync.Once
	closing := func() {
		once.Do(func() { go func() { ran <- s.Run(t.Context()) }() })
		for range 1000 {
			runtime.Gosched()
		}
		if len(ran) > 0 {
			t.Error("Run has returned while the sockets are being closed")
		}
	}
	var err error
	s, err = NewServer(idler{t}, jupyter.NewConnectionInfo(), &Config{Engine: slowSink{make(sink), closing}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ran; !errors.Is(err, ErrShutdown) {
		t.Errorf("Run: %v, want %v", err, ErrShutdown)
	}
}
