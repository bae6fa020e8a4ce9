package zmq

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// directBatches is how many batches a sender writes before it leaves the rest
// to the writer.
const directBatches = 4

// flush writes what is queued, as far as the operating system takes it
// without waiting; the rest it leaves to the writer. If somebody else writes to the
// peer already, that one goes on with it. It reports whether somebody else is to
// write what the operating system may take. No lock may be held.
func (p *Peer) flush() (left bool) {
	p.mu.Lock()
	if p.writing {
		p.mu.Unlock()
		return true
	}
	if p.dead || !p.load() {
		p.mu.Unlock()
		return false
	}
	p.writing = true
	p.mu.Unlock()
	for range directBatches {
		err := p.writeOut(false)
		if err == errWouldBlock {
			p.handOn(true)
			return false
		}
		if err != nil {
			p.writeFailed(err)
		}
		if !p.more() {
			return false
		}
	}
	p.handOn(false)
	return true
}

// awaitQueued waits until what is queued is handed over, or the peer cannot take it.
func (p *Peer) awaitQueued() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.progress == nil {
		p.progress = sync.NewCond(&p.mu)
	}
	for queued := p.queue.pushed; p.writing && !p.blocked && !p.dead && p.written < queued; {
		p.progress.Wait()
	}
}

// progressed wakes whoever waits in awaitQueued. p.mu is held.
func (p *Peer) progressed() {
	if p.progress != nil {
		p.progress.Broadcast()
	}
}

// setBlocked says that the operating system does not take all of out now.
func (p *Peer) setBlocked() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked = true
	p.progressed()
}

func (p *Peer) isBlocked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blocked
}

// handOn gives the right to write to the writer, if there still is one. blocked says
// that the operating system does not take all of out now.
func (p *Peer) handOn(blocked bool) {
	p.mu.Lock()
	if p.blocked = blocked; blocked {
		p.progressed()
	}
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
	p.written, p.blocked = p.loaded, false
	p.progressed()
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
			if err := p.writeAll(); err != nil {
				p.writeFailed(err)
			}
			p.disarmStall()
			if !p.more() {
				break
			}
		}
	}
}

// writeAll writes the batch in out, and waits where the operating system does not take
// it.
func (p *Peer) writeAll() error {
	if !p.isBlocked() {
		if err := p.writeOut(false); err != errWouldBlock {
			return err
		}
		p.setBlocked()
	}
	return p.writeOut(true)
}

// load moves the next batch from the queues to out and reports whether there
// is any. p.mu is held.
func (p *Peer) load() bool {
	b := &p.out
	b.controls = append(b.controls[:0], p.controls...)
	clear(p.controls)
	p.controls, p.tidyAt = p.controls[:0], 0
	if p.pong != nil {
		b.controls = append(b.controls, controlFrame{flags: zmtp.Command, body: p.pong})
		p.pong = nil
	}
	var octets int64
	for p.queue.len() > 0 && octets < batchOctets && len(b.items) < batchMessages {
		it := p.queue.pop()
		octets += it.size
		b.items = append(b.items, it)
	}
	p.loaded = p.queue.popped
	return len(b.controls)+len(b.items) > 0
}

// writeOut writes the batch in out. With wait it comes back when all of it is
// handed over or the connection has failed; without, it may return
// errWouldBlock and is to be called again.
func (p *Peer) writeOut(wait bool) error {
	b := &p.out
	if !b.encoded {
		if err := p.encode(); err != nil {
			return err
		}
	}
	halves := 0 // of the stall timeout, in which the peer has accepted nothing
	for len(b.rest) > 0 {
		n, err := p.wire.write(b.next(), wait)
		b.consume(n)
		p.handedOver()
		if n > 0 {
			halves = 0
		}
		if wait && errors.Is(err, os.ErrDeadlineExceeded) {
			if n == 0 {
				halves++
			}
			if halves == 2 {
				return errStalled
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	for _, f := range b.controls {
		if f.sent != nil {
			f.sent()
		}
	}
	b.reset()
	return nil
}

// encode makes the segments of the batch in out.
func (p *Peer) encode() error {
	b := &p.out
	var seals zmtp.Mechanism
	if p.seals {
		seals = p.mech
	}
	for _, f := range b.controls {
		if err := b.addFrame(seals, f.flags, f.body); err != nil {
			return err
		}
	}
	for _, it := range b.items {
		for i, body := range it.frames {
			flags := byte(zmtp.More)
			if i == len(it.frames)-1 {
				flags = 0
			}
			if err := b.addFrame(seals, flags, body); err != nil {
				return err
			}
		}
		b.ends = append(b.ends, b.end())
	}
	b.cut()
	b.rest, b.encoded = b.segments, true
	return nil
}

// handedOver completes the messages of the batch that are written.
func (p *Peer) handedOver() {
	b := &p.out
	first := b.first
	var octets int64
	for b.first < len(b.items) && b.ends[b.first] <= b.written {
		octets += b.items[b.first].size
		b.first++
	}
	n := b.first - first
	if n == 0 {
		return
	}
	p.mu.Lock()
	p.messages -= n
	p.octets -= octets
	p.mu.Unlock()
	p.s.stats.sent.Add(uint64(n))
	for i := first; i < b.first; i++ {
		b.items[i].finish(nil)
	}
	p.s.settled(n)
}

var errStalled = errors.New("peer accepted nothing for too long")

// armStall sets the time by which the peer must have accepted something: half of
// what it has, and then the other half. If this process stood still meanwhile, with
// the machine or by itself, the first half may be over at once, and not both.
func (p *Peer) armStall() {
	if t := p.s.cfg.StallTimeout; t > 0 {
		p.conn.SetWriteDeadline(time.Now().Add(t / 2))
	}
}

// disarmStall takes that back: a deadline that passes when nothing waits would
// fail the next write, however willing the peer is.
func (p *Peer) disarmStall() {
	if p.s.cfg.StallTimeout > 0 {
		p.conn.SetWriteDeadline(time.Time{})
	}
}
