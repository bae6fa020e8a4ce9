package zmq

import (
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// How writes are put together.
const (
	batchOctets   = 64 << 10 // what one batch takes, but for its last message
	batchMessages = 512
	copyLimit     = 4 << 10 // longer bodies are written from where they are

	// Of a long batch a little is written first: the peer wakes while the rest is
	// copied, and Linux paces less (docs/performance.md).
	longBatch  = 512 << 10
	leadOctets = 8 << 10
)

// An outbox is a batch on its way to the operating system.
type outbox struct {
	controls []controlFrame
	items    []item
	ends     []int64 // where each item ends, in octets of the batch
	first    int     // items before this one are handed over
	written  int64   // octets of the batch
	scratch  []byte  // headers and short bodies
	sealed   []*sealBuffer
	segments net.Buffers
	lead     int64       // where the first write ends, 0 if it takes all there is
	rest     net.Buffers // the part of segments that is not yet written
	encoded  bool        // segments are made
}

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

// hasRoom reports whether a message of that size may be queued.
func (p *Peer) hasRoom(size int64) bool {
	p.mu.Lock()
	ok := p.room(size)
	p.mu.Unlock()
	return ok
}

// room is hasRoom with p.mu held.
func (p *Peer) room(size int64) bool {
	cfg := &p.s.cfg
	return p.messages == 0 || p.messages < cfg.SendQueue && p.octets <= cfg.SendQueueBytes-size
}

// enqueue queues it, or does what the policy says if there is no room. dropped
// are the messages that had to make room.
func (p *Peer) enqueue(it *item, full Policy) (dropped []item, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dead:
		return nil, ErrPeerGone
	case p.room(it.size):
	case full == Block:
		return nil, errWait
	case full == DropNewest:
		return nil, ErrQueueFull
	default:
		// What is being written cannot make room. The newest waits nevertheless:
		// who wants the last value gets it.
		for p.queue.len() > 0 && !p.room(it.size) {
			oldest := p.queue.pop()
			p.messages--
			p.octets -= oldest.size
			dropped = append(dropped, oldest)
		}
	}
	p.queue.push(*it)
	p.messages++
	p.octets += it.size
	return dropped, nil
}

// control queues a frame of the engine's own. These do not count against the
// bounds: there are about as many as the user has subscriptions, or minTidy.
func (p *Peer) control(f controlFrame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.controls = append(p.controls, f)
}

// minTidy is how many changes of subscriptions may wait for a peer before those
// that undo each other are left out. A peer that is not behind hears of all.
const minTidy = 1024

// changeSubscription tells the peer of a subscription, or of its end.
func (p *Peer) changeSubscription(prefix []byte, add bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.controls = append(p.controls, p.subscriptionControl(prefix, add))
	if len(p.controls) < max(minTidy, p.tidyAt) {
		return
	}
	odd := make(map[string]bool) // whether all changes of a prefix together are one
	for _, f := range p.controls {
		if f.prefix != nil {
			odd[string(f.prefix)] = !odd[string(f.prefix)]
		}
	}
	p.controls = slices.DeleteFunc(p.controls, func(f controlFrame) bool {
		if f.prefix == nil {
			return false
		}
		// The first is as the last: subscriptions and their ends alternate.
		first := odd[string(f.prefix)]
		odd[string(f.prefix)] = false
		return !first
	})
	p.tidyAt = 2 * len(p.controls)
}

// directBatches is how many batches a sender writes before it leaves the rest
// to the writer.
const directBatches = 4

// flush writes what is queued, as far as the operating system takes it
// without waiting; the rest it leaves to the writer. If somebody else writes
// to the peer already, that one goes on with it. No lock may be held.
func (p *Peer) flush() {
	p.mu.Lock()
	if p.writing || p.dead || !p.load() {
		p.mu.Unlock()
		return
	}
	p.writing = true
	p.mu.Unlock()
	for range directBatches {
		err := p.writeOut(false)
		if err == errWouldBlock {
			break
		}
		if err != nil {
			p.writeFailed(err)
		}
		if !p.more() {
			return
		}
	}
	p.handOn()
}

