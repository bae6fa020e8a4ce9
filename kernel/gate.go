package kernel

// A gate is a lock with one condition. Unlocking it says whether the condition
// holds, and one can wait for the lock until it does, or until a channel is
// closed. (Whoever waits for a sync.Mutex can wait for nothing else.)
//
// The lock is free when one of the channels holds its token: set if the
// condition holds, unset if it does not.
type gate struct {
	set, unset chan struct{}
}

// newGate returns a free gate whose condition is holds.
func newGate(holds bool) gate {
	g := gate{make(chan struct{}, 1), make(chan struct{}, 1)}
	g.unlock(holds)
	return g
}

// lock takes the lock, whether the condition holds or not.
func (g gate) lock() {
	select {
	case <-g.set:
	case <-g.unset:
	}
}

// waitAndLock takes the lock when the condition holds. It reports false, without
// the lock, if donec was closed first.
func (g gate) waitAndLock(donec <-chan struct{}) bool {
	select {
	case <-g.set:
		return true
	default:
	}
	select {
	case <-g.set:
		return true
	case <-donec:
		return false
	}
}

// unlock gives the lock back and says whether the condition holds.
func (g gate) unlock(holds bool) {
	if holds {
		g.set <- struct{}{}
	} else {
		g.unset <- struct{}{}
	}
}
