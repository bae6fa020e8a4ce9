package zmq

// A queue is a first-in first-out queue of items. The zero value is empty.
type queue struct {
	items []item
	head  int

	pushed, popped uint64 // items, ever
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) push(it item) {
	// What is left is the smaller part: move it to the front, where there is room.
	if q.head > 32 && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, it)
	q.pushed++
}

// pop takes the first item; there must be one.
func (q *queue) pop() item {
	it := q.items[q.head]
	q.items[q.head] = item{}
	q.head++
	q.popped++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
		if cap(q.items) > 4096 { // a queue that was long once does not keep its memory
			q.items = nil
		}
	}
	return it
}