// handOn gives the right to write to the writer, if there still is one.
func (p *Peer) handOn() {
	p.mu.Lock()
	if !p.dead {
		// The writer looks here once more after the peer has died.
		p.wakec <- struct{}{}
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	p.more()
}

// more loads the next batch for the one who writes, or ends the writing and
// reports false.
func (p *Peer) more() bool {
	p.mu.Lock()
	if !p.dead && p.load() {
		p.mu.Unlock()
		return true
	}
	p.writing = false
	dead := p.dead
	p.mu.Unlock()
	if dead {
		p.abandon()
	}
	return false
}

// writer writes what did not go out at once. It ends with the reader.
func (p *Peer) writer() {
	for {
		select {
		case <-p.wakec:
		case <-p.donec:
			// The right to write may have come at the same time.
			select {
			case <-p.wakec:
				p.more() // the peer is dead: gives it back
			default:
			}
			return
		}
		for {
			if err := p.writeOut(true); err != nil {
				p.writeFailed(err)
			}
			p.disarmStall()
			if !p.more() {
				break
			}
		}
	}
}

// load moves the next batch from the queues to out and reports whether there
// is any. p.mu is held.
func (p *Peer) load() bool {
	o := &p.out
	o.controls = append(o.controls[:0], p.controls...)
	clear(p.controls)
	p.controls, p.tidyAt = p.controls[:0], 0
	if p.pong != nil {
		o.controls = append(o.controls, controlFrame{flags: zmtp.Command, body: p.pong})
		p.pong = nil
	}
	var octets int64
	for p.queue.len() > 0 && octets < batchOctets && len(o.items) < batchMessages {
		it := p.queue.pop()
		octets += it.size
		o.items = append(o.items, it)
	}
	return len(o.controls)+len(o.items) > 0
}

// writeOut writes the batch in out. With wait it comes back when all of it is
// handed over or the connection has failed; without, it may return
// errWouldBlock and is to be called again.
func (p *Peer) writeOut(wait bool) error {
	o := &p.out
	if !o.encoded {
		if err := p.encode(); err != nil {
			return err
		}
	}
	for len(o.rest) > 0 {
		n, err := p.wire.write(o.next(), wait)
		o.consume(n)
		p.handedOver()
		if err != nil {
			if wait && errors.Is(err, errTimeout) {
				err = errStalled
			}
			return err
		}
	}
	for _, f := range o.controls {
		if f.sent != nil {
			f.sent()
		}
	}
	o.reset()
	return nil
}

// encode makes the segments of the batch: runs of headers and short bodies,
// copied together, with long bodies between them.
func (p *Peer) encode() error {
	o := &p.out
	start := 0
	var total int64
	cut := func() {
		if len(o.scratch) > start {
			o.segments = append(o.segments, o.scratch[start:len(o.scratch):len(o.scratch)])
			total += int64(len(o.scratch) - start)
			start = len(o.scratch)
		}
	}
	add := func(long []byte) {
		cut()
		if o.lead == 0 && total+int64(len(long)) >= longBatch {
			if at := leadOctets - total; at > 0 {
				o.segments = append(o.segments, long[:at])
				long = long[at:]
				total += at
			}
			o.lead = total
		}
		o.segments = append(o.segments, long)
		total += int64(len(long))
	}
	frame := func(flags byte, body []byte) (err error) {
		switch {
		case p.seals && len(body) <= copyLimit:
			o.scratch, err = p.mech.Seal(o.scratch, flags, body)
		case p.seals:
			b := takeSealBuffer(len(body))
			o.sealed = append(o.sealed, b)
			b.octets, err = p.mech.Seal(b.octets, flags, body)
			add(b.octets)
		case len(body) <= copyLimit:
			o.scratch = zmtp.AppendFrame(o.scratch, flags, body)
		default:
			o.scratch = zmtp.AppendHeader(o.scratch, flags, len(body))
			add(body)
		}
		return err
	}
	for _, f := range o.controls {
		if err := frame(f.flags, f.body); err != nil {
			return err
		}
	}
	for _, it := range o.items {
		for i, body := range it.frames {
			flags := byte(zmtp.More)
			if i == len(it.frames)-1 {
				flags = 0
			}
			if err := frame(flags, body); err != nil {
				return err
			}
		}
		o.ends = append(o.ends, total+int64(len(o.scratch)-start))
	}
	cut()
	o.rest, o.encoded = o.segments, true
	return nil
}

// A sealBuffer is memory for the sealed form of a long body. They are shared
// by all peers: one that is idle holds none.
type sealBuffer struct {
	octets []byte
}

var sealBuffers = sync.Pool{New: func() any { return new(sealBuffer) }}

// takeSealBuffer returns an empty buffer for a body of size octets.
func takeSealBuffer(size int) *sealBuffer {
	b := sealBuffers.Get().(*sealBuffer)
	b.octets = slices.Grow(b.octets[:0], zmtp.MaxHeader+zmtp.SealOverhead+size)
	return b
}

// next returns what the next write is to take.
func (o *outbox) next() net.Buffers {
	left := o.lead - o.written
	for i := 0; left > 0; i++ {
		if left -= int64(len(o.rest[i])); left <= 0 {
			return o.rest[:i+1]
		}
	}
	return o.rest
}

// consume notes that n octets of the batch are written.
func (o *outbox) consume(n int64) {
	o.written += n
	for n > 0 {
		head := o.rest[0]
		if int64(len(head)) > n {
			o.rest[0] = head[n:]
			return
		}
		n -= int64(len(head))
		o.rest = o.rest[1:]
	}
}

// reset empties the batch and keeps its memory, unless that is a lot.
func (o *outbox) reset() {
	clear(o.controls)
	clear(o.items)
	clear(o.segments)
	for _, b := range o.sealed {
		sealBuffers.Put(b)
	}
	clear(o.sealed)
	o.sealed = o.sealed[:0]
	o.controls, o.items, o.ends = o.controls[:0], o.items[:0], o.ends[:0]
	o.scratch, o.segments, o.rest, o.encoded = o.scratch[:0], o.segments[:0], nil, false
	if cap(o.scratch) > 4*batchOctets {
		o.scratch = nil
	}
	o.first, o.written, o.lead = 0, 0, 0
}

// handedOver completes the messages of the batch that are written.
func (p *Peer) handedOver() {
	o := &p.out
	first := o.first
	var octets int64
	for o.first < len(o.items) && o.ends[o.first] <= o.written {
		octets += o.items[o.first].size
		o.first++
	}
	n := o.first - first
	if n == 0 {
		return
	}
	p.mu.Lock()
	p.messages -= n
	p.octets -= octets
	p.mu.Unlock()
	p.s.stats.sent.Add(uint64(n))
	for i := first; i < o.first; i++ {
		o.items[i].finish(nil)
	}
	p.s.settled(n)
}

// abandon gives up what a dead peer did not get, once nobody writes to it any
// more. Messages for any peer go back to the socket unless a part of them is
// out already.
func (p *Peer) abandon() {
	p.mu.Lock()
	if !p.dead || p.writing {
		p.mu.Unlock()
		return
	}
	o := &p.out
	var begun []item
	rest := o.items[o.first:]
	if len(rest) > 0 && o.first < len(o.ends) {
		start := int64(0)
		if o.first > 0 {
			start = o.ends[o.first-1]
		}
		if o.written > start {
			begun, rest = rest[:1:1], rest[1:]
		}
	}
	left := append([]item(nil), rest...)
	for p.queue.len() > 0 {
		left = append(left, p.queue.pop())
	}
	begun = append([]item(nil), begun...)
	o.reset()
	p.messages, p.octets = 0, 0
	p.mu.Unlock()
	p.s.takeBack(begun, left)
}

// takeBack settles the messages a dead peer did not get.
func (s *Socket) takeBack(begun, left []item) {
	var c cork
	s.mu.Lock()
	if len(left) > 0 && s.reroutes() {
		for i := range left {
			if req, ok := s.pat.(*requester); ok {
				left[i].frames = left[i].frames[len(req.envelope(0)):] // routing adds it again
			}
			s.backlogLen += left[i].size
		}
		s.backlog = append(left, s.backlog...)
		s.backlogged.Store(true)
		left = nil
		s.routeBacklog(&c)
	}
	s.mu.Unlock()
	c.flush()
	for i := range begun {
		s.drop(&begun[i], ErrPeerGone)
	}
	for i := range left {
		s.drop(&left[i], ErrPeerGone)
	}
}

// reroutes reports whether another peer may have what one that has gone did
// not get. s.mu is held.
func (s *Socket) reroutes() bool {
	switch s.typ {
	case Push, Dealer, Pair:
		return !s.closing
	case Req:
		// Not if the user has asked something else since.
		return !s.closing && s.pat.(*requester).asked == nil && len(s.backlog) == 0
	}
	return false
}

var errStalled = errors.New("peer accepted nothing for too long")

// armStall sets the time by which the peer must have accepted something.
func (p *Peer) armStall() {
	if t := p.s.cfg.StallTimeout; t > 0 {
		p.conn.SetWriteDeadline(time.Now().Add(t))
	}
}

// disarmStall takes that back: a deadline that passes when nothing waits would
// fail the next write, however willing the peer is.
func (p *Peer) disarmStall() {
	if p.s.cfg.StallTimeout > 0 {
		p.conn.SetWriteDeadline(time.Time{})
	}
}
