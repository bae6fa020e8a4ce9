package client

import (
	"context"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A reunion finds out, when a link has lost its kernel and there is one again,
// whether that is the same. It belongs to heartbeat.
//
// While nobody knows, nothing is sent. The kernel tells by the session in the header
// of a reply, which is one for the life of a process.
type reunion struct {
	l      *link
	readyc <-chan struct{}  // closed when the link is ready; nil after that
	events <-chan zmq.Event // of shell; nil before that
	lost   bool             // shell has no peer

	asking  *nudger // nil if nobody was asked
	replies chan *jupyter.Message
}

// ready has the events of shell read here, when ready has read what it needs.
func (r *reunion) ready() {
	r.readyc, r.events = nil, r.l.events[jupyter.Shell]
}

// event looks for the loss of the peer, and asks the next one.
func (r *reunion) event(e zmq.Event) {
	switch e.Kind {
	case zmq.PeerDetached:
		r.stop()
		r.lost = true
		r.l.hold()
	case zmq.PeerAttached:
		if !r.lost {
			return
		}
		r.lost = false
		r.replies = make(chan *jupyter.Message, 1)
		r.asking = &nudger{l: r.l, replies: r.replies}
		err := r.asking.nudge(context.Background(), []*zmq.Socket{r.l.shell, r.l.control})
		if err != nil {
			r.l.c.cfg.Logger.Warn("the kernel that is there again was not asked", "err", err)
		}
	}
}

// isAnother reports whether a reply is of another kernel than the one that was
// joined. Some kernels have no session of their own, but answer with ours: of
// those, any kernel that comes after a loss counts as another.
func (r *reunion) isAnother(reply *jupyter.Message) bool {
	s := reply.Header.Session
	return s != r.l.kernelSession || s == r.l.c.session.ID
}

// resume goes on with the same kernel.
func (r *reunion) resume() {
	r.stop()
	r.l.release()
}

// stop waits for no reply any more.
func (r *reunion) stop() {
	if r.asking != nil {
		r.asking.stop()
		r.asking, r.replies = nil, nil
	}
}

// hold has what is sent from now on wait.
func (l *link) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.heldc == nil {
		l.heldc = make(chan struct{})
	}
}

// release sends what waits.
func (l *link) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.heldc)
	l.heldc = nil
}
