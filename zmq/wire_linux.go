package zmq

import (
	"net"
	"syscall"
	"unsafe"
)

// maxVectors is how many buffers one writev takes; the kernel allows 1024.
const maxVectors = 64

// A rawWire writes to the socket of the operating system itself. It is what
// makes it possible to write from any goroutine without waiting.
//
// Only one goroutine writes at a time: the one that owns Peer.out.
type rawWire struct {
	p    *Peer
	conn syscall.RawConn
	try  func(fd uintptr) bool // made once, so that a write allocates nothing

	// The arguments and results of try.
	bufs net.Buffers
	wait bool
	n    int64
	err  error

	vectors [maxVectors]syscall.Iovec
}

// newSystemWire returns the best wire for the connection of p.
func newSystemWire(p *Peer) wire {
	sc, ok := p.conn.(syscall.Conn)
	if !ok {
		return connWire{p}
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return connWire{p}
	}
	w := &rawWire{p: p, conn: rc}
	w.try = w.tryWrite
	return w
}

func (w *rawWire) write(bufs net.Buffers, wait bool) (int64, error) {
	if wait {
		w.p.armStall()
	}
	w.bufs, w.wait, w.n, w.err = bufs, wait, 0, nil
	err := w.conn.Write(w.try)
	w.bufs = nil
	if w.err != nil {
		err = w.err
	}
	return w.n, err
}

// tryWrite makes one system call. It reports false to be called again when
// the socket takes more.
func (w *rawWire) tryWrite(fd uintptr) bool {
	for {
		n, errno := w.writev(fd)
		switch errno {
		case 0:
			w.n = int64(n)
			return true
		case syscall.EINTR:
		case syscall.EAGAIN:
			if w.wait {
				return false
			}
			w.err = errWouldBlock
			return true
		default:
			w.err = errno
			return true
		}
	}
}

func (w *rawWire) writev(fd uintptr) (int, syscall.Errno) {
	n := min(len(w.bufs), maxVectors)
	for i, b := range w.bufs[:n] {
		// A segment is never empty.
		w.vectors[i].Base = &b[0]
		w.vectors[i].SetLen(len(b))
	}
	r, _, errno := syscall.Syscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&w.vectors)), uintptr(n))
	clear(w.vectors[:n])
	return int(r), errno
}
