package kernel

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
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
