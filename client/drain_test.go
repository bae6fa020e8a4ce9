package client

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// The last words of a kernel are in no socket any more, but not yet where they are
// waited for: its end waits for them.
func TestC5TheEndWaitsForWhatIsInHand(t *testing.T) { synctest.Test(t, testC5InHand) }

func testC5InHand(t *testing.T) {
	for _, inHand := range []bool{true, false} {
		s, err := zmq.NewSocket(zmq.Dealer, nil)
		if err != nil {
			t.Fatal(err)
		}
		l := newLinkOf(newClient(nil))
		l.shell, l.control, l.stdin, l.iopub = s, s, s, s
		detached := make(chan zmq.Event, 1)
		detached <- zmq.Event{Kind: zmq.PeerDetached}
		l.events[jupyter.Shell] = detached
		l.register("waits")
		l.wg.Go(l.outputs)
		if !inHand {
			l.wg.Go(l.answers)
		}
		start := time.Now()
		l.drain(drainQuiet, false)
		want := drainQuiet
		if inHand {
			want += drainMost
		}
		if d := time.Since(start); d != want {
			t.Errorf("the end came after %v, want %v (a reply is in hand: %v)", d, want, inHand)
		}
		close(l.closec)
		l.wg.Wait()
		s.Close()
	}
}
