package kernel

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A History keeps the input of the past. Its methods may be called from any
// goroutine.
type History interface {
	// Append keeps an input of the current session. It must not block: the next
	// cell waits for it.
	Append(HistoryItem) error

	// Find answers a request. The entries are in the order in which they were
	// made, the oldest first. ctx is cancelled by an interrupt and by the end
	// of the kernel.
	Find(context.Context, *jupyter.HistoryRequest) ([]jupyter.HistoryEntry, error)

	// Close is called when the kernel ends.
	Close() error
}

// A HistoryItem is one input.
type HistoryItem struct {
	Line   int // the execution count
	Input  string
	Output *string // the text of its result, if it had one
}

// NewMemoryHistory returns a history in memory, of one session, whose number is
// 1. It keeps the last items inputs (0: 10,000; negative: all) as long as they have
// no more than bytes in all (0: 16 MiB; negative: no bound).
func NewMemoryHistory(items, bytes int) History {
	return &memoryHistory{maxItems: bound(items, 10_000), maxBytes: bound(bytes, 16<<20)}
}

// bound returns v, or def for zero, or what nothing exceeds for a negative v.
func bound(v, def int) int {
	if v < 0 {
		return math.MaxInt
	}
	return cmp.Or(v, def)
}

// memorySession is the number of the only session of a memoryHistory.
const memorySession = 1

type memoryHistory struct {
	maxItems, maxBytes int // read-only

	mu    sync.Mutex
	items []HistoryItem // guarded by mu
	bytes int           // guarded by mu
}

// size is what an item counts against the bound.
func (it HistoryItem) size() int {
	n := len(it.Input)
	if it.Output != nil {
		n += len(*it.Output)
	}
	return n
}

func (h *memoryHistory) Append(it HistoryItem) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.items = append(h.items, it)
	h.bytes += it.size()
	n := 0
	for len(h.items)-n > h.maxItems || h.bytes > h.maxBytes && n < len(h.items) {
		h.bytes -= h.items[n].size()
		n++
	}
	clear(h.items[:n])
	h.items = h.items[n:] // append moves what is left, once in a while
	return nil
}

func (h *memoryHistory) Find(ctx context.Context, r *jupyter.HistoryRequest) ([]jupyter.HistoryEntry, error) {
	h.mu.Lock()
	items := slices.Clone(h.items)
	h.mu.Unlock()
	switch r.AccessType {
	case jupyter.HistoryRange:
		items = inRange(items, r)
	case jupyter.HistorySearch:
		items = lastN(search(ctx, items, r), r.N)
	default:
		items = lastN(items, r.N)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	entries := make([]jupyter.HistoryEntry, len(items))
	for i, it := range items {
		entries[i] = jupyter.HistoryEntry{
			Session: memorySession, Line: it.Line, Input: it.Input,
			WithOutput: r.Output, Output: it.Output,
		}
	}
	return entries, nil
}

func (h *memoryHistory) Close() error { return nil }

// inRange returns the items from r.Start up to but without r.Stop. Session 0 is
// the current one, as in IPython.
func inRange(items []HistoryItem, r *jupyter.HistoryRequest) []HistoryItem {
	if r.Session != 0 && r.Session != memorySession {
		return nil
	}
	return slices.DeleteFunc(items, func(it HistoryItem) bool {
		return it.Line < r.Start || r.Stop > 0 && it.Line >= r.Stop
	})
}

// search returns the items whose input matches r.Pattern, of equal ones only
// the last if r.Unique. It returns too few when ctx ends.
func search(ctx context.Context, items []HistoryItem, r *jupyter.HistoryRequest) []HistoryItem {
	last := map[string]int{} // input to its last index
	for i, it := range items {
		last[it.Input] = i
	}
	var found []HistoryItem
	for i, it := range items {
		if matchGlob(ctx, r.Pattern, it.Input) && (!r.Unique || last[it.Input] == i) {
			found = append(found, it)
		}
	}
	return found
}

// lastN returns the last n items, or all if n is not positive.
func lastN(items []HistoryItem, n int) []HistoryItem {
	if n <= 0 || n >= len(items) {
		return items
	}
	return items[len(items)-n:]
}

// matchGlob reports whether pattern, in which * stands for any text and ? for
// any one character, matches the whole of s. An empty pattern matches all.
//
// It takes time len(pattern)*len(s) at worst: after a mismatch only the last *
// has to be tried again. When ctx ends, nothing matches.
func matchGlob(ctx context.Context, pattern, s string) bool {
	if pattern == "" {
		return true
	}
	p, t := []rune(pattern), []rune(s)
	pi, ti, star, mark := 0, 0, -1, 0
	for steps := 0; ti < len(t); steps++ {
		switch {
		case steps%4096 == 0 && ctx.Err() != nil:
			return false
		case pi < len(p) && p[pi] == '*':
			star, mark = pi, ti
			pi++
		case pi < len(p) && (p[pi] == '?' || p[pi] == t[ti]):
			pi++
			ti++
		case star >= 0:
			mark++
			pi, ti = star+1, mark
		default:
			return false
		}
	}
	for pi < len(p) && p[pi] == '*' {
		pi++
	}
	return pi == len(p)
}
