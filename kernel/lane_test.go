package kernel

import (
	"context"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// An idler is a language that is not to run anything.
type idler struct{ t *testing.T }

func (idler) Info() Info                           { return Info{} }
func (idler) Start(context.Context, *Output) error { return nil }
func (idler) Shutdown(context.Context, bool) error { return nil }

func (l idler) Execute(context.Context, *Request) (*Result, error) {
	l.t.Error("Execute was called")
	return nil, nil
}

// A subshell is deleted between the moment in which its worker takes a request and
// that in which an interrupt would reach it: it does not run, since nothing could
// end it any more.
func TestDeletionEndsWhatJustBegins(t *testing.T) {
	out := make(sink, 100)
	s, err := NewServer(idler{t}, jupyter.NewConnectionInfo(), &Config{Engine: out})
	if err != nil {
		t.Fatal(err)
	}
	s.out.heard = true
	close(s.started)
	l := newLane("sub", NewMemoryHistory(0, 0))
	m, err := s.session.New(nil, &jupyter.ExecuteRequest{Code: "x"})
	if err != nil {
		t.Fatal(err)
	}
	m.Identities = [][]byte{[]byte("client")}
	frames, err := s.codec.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	l.push(s.receive(jupyter.Shell, zmq.Message{Frames: frames}))
	in := l.pop()
	s.deleteSubshell(l, nil)
	s.handleShell(in)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(out) != 3 {
		t.Errorf("%d messages, want busy, the reply and idle", len(out))
	}
}
