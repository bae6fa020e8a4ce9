package client

import (
	"net"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// heartbeat watches a kernel whose process we do not know. Kernels echo what
// comes on the heartbeat socket, but some do so only while their language is
// idle, so silence alone proves nothing: then the kernel is dead if its socket
// takes no connection any more.
func (l *link) heartbeat() {
	every := l.c.cfg.heartbeat()
	if every < 0 {
		<-l.closec
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	sent, echoed := false, true
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
			echoed = true
		case <-tick.C:
			if !echoed && !l.listens() {
				l.fail(&ExitError{Code: -1, Reason: "no answer to heartbeats, and " +
					l.c.conn.Endpoint(jupyter.Heartbeat) + " takes no connection"})
				return
			}
			sent = false
		case <-l.closec:
			return
		}
	}
}

// listens reports whether somebody listens on the heartbeat's endpoint.
func (l *link) listens() bool {
	network, addr, _ := strings.Cut(l.c.conn.Endpoint(jupyter.Heartbeat), "://")
	if network == "ipc" {
		network = "unix"
	}
	conn, err := net.DialTimeout(network, addr, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
