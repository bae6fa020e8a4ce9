package libzmq

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

const (
	maxSockets = 1 << 16 // of a libzmq context

	// retryMillis is the pause before a message is offered again to a socket
	// whose POLLOUT does not tell whether the peer has room.
	retryMillis = 1
)

// A Forwarder owns libzmq sockets and joins them to Go channels. Its methods
// may be called from any goroutine.
//
// It runs two goroutines. The forwarder, locked to its thread, is the only
// one that touches the sockets; it polls them together with the receiving end
// of an inproc PAIR. The notifier owns the sending end, and wakes the
// forwarder when something was put on the queue while it was asleep.
type Forwarder struct {
	ctx     *zmq4.Context
	notifyc chan struct{} // capacity 1: a wake-up is due
	stopc   chan struct{} // closed by the forwarder when the notifier is to end
	pairc   chan struct{} // closed when the notifier has closed its end
	donec   chan struct{} // closed when all goroutines have ended
	zap     zap
	wg      sync.WaitGroup // what the zap runs
	wakeUps atomic.Uint64  // messages sent over the PAIR

	mu       sync.Mutex
	queue    []item // guarded by mu: the one FIFO of all that goes out
	asleep   bool   // guarded by mu: the forwarder polls, or is about to
	stopping bool   // guarded by mu: to end when the last socket has ended
	stopped  bool   // guarded by mu: nothing is taken from the queue any more

	// The rest is owned by the forwarder.

	notified   *zmq4.Socket   // receiving end of the PAIR
	wake       unsafe.Pointer // handle(notified)
	sockets    []*Socket
	polled     []pollItem // the first is notified
	spare      []item     // the queue of the round before
	in         *inbox
	out        outbox
	terminated bool // somebody else has terminated ctx
}

// An item is a message to send, or a function to call on the forwarding
// thread.
type item struct {
	s    *Socket // nil for a function
	m    Message
	size int64
	done func(error) // may be nil
	run  func()
}

