package client

import (
	"errors"
	"net"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// heartbeat watches a kernel whose process we do not know. Kernels echo what
// comes on the heartbeat socket, but some do so only while their language is
// idle, so silence alone proves nothing: then the kernel is dead if its socket
// takes no connection any more. What it sent before is still taken.
//
// Somebody else may restart the kernel on the same ports. Then shell loses its
// peer and gets another one, which is asked who it is.
func (l *link) heartbeat() {
	every := l.c.cfg.heartbeat()
	var ticks <-chan time.Time
	if every >= 0 {
		tick := time.NewTicker(every)
		defer tick.Stop()
		ticks = tick.C
	}
	sent, echoed, timeouts := every < 0, true, 0
	peer := reunion{l: l, readyc: l.readyc}
	defer peer.stop()
	for {
		// The heartbeat is a REP socket; a DEALER gives it the empty frame that a
		// REQ would, and may ask again without an answer.
		var send chan<- zmq.Message
		if !sent {
			send = l.hb.Send()
		}
		select {
		case send <- zmq.Message{Frames: [][]byte{nil, []byte("ping")}}:
			sent, echoed = true, false
		case _, ok := <-l.hb.Recv():
			if !ok {
				return
			}
			echoed, timeouts = true, 0
		case <-peer.readyc:
			peer.ready()
		case e, ok := <-peer.events:
			if !ok {
				return
			}
			peer.event(e)
		case m := <-peer.replies:
			if peer.isAnother(m) {
				l.fail(ErrRestarted)
				return
			}
			peer.resume()
		case <-ticks:
			if !echoed {
				if err := l.unreachable(&timeouts); err != nil {
					// Where echoes are late, so are replies.
					l.drain(2*every, peer.lost)
					l.fail(&ExitError{Code: -1, Reason: "no answer to heartbeats: " + err.Error()})
					return
				}
			}
			sent = false
		case <-l.closec:
			return
		}
	}
}

// A connection that is refused says that the kernel has gone. One that takes too
// long says so only when it happens again and again: on a machine with more to
// do than it can, this process may be what is too slow.
const maxTimeouts = 10

// unreachable returns why nobody listens on the heartbeat's endpoint, or nil if
// somebody may. timeouts counts the connections in a row that took too long.
func (l *link) unreachable(timeouts *int) error {
	network, addr, _ := strings.Cut(l.c.conn.Endpoint(jupyter.Heartbeat), "://")
	if network == "ipc" {
		network = "unix"
	}
	conn, err := net.DialTimeout(network, addr, time.Second)
	if err == nil {
		conn.Close()
		*timeouts = 0
		return nil
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		if *timeouts++; *timeouts < maxTimeouts {
			return nil
		}
	}
	return err
}
