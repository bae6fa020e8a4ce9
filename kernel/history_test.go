package kernel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

func TestMemoryHistory(t *testing.T) {
	h := NewMemoryHistory(0, 0)
	out := "2"
	for i, code := range []string{"hello", "1+1", "hullo", "hello", "x\ny"} {
		it := HistoryItem{Line: i + 1, Input: code}
		if code == "1+1" {
			it.Output = &out
		}
		if err := h.Append(it); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		r    jupyter.HistoryRequest
		want string
	}{
		{jupyter.HistoryRequest{AccessType: "tail", N: 2}, "1/4 hello, 1/5 x\ny"},
		{jupyter.HistoryRequest{AccessType: "tail"}, "1/1 hello, 1/2 1+1, 1/3 hullo, 1/4 hello, 1/5 x\ny"},
		{jupyter.HistoryRequest{AccessType: "tail", N: 99, Output: true},
			"1/1 hello -, 1/2 1+1 2, 1/3 hullo -, 1/4 hello -, 1/5 x\ny -"},
		{jupyter.HistoryRequest{AccessType: "range", Session: 1, Start: 2, Stop: 4}, "1/2 1+1, 1/3 hullo"},
		{jupyter.HistoryRequest{AccessType: "range", Start: 4}, "1/4 hello, 1/5 x\ny"},
		{jupyter.HistoryRequest{AccessType: "range", Session: 2}, ""},
		{jupyter.HistoryRequest{AccessType: "range", Session: -1}, ""},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "h?llo"}, "1/1 hello, 1/3 hullo, 1/4 hello"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "h?llo", Unique: true}, "1/3 hullo, 1/4 hello"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "h*", N: 1}, "1/4 hello"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "*y"}, "1/5 x\ny"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "none"}, ""},
	}
	for _, tt := range tests {
		entries, err := h.Find(t.Context(), &tt.r)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			s := fmt.Sprintf("%d/%d %s", e.Session, e.Line, e.Input)
			if e.WithOutput && e.Output == nil {
				s += " -"
			} else if e.WithOutput {
				s += " " + *e.Output
			}
			got = append(got, s)
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("Find(%+v) = %q, want %q", tt.r, s, tt.want)
		}
	}
}

func TestMemoryHistoryIsBounded(t *testing.T) {
	big := strings.Repeat("x", 60)
	for _, tt := range []struct{ items, bytes, want int }{{3, 0, 3}, {0, 100, 1}, {0, 50, 0}, {0, 120, 2}, {-1, -1, 10}} {
		h := NewMemoryHistory(tt.items, tt.bytes)
		for i := range 10 {
			if err := h.Append(HistoryItem{Line: i, Input: big}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := h.Find(t.Context(), &jupyter.HistoryRequest{AccessType: "tail"})
		if err != nil || len(got) != tt.want || len(got) > 0 && got[len(got)-1].Line != 9 {
			t.Errorf("items %d, bytes %d: %d entries are kept, %v, want the last %d", tt.items, tt.bytes, len(got), err, tt.want)
		}
	}
}

func TestMatchGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "x", true}, {"*", "", true}, {"?", "", false}, {"?", "é", true}, {"a", "a", true},
		{"a", "ab", false}, {"a*", "ab", true}, {"*b", "ab", true}, {"a*c*e", "abcde", true},
		{"a*c*e", "abcd", false}, {"**", "x\ny", true}, {"a?c", "abc", true}, {"[a]", "a", false},
		{"[a]", "[a]", true}, {"*aab", "aaaab", true}, {"x*", "", false},
		{strings.Repeat("*a", 1000), strings.Repeat("a", 1000), true},
		{strings.Repeat("*a", 1000) + "b", strings.Repeat("a", 5000), false},
	} {
		if got := matchGlob(t.Context(), tt.pattern, tt.s); got != tt.want {
			t.Errorf("matchGlob(%.20q, %.20q) = %v, want %v", tt.pattern, tt.s, got, tt.want)
		}
	}
}

// A search that takes long ends with its context.
func TestMemoryHistoryHearsItsContext(t *testing.T) {
	h := NewMemoryHistory(0, 0)
	h.Append(HistoryItem{Line: 1, Input: strings.Repeat("a", 1<<20)})
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(time.Millisecond, func() { cancel(ErrInterrupted) })
	_, err := h.Find(ctx, &jupyter.HistoryRequest{
		AccessType: jupyter.HistorySearch, Pattern: "*" + strings.Repeat("a", 1<<19) + "b"})
	if !errors.Is(err, ErrInterrupted) {
		t.Errorf("Find = %v, want %v", err, ErrInterrupted)
	}
}
