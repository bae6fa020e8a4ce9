package kernel

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A lane is a queue of requests that are served one after another, in order, by
// a goroutine of its own: those of the shell, those of a subshell, comms that
// the language serves beside its cells, and debug requests.
type lane struct {
	id      string // of a subshell; else empty
	history History
	count   atomic.Int64  // execution counter; written by the worker only
	wake    chan struct{} // capacity 1: something waits
	endc    chan struct{} // closed when the subshell was deleted

	mu      sync.Mutex
	waiting []*incoming // guarded by mu
	closed  bool        // guarded by mu: nothing more is taken

	running *running // guarded by Server.runMu; what the worker does now
}

func newLane(id string, history History) *lane {
	return &lane{id: id, history: history, wake: make(chan struct{}, 1), endc: make(chan struct{})}
}

// push adds a request. It reports false if the lane has ended.
func (l *lane) push(in *incoming) bool {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return false
	}
	in.lane = l
	l.waiting = append(l.waiting, in)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return true
}

// pop takes the oldest request, or returns nil.
func (l *lane) pop() *incoming {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return nil
	}
	in := l.waiting[0]
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	return in
}

// remove takes a request out of its turn. It reports false if it does not wait
// any more.
func (l *lane) remove(in *incoming) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, in)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return true
}

// has says that a request waits for its turn.
func (l *lane) has(in *incoming) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.waiting, in)
}

// end takes everything that waits. Nothing can be added any more.
func (l *lane) end() []*incoming {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.waiting
	l.waiting, l.closed = nil, true
	return waiting
}

// abort marks those of the execute requests that wait that which picks as aborted
// (K6).
func (l *lane) abort(which func(*incoming) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, in := range l.waiting {
		if in.msg.Header.MsgType == jupyter.TypeExecuteRequest && which(in) {
			in.aborted = true
		}
	}
}

// lastOfBurst returns when the last execute request of the client of in arrived.
func (l *lane) lastOfBurst(in *incoming) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := in.received
	for _, w := range l.waiting {
		if w.msg.Header.MsgType == jupyter.TypeExecuteRequest && w.sameClient(in) && w.received.After(last) {
			last = w.received
		}
	}
	return last
}

// lanes are the lanes of a server.
type lanes struct {
	main    *lane // the shell
	comms   *lane // nil if comms are served by the shell they come to
	debug   *lane // nil without a debugger
	usage   *lane
	workers sync.WaitGroup

	mu        sync.Mutex
	subshells []*lane // guarded by mu; in the order of their creation
	open      []*lane // guarded by mu; those that were started, without subshells that have ended
	closed    bool    // guarded by mu: no more lanes are started
}

// beside returns the lane of the messages of type t that are served beside what the
// shells run, or nil: what takes its time must hold up neither control nor a shell,
// whichever of the two channels it comes from.
func (ls *lanes) beside(t string) *lane {
	switch {
	case jupyter.IsComm(t):
		return ls.comms
	case t == jupyter.TypeDebugRequest:
		return ls.debug
	case t == jupyter.TypeUsageRequest:
		return ls.usage
	}
	return nil
}

// run starts the worker of l. It reports false if the kernel ends.
func (ls *lanes) run(l *lane, work func(*lane)) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.closed {
		return false
	}
	ls.open = append(ls.open, l)
	ls.workers.Go(func() { work(l) })
	return true
}

// forget says that l, which was started, holds no requests any more.
func (ls *lanes) forget(l *lane) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.open = slices.DeleteFunc(ls.open, func(m *lane) bool { return l == m })
}

// all returns every lane that may hold requests, whether its worker runs or not.
func (ls *lanes) all() []*lane {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return slices.Clone(ls.open)
}

// subshell returns the lane of the subshell id, or nil.
func (ls *lanes) subshell(id string) *lane {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	i := slices.IndexFunc(ls.subshells, func(l *lane) bool { return l.id == id })
	if i < 0 {
		return nil
	}
	return ls.subshells[i]
}

// close has no more lanes be started, and returns a channel that is closed when
// all workers have ended.
func (ls *lanes) close() <-chan struct{} {
	ls.mu.Lock()
	ls.closed = true
	ls.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ls.workers.Wait()
	}()
	return ended
}
