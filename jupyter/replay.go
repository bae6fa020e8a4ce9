package jupyter

import (
	"crypto/sha256"
	"sync"
)

// replayWindow is the number of signatures that are remembered at least.
const replayWindow = 1 << 15

// A replayGuard remembers the last signatures, between window and twice as many:
// it has two generations and forgets the older one whole when the younger is
// full.
type replayGuard struct {
	window     int // read-only
	mu         sync.Mutex
	young, old map[[sha256.Size]byte]struct{} // guarded by mu
}

func newReplayGuard() *replayGuard {
	return &replayGuard{window: replayWindow, young: map[[sha256.Size]byte]struct{}{}}
}

// add reports whether sum is new, and remembers it.
func (g *replayGuard) add(sum [sha256.Size]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.young[sum]; ok {
		return false
	}
	if _, ok := g.old[sum]; ok {
		return false
	}
	if len(g.young) >= g.window {
		g.old, g.young = g.young, map[[sha256.Size]byte]struct{}{}
	}
	g.young[sum] = struct{}{}
	return true
}
