package kernel

import (
	"fmt"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// from returns a request of session with a date.
func from(session, date string) *incoming {
	return &incoming{msg: &jupyter.Message{Header: jupyter.Header{Session: session, Date: date}}}
}

func TestBursts(t *testing.T) {
	const day = "2026-01-01T10:00:"
	tests := []struct {
		name   string
		before string        // date of a request before the one that fails
		failed string        // date of the one that fails
		after  time.Duration // how long that took
		date   string        // of the next request
		want   bool
	}{
		{"microseconds, in time", "00.000001Z", "01.000000Z", 3 * time.Millisecond, "01.002000Z", true},
		{"microseconds, within the margin", "00.000001Z", "01.000000Z", 3 * time.Millisecond, "01.002800Z", false},
		{"microseconds, later", "00.000001Z", "01.000000Z", 3 * time.Millisecond, "01.004000Z", false},
		{"another zone", "00.000001Z", "01.000000Z", 3 * time.Millisecond, "01.002000+01:00", false},
		{"no zone", "00.000001", "01.000000", 3 * time.Millisecond, "01.002000", true},
		{"milliseconds, the same", "00.000Z", "01.000Z", 2 * time.Millisecond, "01.000Z", true},
		{"milliseconds, the same but fast", "00.000Z", "01.000Z", time.Millisecond, "01.000Z", false},
		{"milliseconds, the next", "00.000Z", "01.000Z", 2 * time.Millisecond, "01.001Z", false},
		{"milliseconds, the next, slower", "00.000Z", "01.000Z", 3 * time.Millisecond, "01.001Z", true},
		{"seconds", "00Z", "01Z", 900 * time.Millisecond, "01Z", false},
		{"older than the failed one", "00.000Z", "01.000Z", 900 * time.Millisecond, "00.999Z", false},
		{"dates that do not move", "01.000Z", "01.000Z", 900 * time.Millisecond, "01.000Z", false},
		{"no date", "00.000Z", "01.000Z", 900 * time.Millisecond, "soon", false},
		{"a failed one without date", "00.000Z", "x", 900 * time.Millisecond, "01.000Z", false},
		{"too slow", "00.000Z", "01.000Z", 1100 * time.Millisecond, "01.001Z", false},
	}
	for _, tt := range tests {
		b := bursts{}
		failed := from("s", day+tt.failed)
		for _, in := range []*incoming{from("s", day+tt.before), failed, from("other", day+tt.before)} {
			if b.includes(in) {
				t.Errorf("%s: included before anything failed", tt.name)
			}
		}
		b.failed(failed, tt.after)
		if b.includes(from("other", day+tt.date)) {
			t.Errorf("%s: another session is included", tt.name)
		}
		if got := b.includes(from("s", day+tt.date)); got != tt.want {
			t.Errorf("%s: includes = %v, want %v", tt.name, got, tt.want)
		}
		if b.includes(from("s", day+"59.000000Z")) || b.includes(from("s", day+tt.date)) {
			t.Errorf("%s: included after a later request", tt.name)
		}
	}
}

func TestBurstsAreBounded(t *testing.T) {
	b := bursts{}
	for i := range 10 * maxSessions {
		in := from(fmt.Sprint(i), "2026-01-01T00:00:00.000Z")
		b.includes(in)
		b.failed(in, time.Millisecond)
	}
	if len(b) > maxSessions {
		t.Errorf("%d sessions are remembered, the bound is %d", len(b), maxSessions)
	}
	b.failed(from("unknown", ""), time.Millisecond)
}