// New starts a forwarder with a libzmq context of its own.
func New() (*Forwarder, error) {
	if err := spareDescriptors(); err != nil {
		return nil, fmt.Errorf("libzmq: new context: %w", err)
	}
	ctx, err := zmq4.NewContext()
	if err != nil {
		return nil, fmt.Errorf("libzmq: new context: %w", err)
	}
	_ = ctx.SetMaxSockets(maxSockets) // or what the system allows
	tx, rx, err := NewPair(ctx)
	if err != nil {
		_ = ctx.Term()
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

// Close closes the forwarder's sockets, as Socket.Close does, and ends the
// forwarder. It returns when its goroutines have ended. A socket that was
// already shut down delays that until libzmq has written what it had, or the
// time is over that Shutdown gave it: libzmq cannot be told to give up sooner.
func (f *Forwarder) Close() error {
	f.stop()
	f.post(func() {
		for _, s := range f.sockets {
			s.end(0)
		}
	})
	<-f.donec
	return nil
}

// Done is closed when the forwarder has ended.
func (f *Forwarder) Done() <-chan struct{} { return f.donec }

// stop lets the forwarder end when its last socket has closed. There will be
// no more sockets.
func (f *Forwarder) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopping = true
	f.enqueue(item{run: f.zap.end})
}

// post has run called on the forwarding thread, after all that is queued. It
// reports false when the forwarder has ended.
func (f *Forwarder) post(run func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.enqueue(item{run: run})
}

// call calls fn on the forwarding thread and returns what it returns.
func (f *Forwarder) call(fn func() error) error {
	errc := make(chan error, 1)
	if !f.post(func() { errc <- fn() }) {
		return zmq.ErrClosed
	}
	return <-errc
}

// enqueue puts it on the queue, with mu held. Only the first item after the
// forwarder went to sleep costs a wake-up, which comes after the item.
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

// notifier turns what goroutines can wait for into what libzmq can poll.
func (f *Forwarder) notifier(notify *zmq4.Socket) {
	defer close(f.pairc)
	defer notify.Close()
	for {
		select {
		case <-f.notifyc:
			f.wakeUps.Add(1)
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
		if f.receive() {
			// Let the readers run before the next sleep: their answers, which
			// are often at once, then need no wake-up.
			runtime.Gosched()
		}
		f.dispatch(f.take())
	}
	close(f.stopc)
	<-f.pairc
	f.notified.Close()
	f.wg.Wait()
	if !f.terminated {
		f.term()
	}
	f.in.free()
	close(f.donec)
}

// rest polls: without waiting when there is something on the queue, else
// until something happens. It reports false when the forwarder is to end.
func (f *Forwarder) rest() bool {
	timeout := -1
	f.polled = append(f.polled[:0], pollFor(f.wake, true, false))
	for _, s := range f.sockets {
		if s.poll() {
			timeout = retryMillis
		}
	}
	f.mu.Lock()
	f.asleep = len(f.queue) == 0
	if !f.asleep {
		timeout = 0
	} else if f.stopping {
		f.stopped = !slices.ContainsFunc(f.sockets, func(s *Socket) bool { return s.err == nil })
	}
	stopped := f.stopped
	f.mu.Unlock()
	if stopped {
		return false
	}
	if err := poll(f.polled, timeout); err != nil {
		f.sift()
	}
	f.mu.Lock()
	f.asleep = false // no wake-up is needed from here on
	f.mu.Unlock()
	return true
}

// term terminates the context, which waits until closed sockets have written
// what they had. With some of them libzmq is not done before that: one that was
// connected to an inproc name, say, which nobody has ever bound.
func (f *Forwarder) term() {
	termc := make(chan struct{})
	go func() {
		defer close(termc)
		_ = f.ctx.Term()
	}()
	for _, s := range slices.Backward(f.sockets) {
		// From then on libzmq does not wait for a reader of the monitor.
		_ = poll([]pollItem{pollFor(handle(s.monitor), false, false)}, -1)
		s.gone()
	}
	<-termc
}

// take takes the whole queue.
func (f *Forwarder) take() []item {
	f.mu.Lock()
	defer f.mu.Unlock()
	queue := f.queue
	f.queue, f.spare = f.spare[:0], queue
	return queue
}

// receive reads the sockets that are ready. It reports whether messages went
// to a channel.
func (f *Forwarder) receive() (any bool) {
	if readable(f.polled[0]) {
		_, _ = f.in.receive(f.wake)
	}
	for _, s := range slices.Backward(f.sockets) { // some may leave
		if s.polled > 0 && readable(f.polled[s.polled]) {
			any = s.receive() || any
		}
		if s.watched > 0 && readable(f.polled[s.watched]) {
			s.receiveEvents()
		}
	}
	return any
}

// dispatch does what was on the queue, in order, and then offers libzmq again
// what it had no room for.
func (f *Forwarder) dispatch(queue []item) {
	for i := 0; i < len(queue); {
		first, s := i, queue[i].s
		for i++; s != nil && i < len(queue) && queue[i].s == s; i++ {
		}
		if s == nil {
			queue[first].run()
		} else {
			s.handOver(queue[first:i])
		}
	}
	clear(queue)
	for _, s := range slices.Backward(f.sockets) {
		s.retry()
	}
}

// sift ends the sockets that libzmq does not poll any more, because somebody
// has terminated their context. If it is the forwarder's own, all end, and so
// does the forwarder: nothing would wake it any more.
func (f *Forwarder) sift() {
	clear(f.polled)
	if _, err := f.notified.GetEvents(); err != nil {
		f.terminated = true
		f.mu.Lock()
		f.stopping = true
		f.mu.Unlock()
	}
	for _, s := range slices.Backward(f.sockets) {
		if s.soc != nil {
			if _, err := s.soc.GetEvents(); err != nil || f.terminated {
				s.fail(zmq4.ETERM)
			}
		}
		if f.terminated && !s.adopted { // its monitor does not tell
			s.gone()
		}
	}
}
