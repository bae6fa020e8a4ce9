package zmq

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

const (
	// maxVectors is how many buffers one writev takes; the kernel allows 1024.
	maxVectors = 64

	// maxRead is how many octets one read takes.
	maxRead = 128 << 10
)

// A rawWire uses the socket of the operating system itself. It is what makes
// it possible to write from any goroutine without waiting.
//
// Its system calls cannot wait, and the Go scheduler is not told of them: to tell
// it would, whenever the process was idle, wake a thread of the scheduler that
// watches for calls that take long, once for each message of a conversation.
//
// One goroutine reads, and one at a time writes: the one that owns Peer.out.
type rawWire struct {
	p    *Peer
	conn syscall.RawConn

	// The argument and results of tryRead.
	tryIn func(fd uintptr) bool // tryRead, made once, so that a read allocates nothing
	in    []byte
	inN   int
	inErr error

	// The arguments and results of tryWrite.
	tryOut func(fd uintptr) bool // tryWrite, made once
	out    net.Buffers
	wait   bool
	outN   int64
	outErr error

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
	w.tryIn, w.tryOut = w.tryRead, w.tryWrite
	return w
}

func (w *rawWire) read(b []byte) (int, error) {
	w.in, w.inN, w.inErr = b[:min(len(b), maxRead)], 0, nil
	err := w.conn.Read(w.tryIn)
	w.in = nil
	if w.inErr != nil {
		err = w.inErr
	}
	return w.inN, err
}

// tryRead makes one system call. It reports false to be called again when
// there is something to read.
func (w *rawWire) tryRead(fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&w.in[0])), uintptr(len(w.in)))
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			return false
		case errno != 0:
			w.inErr = os.NewSyscallError("read", errno)
		case n == 0:
			w.inErr = io.EOF
		default:
			w.inN = int(n)
		}
		return true
	}
}

func (w *rawWire) write(bufs net.Buffers, wait bool) (int64, error) {
	if wait {
		w.p.armStall()
	}
	w.out, w.wait, w.outN, w.outErr = bufs, wait, 0, nil
	err := w.conn.Write(w.tryOut)
	w.out = nil
	if w.outErr != nil {
		err = w.outErr
	}
	return w.outN, err
}

// tryWrite makes one system call. It reports false to be called again when
// the socket takes more.
func (w *rawWire) tryWrite(fd uintptr) bool {
	for {
		n, errno := w.writev(fd)
		switch errno {
		case 0:
			w.outN = int64(n)
			return true
		case syscall.EINTR:
		case syscall.EAGAIN:
			if w.wait {
				return false
			}
			w.outErr = errWouldBlock
			return true
		default:
			w.outErr = os.NewSyscallError("writev", errno)
			return true
		}
	}
}

func (w *rawWire) writev(fd uintptr) (int, syscall.Errno) {
	n := min(len(w.out), maxVectors)
	for i, b := range w.out[:n] {
		// A segment is never empty.
		w.vectors[i].Base = &b[0]
		w.vectors[i].SetLen(len(b))
	}
	r, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&w.vectors)), uintptr(n))
	clear(w.vectors[:n])
	return int(r), errno
}
