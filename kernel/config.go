package kernel

import (
	"log/slog"
	"time"
)

// A Config holds the settings of a [Server]. A nil *Config and the zero value
// mean the defaults.
type Config struct {
	// Engine makes the sockets. Default: package zmq.
	Engine Engine

	// Logger gets what goes wrong without being anybody's error: messages with
	// a wrong signature, subscribers that were cut off, panics of the language.
	// Default: nothing is logged.
	Logger *slog.Logger

	// History keeps the input of the past, for history_request. The server
	// closes it when it ends. Default: the last 10,000 inputs, in memory.
	History History

	// StreamInterval is the shortest time between two messages of stream text;
	// text in between is joined. Default: 50 ms. Negative: every piece is sent
	// at once.
	StreamInterval time.Duration

	// Backlog bounds, in bytes, the output that waits for slow subscribers, or
	// for the first. When it is reached, the methods of [Output] block; without
	// any subscriber so far, the oldest is dropped. What the framework
	// sends itself (status, errors, replies) is not held back. Default: 8 MiB.
	Backlog int

	// StallTimeout is how long a client may accept nothing while messages wait
	// for it, before it is cut off. Default: one minute. Negative: for ever.
	StallTimeout time.Duration

	// ShutdownGrace is how long the language may take to end, before it is
	// abandoned. Default: 2 s. Negative: it is abandoned at once.
	ShutdownGrace time.Duration
}

// clone returns a copy of c, which may be nil, with the defaults filled in.
func (c *Config) clone() *Config {
	var d Config
	if c != nil {
		d = *c
	}
	if d.Engine == nil {
		d.Engine = zmqEngine{}
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.History == nil {
		d.History = NewMemoryHistory(0, 0)
	}
	d.StreamInterval = orDefault(d.StreamInterval, 50*time.Millisecond)
	d.StallTimeout = orDefault(d.StallTimeout, time.Minute)
	d.ShutdownGrace = orDefault(d.ShutdownGrace, 2*time.Second)
	d.Backlog = orDefault(d.Backlog, 8<<20)
	return &d
}

// orDefault returns v, or def for zero, or zero for a negative v.
func orDefault[T int | time.Duration](v, def T) T {
	switch {
	case v == 0:
		return def
	case v < 0:
		return 0
	}
	return v
}
