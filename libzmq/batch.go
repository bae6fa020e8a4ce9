package libzmq

/*
#cgo pkg-config: libzmq
#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

// One call moves about so many frames.
enum { batch_frames = 256 };

typedef struct {
	zmq_msg_t msg;
	const void *data;
	size_t size;
	int more;
} frame_t;

typedef struct {
	frame_t *frames;
	int n, room;
} inbox_t;

// batch_release gives the received frames back to libzmq, but for the first n.
static void batch_release(inbox_t *in, int n)
{
	while (in->n > n)
		zmq_msg_close(&in->frames[--in->n].msg);
}

// batch_grow makes room for more frames.
static int batch_grow(inbox_t *in)
{
	int room = in->room + batch_frames;
	frame_t *frames = realloc(in->frames, room * sizeof *frames);
	if (frames == NULL)
		return ENOMEM;
	in->frames = frames;
	in->room = room;
	return 0;
}

// batch_recv takes whole messages that can be received without waiting, up to
// about batch_frames or limit bytes. It returns 0 or an error number. It does not
// stop within a message: when its sender leaves then, libzmq ends the process, or
// gives the beginning of another one for the rest.
static int batch_recv(void *socket, inbox_t *in, size_t limit)
{
	size_t total = 0;
	int whole = 0, more = 0, e = 0;
	batch_release(in, 0);
	if (in->room > 16 * batch_frames) { // keep no more than messages need as a rule
		free(in->frames);
		in->frames = NULL;
		in->room = 0;
	}
	while (e == 0 && (more || (in->n < batch_frames && total < limit))) {
		if (in->n == in->room && (e = batch_grow(in)) != 0)
			break;
		zmq_msg_t *m = &in->frames[in->n].msg;
		int rc;
		zmq_msg_init(m);
		do
			rc = zmq_msg_recv(m, socket, ZMQ_DONTWAIT);
		while (rc < 0 && errno == EINTR);
		if (rc < 0) {
			e = errno;
			zmq_msg_close(m);
			break;
		}
		total += zmq_msg_size(m);
		more = zmq_msg_more(m);
		in->n++;
		if (!more)
			whole = in->n;
	}
	batch_release(in, whole);
	for (frame_t *f = in->frames; f < in->frames + in->n; f++) {
		f->data = zmq_msg_data(&f->msg);
		f->size = zmq_msg_size(&f->msg);
		f->more = zmq_msg_more(&f->msg);
	}
	// EFSM: a REQ has its reply, a REP its request
	return e == EAGAIN || e == EFSM ? 0 : e;
}

typedef struct {
	const void *data; // NULL: the bytes are in the arena, at off
	size_t off;
	size_t size;
	int more;
} part_t;

static int batch_send_part(void *socket, const char *arena, const part_t *p)
{
	const void *data = p->data ? p->data : arena + p->off;
	int rc;
	do
		rc = zmq_send(socket, data, p->size, ZMQ_DONTWAIT | (p->more ? ZMQ_SNDMORE : 0));
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? errno : 0;
}

// batch_send hands n parts over, whole messages. It sets *sent to how many
// of them belong to messages that libzmq took, and returns 0 or the error
// number of the first message that it did not take. swallows says whether the
// socket swallows the rest of a message that it has undone.
static int batch_send(void *socket, const char *arena, const part_t *p, int n, int swallows, int *sent)
{
	int start = 0;
	for (int i = 0; i < n; i++) {
		int e = batch_send_part(socket, arena, &p[i]);
		if (e != 0) {
			// When a peer leaves in the middle of a message, libzmq undoes
			// what it has of it and swallows the parts still to come: they
			// must come, or it would swallow the next message's. But a PAIR
			// would give them to the next peer, as if they were a message.
			while (swallows && i > start && p[i].more)
				batch_send_part(socket, arena, &p[++i]);
			*sent = start;
			return e;
		}
		if (!p[i].more)
			start = i + 1;
	}
	*sent = start;
	return 0;
}

// batch_poll is zmq_poll that treats an interruption as "nothing yet".
static int batch_poll(zmq_pollitem_t *items, int n, long timeout)
{
	return zmq_poll(items, n, timeout) >= 0 || errno == EINTR ? 0 : errno;
}
*/
import "C"

import (
	"reflect"
	"runtime"
	"unsafe"

	"github.com/pebbe/zmq4"
)

const (
	batchBytes = 256 << 10 // about how much one call moves
	pinBytes   = 8 << 10   // frames from this size on are not copied twice
)

// handle returns libzmq's own pointer for soc, nil once soc is closed. pebbe's
// package keeps it to itself, and moves one frame per call; the batches of
// this package need it. TestHandle fails should the field ever go away.
func handle(soc *zmq4.Socket) unsafe.Pointer {
	return reflect.ValueOf(soc).Elem().FieldByName("soc").UnsafePointer()
}

