//go:build !race

package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// TestK2Order10k has eight clients send 10,000 requests at once, with random
// interrupts. Every request has exactly one busy, its input, its outputs, one
// idle and one reply; nothing of another lies between; each client's replies
// come in the order of its requests; every subscriber sees as much as the one
// that looks.
func TestK2Order10k(t *testing.T) {
	const clients, each = 8, 1250
	k := kerneltest.StartKernel(t, newScript(), &kerneltest.Options{Transport: "tcp"})
	codec, err := jupyter.NewCodec("", k.Info.Key)
	must(t, err)
	o := &order{t: t, codec: codec, records: map[string]*record{}, left: clients * each}
	var watchers []*zmq.Socket
	var counts [clients]atomic.Int64
	var draining sync.WaitGroup
	for i := range clients {
		s := subscribe(t, k)
		watchers = append(watchers, s)
		if i > 0 {
			draining.Go(func() {
				for range s.Recv() {
					counts[i].Add(1)
				}
			})
		}
	}
	var sending sync.WaitGroup
	for i := range clients {
		sending.Go(func() { o.client(k, fmt.Sprint(i), each) })
	}
	stop := make(chan struct{})
	var interrupts sync.WaitGroup
	interrupts.Go(func() {
		for {
			select {
			case <-time.After(time.Duration(rand.IntN(3000)) * time.Microsecond):
				k.Server.Interrupt()
			case <-stop:
				return
			}
		}
	})
	seen := o.watch(watchers[0])
	sending.Wait()
	close(stop)
	interrupts.Wait()
	for i, n := range o.finish() {
		t.Logf("%d requests: %s", n, i)
	}
	// The others have the same as the first, welcomes aside.
	for i := 1; i < clients; i++ {
		for deadline := time.Now().Add(20 * time.Second); counts[i].Load() < seen && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if n := counts[i].Load(); n < seen {
			t.Errorf("subscriber %d received %d messages, the first %d", i, n, seen)
		}
		must(t, watchers[i].Close())
	}
	draining.Wait()
}

// subscribe connects a SUB and returns when it has its welcome.
func subscribe(t *testing.T, k *kerneltest.Kernel) *zmq.Socket {
	t.Helper()
	s, err := zmq.NewSocket(zmq.Sub, nil)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.Subscribe(nil))
	must(t, s.Connect(k.Info.Endpoint(jupyter.IOPub)))
	<-s.Recv()
	return s
}

// A record is what has come for one request.
type record struct {
	code             string
	text, want       string
	busy, idle       int
	inputs, failures int
	status           string // of its reply
}

// An order collects what comes.
type order struct {
	t     *testing.T
	codec *jupyter.Codec

	mu      sync.Mutex
	records map[string]*record // guarded by mu; by message id
	left    int                // guarded by mu; requests that are not idle yet
}

// client sends n requests, all at once, and reads their replies.
func (o *order) client(k *kerneltest.Kernel, name string, n int) {
	session := jupyter.NewSession(name)
	shell, err := zmq.NewSocket(zmq.Dealer, &zmq.Config{RoutingID: []byte(session.ID)})
	if err != nil {
		o.t.Error(err)
		return
	}
	defer shell.Close()
	if err := shell.Connect(k.Info.Endpoint(jupyter.Shell)); err != nil {
		o.t.Error(err)
		return
	}
	ids := make(chan string, n)
	go func() {
		for i := range n {
			// One of all fails late and has what waits aborted.
			stop := name == "0" && i == n*4/5
			ids <- o.send(session, shell, fmt.Sprintf("%s-%d", name, i), stop)
		}
	}()
	for range n {
		id := <-ids
		m, err := o.codec.Decode((<-shell.Recv()).Frames)
		if err != nil {
			o.t.Error(err)
			return
		}
		parent, _ := m.Parent()
		if parent.MsgID != id {
			o.t.Errorf("client %s: a reply to %s, want the one to %s", name, parent.MsgID, id)
			return
		}
		reply, err := jupyter.Decode[jupyter.ExecuteReply](m)
		if err != nil {
			o.t.Error(err)
			return
		}
		o.mu.Lock()
		o.records[id].status = reply.Status
		o.mu.Unlock()
	}
}

