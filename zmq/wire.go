package zmq

import (
	"errors"
	"net"
)

// A wire reads from a connection and writes to it.
type wire interface {
	// read is the Read of a connection.
	read(b []byte) (int, error)

	// write writes some of bufs and returns how much. With wait it waits
	// until at least one octet is written; without, it returns errWouldBlock
	// when the operating system does not take any at once.
	write(bufs net.Buffers, wait bool) (int64, error)
}

var errWouldBlock = errors.New("would block")

// unixBuffer is how much a Unix socket may hold that the peer has not read, if
// the operating system allows it. It does not grow by itself as a TCP socket's
// does, and a message of 1 MiB through the usual 208 KiB means that writer and
// reader wait for each other many times.
const unixBuffer = 1 << 20

// newWire returns the best wire for the connection of p.
func newWire(p *Peer) wire {
	if u, ok := p.conn.(*net.UnixConn); ok {
		u.SetWriteBuffer(unixBuffer) // where it fails it is only slower
	}
	if m, ok := p.conn.(*memConn); ok {
		return memWire{p, m}
	}
	return newSystemWire(p)
}

// A memWire is a connection in memory.
type memWire struct {
	p    *Peer
	conn *memConn
}

func (w memWire) read(b []byte) (int, error) { return w.conn.Read(b) }

func (w memWire) write(bufs net.Buffers, wait bool) (int64, error) {
	if wait {
		w.p.armStall()
	}
	return w.conn.write(bufs, wait)
}

// A connWire is any connection. It cannot write without waiting.
type connWire struct {
	p *Peer
}

func (w connWire) read(b []byte) (int, error) { return w.p.conn.Read(b) }

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
