package kernel

import (
	"testing"
	"time"
)

func TestConfigDefaults(t *testing.T) {
	type numbers struct {
		interval, stall, grace time.Duration
		backlog                int
	}
	defaults := numbers{50 * time.Millisecond, time.Minute, 2 * time.Second, 8 << 20}
	for _, tt := range []struct {
		cfg  *Config
		want numbers
	}{
		{nil, defaults},
		{&Config{}, defaults},
		{&Config{StreamInterval: -1, StallTimeout: -1, ShutdownGrace: -1}, numbers{backlog: 8 << 20}},
		{&Config{StreamInterval: 1, StallTimeout: 2, ShutdownGrace: 3, Backlog: 4}, numbers{1, 2, 3, 4}},
	} {
		c := tt.cfg.clone()
		if got := (numbers{c.StreamInterval, c.StallTimeout, c.ShutdownGrace, c.Backlog}); got != tt.want {
			t.Errorf("%+v becomes %+v, want %+v", tt.cfg, got, tt.want)
		}
		if c.Engine == nil || c.Logger == nil || c.History == nil {
			t.Errorf("%+v becomes %+v", tt.cfg, c)
		}
	}
}
