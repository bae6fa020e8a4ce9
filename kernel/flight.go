package kernel

import "sync"

// A flight counts the messages that were put into the outbox and are not yet
// in the hands of the operating system. Its methods do not block.
type flight struct {
	wake func() // called when the size falls below wakeBelow; read-only

	mu      sync.Mutex
	bytes   int      // guarded by mu
	wakeAt  int      // guarded by mu; 0: do not wake
	batches []*batch // guarded by mu; oldest first; the last one takes new messages
}

// A batch is the messages between two calls of landed.
type batch struct {
	n      int           // messages in flight
	landed chan struct{} // nil in the last batch; closed when it and all older ones have landed
}

// start counts a message of size bytes. What it returns is for end.
func (f *flight) start(size int) *batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes += size
	if len(f.batches) == 0 {
		f.batches = append(f.batches, new(batch))
	}
	b := f.batches[len(f.batches)-1]
	b.n++
	return b
}

// end takes a message off the count.
func (f *flight) end(b *batch, size int) {
	f.mu.Lock()
	f.bytes -= size
	b.n--
	for len(f.batches) > 1 && f.batches[0].n == 0 {
		close(f.batches[0].landed)
		f.batches = f.batches[1:]
	}
	wake := f.bytes < f.wakeAt
	if wake {
		f.wakeAt = 0
	}
	f.mu.Unlock()
	if wake {
		f.wake()
	}
}

// size returns the number of bytes in flight.
func (f *flight) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bytes
}

// wakeBelow has wake called once when the size is below n, at once if it is
// that already.
func (f *flight) wakeBelow(n int) {
	f.mu.Lock()
	below := f.bytes < n
	if !below {
		f.wakeAt = n
	}
	f.mu.Unlock()
	if below {
		f.wake()
	}
}

// landed returns a channel that is closed when no message is in flight of those
// that were counted so far.
func (f *flight) landed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := make(chan struct{})
	if len(f.batches) == 0 {
		close(c)
		return c
	}
	last := f.batches[len(f.batches)-1]
	if last.n == 0 {
		if len(f.batches) > 1 {
			return f.batches[len(f.batches)-2].landed
		}
		close(c)
		return c
	}
	last.landed = c
	f.batches = append(f.batches, new(batch))
	return c
}
