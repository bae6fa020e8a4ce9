package jupyter

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// replayWindow is the number of signatures that are remembered at least.
const replayWindow = 1 << 15

// A replayGuard remembers the last signatures, between replayWindow and twice as many:
// it has two generations and forgets the older one whole when the younger is
// full.
//
// It keeps the first 64 bits of each. Nobody without the key can choose them, so a
// new message is taken for one that was seen once in 2^48 messages, and a replay is
// always found.
type replayGuard struct {
	mu         sync.Mutex
	young, old map[uint64]struct{} // guarded by mu
}

func newReplayGuard() *replayGuard {
	return &replayGuard{young: map[uint64]struct{}{}}
}

// add reports whether sum is new, and remembers it.
func (g *replayGuard) add(sum [sha256.Size]byte) bool {
	short := binary.BigEndian.Uint64(sum[:])
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.young[short]; ok {
		return false
	}
	if _, ok := g.old[short]; ok {
		return false
	}
	if len(g.young) >= replayWindow {
		g.old, g.young = g.young, map[uint64]struct{}{}
	}
	g.young[short] = struct{}{}
	return true
}
