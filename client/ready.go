package client

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A kernel's ROUTER drops what it sends to a peer that has not connected yet, so
// a question asked on stdin would be lost if shell were faster to connect. Thus
// the first request waits for all three.
//
// A reply on shell says that the kernel runs, but not that our subscription has
// reached its IOPub socket: what it published until then is lost. Two things say
// that it has: the iopub_welcome that new kernels send to each subscriber
// (https://jupyter.org/enhancement-proposals/65-jupyter-xpub/jupyter-xpub.html),
// and any other message, of which the status around our own request is one. If
// the reply comes and no message does, the subscription was late, and another
// request "nudges" the kernel.
const (
	nudgeAfter = 20 * time.Millisecond // after a reply without output
	askAgain   = 2 * time.Second       // after no reply: the first may be lost
)

// ready waits until the kernel answers and its output is received. With
// anyChannel it also asks on control, where a kernel that is busy can answer.
func (l *link) ready(ctx context.Context, anyChannel bool) (*jupyter.KernelInfoReply, error) {
	sockets := []*zmq.Socket{l.shell}
	if anyChannel {
		sockets = append(sockets, l.control)
	}
	if err := l.attached(ctx); err != nil {
		return nil, err
	}
	n := nudger{l: l, replies: make(chan *jupyter.Message, 1)}
	defer n.stop()
	if err := n.nudge(ctx, sockets); err != nil {
		return nil, err
	}
	wait := askAgain
	timer := time.NewTimer(wait)
	defer timer.Stop()
	var info *jupyter.KernelInfoReply
	var live <-chan struct{} // nil until there is an answer
	for {
		select {
		case m := <-n.replies:
			reply, err := decodeReply[jupyter.KernelInfoReply](m)
			if err != nil {
				return nil, err
			}
			if info == nil {
				l.kernelSession = m.Header.Session
				info, live, wait = reply, l.livec, nudgeAfter
				timer.Reset(wait)
			}
		case <-live:
			close(l.readyc)
			return info, nil
		case <-timer.C:
			if err := n.nudge(ctx, sockets); err != nil {
				return nil, err
			}
			wait = min(2*wait, askAgain)
			timer.Reset(wait)
		case <-l.donec:
			return nil, l.failure()
		case <-ctx.Done():
			if info != nil {
				return nil, notReady(ctx, "its output does not come", nil)
			}
			return nil, notReady(ctx, "it answers no kernel_info_request, as if our key were wrong", nil)
		}
	}
}

// attached waits until shell, control and stdin are connected. It reads the events
// of all three: those of failed attempts are many where a kernel starts slowly, and
// a monitor that nobody reads loses what comes last.
func (l *link) attached(ctx context.Context) error {
	channels := []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin}
	events := l.events // nil for those that are connected
	var last [len(events)]error
	for len(channels) > 0 {
		var ch jupyter.Channel
		var e zmq.Event
		select {
		case e = <-events[jupyter.Shell]:
			ch = jupyter.Shell
		case e = <-events[jupyter.Control]:
			ch = jupyter.Control
		case e = <-events[jupyter.Stdin]:
			ch = jupyter.Stdin
		case <-l.donec:
			return l.failure()
		case <-ctx.Done():
			return notReady(ctx, "no connection to "+channels[0].String(), last[channels[0]])
		}
		if e.Err != nil {
			last[ch] = e.Err
		}
		if e.Kind == zmq.PeerAttached {
			events[ch] = nil
			channels = slices.DeleteFunc(channels, func(c jupyter.Channel) bool { return c == ch })
		}
	}
	return nil
}

// notReady returns why ctx ended, and what was missing then.
func notReady(ctx context.Context, what string, why error) error {
	if why != nil {
		what += ": " + why.Error()
	}
	return fmt.Errorf("%w: %s", contextError(ctx), what)
}

// A nudger sends kernel_info_requests, whose replies come on one channel.
type nudger struct {
	l        *link
	replies  chan *jupyter.Message
	requests []*request
}

func (n *nudger) nudge(ctx context.Context, sockets []*zmq.Socket) error {
	for _, s := range sockets {
		m, err := n.l.c.session.New(nil, &jupyter.KernelInfoRequest{})
		if err != nil {
			return err
		}
		r := newRequest(m.Header.MsgID)
		r.reply = n.replies
		n.l.add(r)
		n.requests = append(n.requests, r)
		if err := n.l.sendNow(ctx, s, m); err != nil {
			return err
		}
	}
	return nil
}

func (n *nudger) stop() {
	for _, r := range n.requests {
		n.l.forget(r)
	}
}
