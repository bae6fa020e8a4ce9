//go:build !amd64 || purego

package zmtp

// There is no assembly for this processor.
const (
	hasSalsaGroups = false
	hasPolyBlocks  = false
)

func salsaGroups(dst, src *byte, groups int, state *[16]uint32) { panic("BUG: no assembly") }

func boxGroups(dst, src *byte, groups int, state *[16]uint32, mac *poly, msg *byte) {
	panic("BUG: no assembly")
}

func polyBlocks(mac *poly, msg *byte, blocks int) { panic("BUG: no assembly") }
