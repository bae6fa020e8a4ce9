package zmq

import (
	"net"
	"os"
)

// errTimeout is what a write past the deadline of the connection returns.
var errTimeout = os.ErrDeadlineExceeded

// A connWire writes to any connection. It cannot write without waiting.
type connWire struct {
	p *Peer
}

func (w connWire) write(bufs net.Buffers, wait bool) (int64, error) {
	if !wait {
		return 0, errWouldBlock
	}
	// One buffer at a time, so that the deadline is for progress and not for
	// everything.
	w.p.armStall()
	head := bufs[0]
	if len(head) > batchOctets {
		head = head[:batchOctets]
	}
	n, err := w.p.conn.Write(head)
	return int64(n), err
}
