package main

import (
	"fmt"
	"strings"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// A size is how large the messages of some rows are, and how many go to and fro,
// one way, and one way with CURVE: enough for some 0.2 s at the usual scale, so
// that what the first messages cost, until buffers have grown, does not count.
type size struct {
	octets           int
	echo, one, curve float64
}

var sizes = []size{
	{10, 5000, 3_000_000, 300_000},
	{100, 5000, 3_000_000, 300_000},
	{1 << 10, 5000, 600_000, 60_000},
	{64 << 10, 3000, 30_000, 3000},
	{1 << 20, 600, 3000, 400},
}

const libzmqFar = "libzmq"

// rows are all measurements.
func rows(scale float64) []measurement {
	var all []measurement
	for _, m := range kinds() {
		for _, size := range sizes {
			all = append(all, m.ofSize(size)...)
		}
	}
	for _, peers := range []int{1, 10, 100} {
		for _, far := range []string{"", libzmqFar} {
			all = append(all, measurement{What: "pub", Transport: "tcp", Size: 100, Peers: peers, Far: far, N: 3_000_000 / peers})
		}
	}
	for i := range all {
		all[i].N = max(int(float64(all[i].N)*scale), 10)
	}
	return all
}

// kinds are what there is of each size.
func kinds() []measurement {
	return []measurement{
		{Transport: "tcp"},
		{Transport: "tcp", ServerKey: zmq.NewCurveKey().Secret(), ClientKey: zmq.NewCurveKey().Secret()},
		{Transport: "ipc"},
	}
}

// ofSize are the rows of one kind and size.
func (m measurement) ofSize(size size) []measurement {
	m.Size = size.octets
	var all []measurement
	add := func(what, far string, n float64) {
		m.What, m.Far, m.N = what, far, int(n)
		all = append(all, m)
	}
	m.Turn = 50
	add("echo", libzmqFar, size.echo)
	if m.curve() {
		add("in", libzmqFar, size.curve)
		add("out", libzmqFar, size.curve)
		return all
	}
	if size.octets == 100 {
		m.Handler = true
		add("echo", libzmqFar, size.echo)
		m.Handler = false
	}
	for _, what := range []string{"in", "out"} {
		add(what, "", size.one)
		// Over ipc libzmq loses what it has not read when the sender exits.
		if size.octets == 100 && m.Transport == "tcp" {
			add(what, libzmqFar, size.one)
		}
	}
	return all
}

func (m *measurement) curve() bool { return m.ServerKey != "" }

// title says what a row is.
func (m *measurement) title() string {
	names := map[string]string{"echo": "round trip", "in": "receive", "out": "send", "pub": "publish"}
	t := fmt.Sprintf("%s %s %s", names[m.What], m.Transport, octets(m.Size))
	if m.Peers > 0 {
		t += fmt.Sprintf(" to %d", m.Peers)
	}
	switch {
	case m.curve():
		t += " CURVE"
	case m.Far == libzmqFar && m.What == "in":
		t += " from libzmq"
	case m.Far == libzmqFar && m.What == "out":
		t += " to libzmq"
	case m.Far == libzmqFar && m.What == "pub":
		t += " of libzmq"
	}
	if m.Handler {
		t += " in a handler"
	}
	return t
}

func octets(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// A wish is how many times as fast as another engine zmq should be.
type wish struct {
	than  string
	least float64
}

// wishes says what is wanted of a row.
func (m *measurement) wishes() []wish {
	const large = 64 << 10
	switch {
	case m.curve(), m.Size >= large, m.What == "echo" && m.Size == 100:
		return []wish{{"C libzmq", 1}}
	case m.What == "in" && m.Size == 100 && m.Transport == "tcp" && m.Far == "":
		return []wish{{"C libzmq", 1.5}, {"go-zeromq", 10}}
	}
	return nil
}

// judge compares the speeds with those that are wished for: how many times as fast
// as each column the first is, 0 if it was not measured. ok is false if a wish is
// not fulfilled.
func (m *measurement) judge(columns []engine, speeds []float64) (text string, ok bool) {
	var parts []string
	ok = true
	for _, w := range m.wishes() {
		for i, e := range columns {
			if e.name != w.than || speeds[i] == 0 {
				continue
			}
			mark := "✓"
			if speeds[i] < w.least {
				mark, ok = "✗", false
			}
			parts = append(parts, fmt.Sprintf("%s %g of %s", mark, w.least, w.than))
		}
	}
	return strings.Join(parts, ", "), ok
}
