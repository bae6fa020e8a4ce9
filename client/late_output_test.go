package client

import (
	"testing"
	"testing/synctest"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// An Output handler may close the client, also when Execute hands it the last of
// what has come and more is on its way.
func TestCloseByAHandlerOfLateOutput(t *testing.T) { synctest.Test(t, testCloseOfLateOutput) }

func testCloseOfLateOutput(t *testing.T) {
	s, err := zmq.NewSocket(zmq.Dealer, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(nil)
	l := newLinkOf(c)
	c.link = l
	l.shell, l.control, l.stdin, l.iopub, l.hb = s, s, s, s, s
	r := l.register("executes")
	r.output, r.overc = make(chan *jupyter.Message, 2), make(chan struct{})
	closed := false
	x := &execution{l: l, r: r, opts: &ExecuteOptions{Output: func(*jupyter.Message) {
		if closed {
			return
		}
		l.wg.Go(func() { l.pushOutput(r, new(jupyter.Message)) })
		synctest.Wait() // it has found that Execute has ended
		c.Close()
		closed = true
	}}}
	r.output <- new(jupyter.Message)
	x.finish()
	if !closed {
		t.Error("the handler was not called")
	}
}
