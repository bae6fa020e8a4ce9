//go:build !purego

package zmtp

import "golang.org/x/sys/cpu"

// hasSalsaGroups reports whether salsaGroups and boxGroups may be called.
var hasSalsaGroups = cpu.X86.HasAVX2

// hasPolyBlocks reports whether polyBlocks may be called.
const hasPolyBlocks = true

// salsaGroups xors groups times salsaGroup octets of key stream into dst. dst
// and src may be the same. state is the state of the first block, by its
// diagonals; the lower half of its block counter must not overflow on the way.
//
//go:noescape
func salsaGroups(dst, src *byte, groups int, state *[16]uint32)

// boxGroups is salsaGroups, and adds as many octets from msg on to mac. Those
// of a group are added before the group is written.
//
//go:noescape
func boxGroups(dst, src *byte, groups int, state *[16]uint32, mac *poly, msg *byte)

// polyBlocks adds blocks of 16 octets to mac, one or more.
//
//go:noescape
func polyBlocks(mac *poly, msg *byte, blocks int)
