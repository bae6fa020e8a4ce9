package kernel

import (
	"slices"
	"strings"
	"testing"
)

func TestFlight(t *testing.T) {
	woken := 0
	f := flight{wake: func() { woken++ }}
	isLanded := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	if !isLanded(f.landed()) {
		t.Error("nothing is in flight, and yet it has not landed")
	}
	a, b := f.start(10), f.start(20)
	first := f.landed()
	again := f.landed()
	c := f.start(5)
	second := f.landed()
	f.wakeBelow(12)
	f.end(c, 5)
	if isLanded(first) || isLanded(second) || woken != 0 || f.size() != 30 {
		t.Error("a later message that lands early ends the wait for an earlier one")
	}
	f.end(a, 10)
	if isLanded(first) || isLanded(again) {
		t.Error("landed before the last message")
	}
	f.end(b, 20)
	if !isLanded(first) || !isLanded(again) || !isLanded(second) || woken != 1 || f.size() != 0 {
		t.Errorf("landed: %v %v %v, woken %d times, %d bytes in flight, want all, once, none",
			isLanded(first), isLanded(again), isLanded(second), woken, f.size())
	}
	f.wakeBelow(1)
	if woken != 2 {
		t.Error("not woken though the size was below already")
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		s    string
		max  int
		want string
	}{
		{"abc", 5, "abc"}, {"abc", 2, "ab"}, {"aéb", 2, "a"}, {"a𝄞", 4, "a"},
		{"aaaa\x80\x80\x80\x80\x80\x80\x80", 10, "aaaa\x80\x80"},
	} {
		if got := cut(tt.s, tt.max); got != tt.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tt.s, tt.max, got, tt.want)
		}
	}
	var pieces []string
	for s := strings.Repeat("é€𝄞", 100); s != ""; {
		p := cut(s, 8)
		pieces = append(pieces, p)
		s = s[len(p):]
	}
	if slices.Contains(pieces, "") || strings.Join(pieces, "") != strings.Repeat("é€𝄞", 100) {
		t.Errorf("pieces %q", pieces)
	}
}