// send sends one request of one kind or another and returns its id.
func (o *order) send(session *jupyter.Session, shell *zmq.Socket, text string, stop bool) string {
	r := &record{code: "out " + text + "\nout " + text, want: text + text}
	if stop || rand.IntN(100) == 0 {
		r.code = "out " + text + "\nwait"
	}
	m, err := session.New(nil, &jupyter.ExecuteRequest{Code: r.code, StopOnError: stop})
	if err != nil {
		o.t.Error(err)
		return ""
	}
	frames, err := o.codec.Encode(m)
	if err != nil {
		o.t.Error(err)
		return ""
	}
	o.mu.Lock()
	o.records[m.Header.MsgID] = r
	o.mu.Unlock()
	shell.Send() <- zmq.Message{Frames: frames}
	return m.Header.MsgID
}

// watch reads what is published until every request is idle, and returns how
// many messages that were.
func (o *order) watch(iopub *zmq.Socket) (n int64) {
	var current *record // the one that is busy
	for {
		select {
		case raw := <-iopub.Recv():
			m, err := o.codec.Decode(raw.Frames)
			if err != nil {
				o.t.Error(err)
				return n
			}
			parent, _ := m.Parent()
			if parent.MsgID == "" {
				continue // a welcome, or the start
			}
			n++
			o.mu.Lock()
			current = o.take(o.records[parent.MsgID], current, m)
			left := o.left
			o.mu.Unlock()
			if left == 0 || o.t.Failed() {
				return n
			}
		case <-time.After(60 * time.Second):
			o.t.Errorf("%d requests are not idle", o.left)
			return n
		}
	}
}

// take notes a message of r and returns the record that is busy after it. The
// caller holds mu.
func (o *order) take(r, current *record, m *jupyter.Message) *record {
	if r == nil {
		o.t.Errorf("%s answers no request", m.Content)
		return current
	}
	state := ""
	if s, err := jupyter.Decode[jupyter.Status](m); err == nil {
		state = s.ExecutionState
	}
	if (state == jupyter.StateBusy) != (current == nil) || current != nil && current != r {
		o.t.Errorf("%q: %s %s while %+v is busy", r.code, m.Header.MsgType, m.Content, current)
	}
	switch m.Header.MsgType {
	case jupyter.TypeStatus:
		if state == jupyter.StateIdle {
			r.idle++
			o.left--
			return nil
		}
		r.busy++
	case jupyter.TypeExecuteInput:
		r.inputs++
	case jupyter.TypeStream:
		s, _ := jupyter.Decode[jupyter.Stream](m)
		r.text += s.Text
	case jupyter.TypeError:
		r.failures++
	default:
		o.t.Errorf("%q: %s", r.code, m.Header.MsgType)
	}
	return r
}

// finish checks every record and returns how many there are of each status.
func (o *order) finish() map[string]int {
	counts := map[string]int{}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.records {
		counts[r.status]++
		ok := r.busy == 1 && r.idle == 1
		switch r.status {
		case jupyter.StatusOK:
			ok = ok && r.text == r.want && r.inputs == 1 && r.failures == 0
		case jupyter.StatusError:
			ok = ok && r.inputs == 1 && r.failures == 1
		case jupyter.StatusAborted:
			ok = ok && r.text == "" && r.inputs == 0 && r.failures == 0
		default:
			ok = false
		}
		if !ok {
			o.t.Errorf("%+v", r)
		}
	}
	for _, status := range []string{jupyter.StatusOK, jupyter.StatusError, jupyter.StatusAborted} {
		if counts[status] == 0 {
			o.t.Errorf("no request ended with %s", status)
		}
	}
	return counts
}
