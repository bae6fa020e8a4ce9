//go:build !amd64

package zmtp

// hasSalsaGroups reports whether salsaGroups may be called.
const hasSalsaGroups = false

func salsaGroups(dst, src *byte, groups int, state *[16]uint32) { panic("BUG: no assembly") }
