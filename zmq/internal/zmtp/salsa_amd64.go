package zmtp

import "golang.org/x/sys/cpu"

// hasSalsaGroups reports whether salsaGroups may be called.
var hasSalsaGroups = cpu.X86.HasAVX2

// salsaGroups xors groups times salsaGroup octets of key stream into dst. dst
// and src may be the same. state is the state of the first block, by its
// diagonals; the lower half of its block counter must not overflow on the way.
//
//go:noescape
func salsaGroups(dst, src *byte, groups int, state *[16]uint32)