// An inbox receives batches. It belongs to the forwarding thread.
type inbox struct {
	c     *C.inbox_t // memory of C: small messages live in it
	out   []Message
	slab  []byte   // memory for small messages to come
	heads [][]byte // and for their frames
}

func newInbox() *inbox {
	return &inbox{c: (*C.inbox_t)(C.calloc(1, C.sizeof_inbox_t))}
}

func (in *inbox) free() {
	C.free(unsafe.Pointer(in.c.frames))
	C.free(unsafe.Pointer(in.c))
}

// receive takes what is ready on a socket. The messages are valid until the next
// call, their frames for ever.
func (in *inbox) receive(soc unsafe.Pointer) ([]Message, error) {
	errno := C.batch_recv(soc, in.c, batchBytes)
	in.out = in.out[:0]
	for received := unsafe.Slice(in.c.frames, in.c.n); len(received) > 0; {
		n, size, more := 0, 0, true
		for ; more; n++ {
			size += int(received[n].size)
			more = received[n].more != 0
		}
		frames := carve(&in.heads, n)
		buf := carve(&in.slab, size)
		for _, f := range received[:n] {
			start := len(buf)
			buf = append(buf, unsafe.Slice((*byte)(f.data), f.size)...)
			frames = append(frames, buf[start:len(buf):len(buf)])
		}
		in.out = append(in.out, Message{Frames: frames, From: unknown})
		received = received[n:]
	}
	C.batch_release(in.c, 0)
	return in.out, asError(errno)
}

// carve returns n elements of capacity. Few come from a slab, which small
// messages that arrived together share.
func carve[T any](slab *[]T, n int) []T {
	count := 4096 / int(unsafe.Sizeof(*new(T)))
	if n > count/8 {
		return make([]T, 0, n)
	}
	if n > len(*slab) {
		*slab = make([]T, count)
	}
	part := (*slab)[:0:n]
	*slab = (*slab)[n:]
	return part
}

// An outbox packs messages for one call. It belongs to the forwarding thread.
type outbox struct {
	arena  []byte
	parts  []C.part_t
	pinner runtime.Pinner
}

// send hands the first messages of run to libzmq and returns how many it
// took. Without an error that is a whole batch, not necessarily all of run.
func (o *outbox) send(soc unsafe.Pointer, run []item) (int, error) {
	o.arena, o.parts = o.arena[:0], o.parts[:0]
	packed, pinned := 0, 0
	for ; packed < len(run) && len(o.parts) < C.batch_frames && len(o.arena)+pinned < batchBytes; packed++ {
		frames := run[packed].m.Frames
		for i, frame := range frames {
			p := C.part_t{size: C.size_t(len(frame))}
			if i < len(frames)-1 {
				p.more = 1
			}
			if len(frame) >= pinBytes {
				o.pinner.Pin(&frame[0])
				p.data = unsafe.Pointer(&frame[0])
				pinned += len(frame)
			} else {
				p.off = C.size_t(len(o.arena))
				o.arena = append(o.arena, frame...)
			}
			o.parts = append(o.parts, p)
		}
	}
	var sent C.int
	swallows := C.int(1)
	if run[0].s.typ == Pair {
		swallows = 0
	}
	errno := C.batch_send(soc, (*C.char)(unsafe.Pointer(unsafe.SliceData(o.arena))),
		unsafe.SliceData(o.parts), C.int(len(o.parts)), swallows, &sent)
	o.pinner.Unpin()
	clear(o.parts)
	if errno == 0 {
		return packed, nil
	}
	n := 0
	for parts := int(sent); parts > 0; n++ {
		parts -= len(run[n].m.Frames)
	}
	return n, asError(errno)
}

// asError makes libzmq's error numbers pebbe's.
func asError(errno C.int) error {
	if errno == 0 {
		return nil
	}
	return zmq4.Errno(errno)
}

// A pollItem is a socket to poll.
type pollItem = C.zmq_pollitem_t

// pollFor waits for input, for room for output, or only has libzmq look after
// the socket: what its peers tell it must be noted even if nobody reads it.
func pollFor(soc unsafe.Pointer, in, out bool) pollItem {
	p := pollItem{socket: soc, events: C.ZMQ_POLLERR} // which never comes
	if in {
		p.events |= C.ZMQ_POLLIN
	}
	if out {
		p.events |= C.ZMQ_POLLOUT
	}
	return p
}

// poll waits for one of items; timeout is in milliseconds, negative for ever.
func poll(items []pollItem, timeout int) error {
	return asError(C.batch_poll(unsafe.SliceData(items), C.int(len(items)), C.long(timeout)))
}

func readable(p pollItem) bool { return p.revents&C.ZMQ_POLLIN != 0 }
