package libzmq

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"github.com/pebbe/zmq4"
)

const (
	maxSockets = 1 << 16 // of a context

	// retryMillis is the pause after which a message is offered again to a
	// socket whose POLLOUT does not tell whether a peer is full.
	retryMillis = 1
)

// A Forwarder owns libzmq sockets and joins them to Go channels. Its methods
// may be called from any goroutine.
//
// It runs two goroutines. The forwarder, locked to its thread, is the only
// one that touches the sockets; it polls them together with the receiving end
// of an inproc PAIR. The notifier owns the sending end, and wakes the
// forwarder when something was put on the queue while it slept.
type Forwarder struct {
	ctx     *zmq4.Context
	notifyc chan struct{} // capacity 1: a wake-up is due
	stopc   chan struct{} // closed by the forwarder when the notifier should end
	pairc   chan struct{} // closed when the notifier has closed its end
	donec   chan struct{} // closed when both goroutines have ended

	mu       sync.Mutex
	queue    []item // guarded by mu: the one FIFO of all that goes out
	asleep   bool   // guarded by mu: the forwarder polls, or is about to
	stopping bool   // guarded by mu: end when the last socket has closed
	stopped  bool   // guarded by mu: nothing is taken from queue any more

	// The rest is owned by the forwarder.

	notified *zmq4.Socket   // receiving end of the PAIR
	wake     unsafe.Pointer // handle(notified)
	sockets  []*Socket
	polled   []pollItem // the first is notified, then sockets
	spare    []item     // the queue of the round before
	in       *inbox
	out      outbox
}

// An item is one thing to do on the forwarding thread: a message to send, or
// a function to call.
type item struct {
	s    *Socket // nil for a function
	m    Message
	size int64
	done func(error) // may be nil
	run  func()
}

// New starts a forwarder with a libzmq context of its own.
func New() (*Forwarder, error) {
	ctx, err := zmq4.NewContext()
	if err != nil {
		return nil, fmt.Errorf("libzmq: new context: %w", err)
	}
	if err := ctx.SetMaxSockets(maxSockets); err != nil {
		return nil, fmt.Errorf("libzmq: new context: %w", err)
	}
	tx, rx, err := NewPair(ctx)
	if err != nil {
		ctx.Term()
		return nil, err
	}
	f := &Forwarder{
		ctx:      ctx,
		notifyc:  make(chan struct{}, 1),
		stopc:    make(chan struct{}),
		pairc:    make(chan struct{}),
		donec:    make(chan struct{}),
		notified: rx,
		wake:     handle(rx),
		in:       newInbox(),
	}
	go f.notifier(tx)
	go f.forwarder()
	return f, nil
}

// Close closes the forwarder's sockets, as Socket.Close does, and then ends
// the forwarder. It returns when both goroutines have ended.
func (f *Forwarder) Close() error {
	f.stop()
	f.post(func() {
		for _, s := range slices.Clone(f.sockets) {
			go s.Close()
		}
	})
	<-f.donec
	return nil
}

// Done is closed when the forwarder has ended.
func (f *Forwarder) Done() <-chan struct{} { return f.donec }

// stop lets the forwarder end when its last socket has closed.
func (f *Forwarder) stop() {
	f.mu.Lock()
	f.stopping = true
	f.mu.Unlock()
	f.post(func() {}) // so that it looks
}

// post has run called on the forwarding thread, after all that is queued. It
// reports false when the forwarder has ended.
func (f *Forwarder) post(run func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.enqueue(item{run: run})
}

// enqueue puts it on the queue, with mu held. Only the first item after the
// forwarder went to sleep costs a wake-up, and only once it is on the queue.
func (f *Forwarder) enqueue(it item) bool {
	if f.stopped {
		return false
	}
	f.queue = append(f.queue, it)
	if f.asleep {
		f.asleep = false
		select {
		case f.notifyc <- struct{}{}:
		default: // one is due already
		}
	}
	return true
}

// notifier turns what Go can wait for into what libzmq can poll.
func (f *Forwarder) notifier(notify *zmq4.Socket) {
	defer close(f.pairc)
	defer notify.Close()
	for {
		select {
		case <-f.notifyc:
			// A full PAIR has wake-ups enough, so none is waited for.
			_, _ = notify.SendBytes(nil, zmq4.DONTWAIT)
		case <-f.stopc:
			return
		}
	}
}

// forwarder is the forwarding thread.
func (f *Forwarder) forwarder() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for f.rest() {
		queue := f.take()
		f.receive()
		f.dispatch(queue)
	}
	close(f.stopc)
	<-f.pairc
	f.notified.Close()
	_ = f.ctx.Term() // waits for what closed sockets still have to write
	f.in.free()
	close(f.donec)
}

// rest polls: without waiting when there is work, else until something
// happens. It reports false when the forwarder is to end.
func (f *Forwarder) rest() bool {
	timeout := -1
	f.polled = append(f.polled[:0], pollFor(f.wake, true, false))
	for _, s := range f.sockets {
		if s.poll() {
			timeout = retryMillis
		}
	}
	f.mu.Lock()
	if f.asleep = len(f.queue) == 0; !f.asleep {
		timeout = 0
	} else if f.stopping && len(f.sockets) == 0 {
		f.stopped = true
	}
	stopped := f.stopped
	f.mu.Unlock()
	if stopped {
		return false
	}
	if err := poll(f.polled, timeout); err != nil {
		f.sift()
	}
	return true
}

// take takes the whole queue; from here on the forwarder needs no wake-up.
func (f *Forwarder) take() []item {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asleep = false
	queue := f.queue
	f.queue, f.spare = f.spare[:0], queue
	return queue
}

// receive receives from the sockets that are ready.
func (f *Forwarder) receive() {
	if readable(f.polled[0]) {
		_, _, _ = f.in.receive(f.wake, nil)
	}
	for _, s := range slices.Backward(f.sockets) { // some may leave
		if s.polled != 0 && readable(f.polled[s.polled]) {
			s.receive()
		}
	}
}

// dispatch does what is on the queue, in order.
func (f *Forwarder) dispatch(queue []item) {
	for i := 0; i < len(queue); {
		s := queue[i].s
		if s == nil {
			queue[i].run()
			i++
			continue
		}
		start := i
		for i++; i < len(queue) && queue[i].s == s; i++ {
		}
		s.handOver(queue[start:i])
	}
	clear(queue)
	for _, s := range slices.Backward(f.sockets) {
		s.retry()
	}
}

// sift ends the sockets that libzmq does not poll any more.
func (f *Forwarder) sift() {
	clear(f.polled)
	for _, s := range slices.Backward(f.sockets) {
		if s.soc == nil {
			continue
		}
		if _, err := s.soc.GetEvents(); err != nil {
			s.fail(err)
		}
	}
}
