//go:build linux || darwin

package rkernel

import "testing"

// The hash is that by which front ends know cells; these are ipykernel's.
func TestMurmur2(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint32{
		"": 3990065800, "a": 2167009006, "ab": 2805137849, "abc": 3350977461, "abcd": 804720481,
		"x <- 1\nf(x)": 2240692372, "é€😀": 3159310966,
	} {
		if got := murmur2(text, hashSeed); got != want {
			t.Errorf("murmur2(%q) = %d, want %d", text, got, want)
		}
	}
}
