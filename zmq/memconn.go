package zmq

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// memBuffer is how many octets a connection in memory holds in each
// direction.
const memBuffer = 256 << 10

// A memConn is one end of a connection in memory. Unlike net.Pipe's it has a
// buffer, as a connection of the operating system has, and can be written to
// without waiting.
type memConn struct {
	in, out *memHalf
	addr    net.Addr
}

// memPipe returns the two ends of a connection.
func memPipe(addr net.Addr) (a, b *memConn) {
	x, y := newMemHalf(), newMemHalf()
	return &memConn{x, y, addr}, &memConn{y, x, addr}
}

// A memHalf is one direction of a connection.
type memHalf struct {
	cond *sync.Cond // for every change

	// Guarded by cond.L.
	data    []byte // written and not yet read
	eof     bool   // nothing more is written
	gone    bool   // nothing more is read
	readers memDeadline
	writers memDeadline
}

func newMemHalf() *memHalf { return &memHalf{cond: sync.NewCond(new(sync.Mutex))} }

// A memDeadline is a time after which waiting is an error.
type memDeadline struct {
	timer   *time.Timer
	expired bool
}

// set changes the deadline. h.cond.L is held.
func (d *memDeadline) set(h *memHalf, t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
	}
	d.timer, d.expired = nil, false
	if t.IsZero() {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(time.Until(t), func() {
		h.cond.L.Lock()
		defer h.cond.L.Unlock()
		if d.timer == timer {
			d.expired = true
			h.cond.Broadcast()
		}
	})
	d.timer = timer
}

// Read implements net.Conn.
func (c *memConn) Read(p []byte) (int, error) {
	h := c.in
	h.cond.L.Lock()
	defer h.cond.L.Unlock()
	for len(h.data) == 0 {
		switch {
		case h.gone:
			return 0, net.ErrClosed
		case h.eof:
			return 0, io.EOF
		case h.readers.expired:
			return 0, os.ErrDeadlineExceeded
		}
		h.cond.Wait()
	}
	n := copy(p, h.data)
	if h.data = h.data[n:]; len(h.data) == 0 {
		h.data = nil
	}
	h.cond.Broadcast()
	return n, nil
}

// Write implements net.Conn.
func (c *memConn) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m, err := c.write(net.Buffers{p[n:]}, true)
		if n += int(m); err != nil {
			return n, err
		}
	}
	return n, nil
}

// write implements wire.
func (c *memConn) write(bufs net.Buffers, wait bool) (n int64, err error) {
	h := c.out
	h.cond.L.Lock()
	defer h.cond.L.Unlock()
	for len(h.data) >= memBuffer || h.eof || h.gone {
		switch {
		case h.eof:
			return 0, net.ErrClosed
		case h.gone:
			return 0, io.ErrClosedPipe
		case h.writers.expired:
			return 0, os.ErrDeadlineExceeded
		case !wait:
			return 0, errWouldBlock
		}
		h.cond.Wait()
	}
	for _, b := range bufs {
		room := memBuffer - len(h.data)
		if len(b) > room {
			b = b[:room]
		}
		h.data = append(h.data, b...)
		n += int64(len(b))
		if len(h.data) == memBuffer {
			break
		}
	}
	h.cond.Broadcast()
	return n, nil
}

// Close implements net.Conn. What was written can still be read at the other
// end.
func (c *memConn) Close() error {
	c.CloseWrite()
	c.in.update(func(h *memHalf) { h.gone, h.data = true, nil })
	return nil
}

// CloseWrite ends the direction that is written to.
func (c *memConn) CloseWrite() error {
	c.out.update(func(h *memHalf) { h.eof = true })
	return nil
}

// update changes h and wakes everybody.
func (h *memHalf) update(change func(*memHalf)) {
	h.cond.L.Lock()
	defer h.cond.L.Unlock()
	change(h)
	h.cond.Broadcast()
}

// LocalAddr implements net.Conn.
func (c *memConn) LocalAddr() net.Addr { return c.addr }

// RemoteAddr implements net.Conn.
func (c *memConn) RemoteAddr() net.Addr { return c.addr }

// SetDeadline implements net.Conn.
func (c *memConn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *memConn) SetReadDeadline(t time.Time) error {
	c.in.update(func(h *memHalf) { h.readers.set(h, t) })
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.out.update(func(h *memHalf) { h.writers.set(h, t) })
	return nil
}
