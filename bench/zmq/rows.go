package main

import (
	"fmt"
	"strings"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// rows are all measurements.
func rows(scale float64) []measurement {
	var all []measurement
	add := func(m measurement, n float64) {
		m.N = max(int(n*scale), 10)
		all = append(all, m)
	}
	server, client := zmq.NewCurveKey().Secret(), zmq.NewCurveKey().Secret()
	counts := []struct {
		size      int
		echo, one float64
	}{{10, 5000, 300_000}, {100, 5000, 300_000}, {1 << 10, 5000, 200_000}, {64 << 10, 2000, 10_000}, {1 << 20, 200, 600}}
	for _, transport := range []string{"tcp", "ipc"} {
		for _, curve := range []bool{false, true} {
			if curve && transport == "ipc" {
				continue
			}
			for _, c := range counts {
				m := measurement{Transport: transport, Size: c.size}
				if curve {
					m.ServerKey, m.ClientKey = server, client
					c.one /= 4
				}
				m.What = "echo"
				add(m, c.echo)
				if c.size == 100 && !curve {
					m.Handler = true
					add(m, c.echo)
					m.Handler = false
				}
				m.What = "in"
				add(m, c.one)
				m.What = "out"
				add(m, c.one)
			}
		}
	}
	for _, peers := range []int{1, 10, 100} {
		add(measurement{What: "pub", Transport: "tcp", Size: 100, Peers: peers}, 200_000/float64(peers))
	}
	return all
}

// title says what a row is.
func (m *measurement) title() string {
	names := map[string]string{"echo": "round trip", "in": "receive", "out": "send", "pub": "publish"}
	t := fmt.Sprintf("%s %s %s", names[m.What], m.Transport, octets(m.Size))
	if m.Peers > 0 {
		t += fmt.Sprintf(" to %d", m.Peers)
	}
	if m.ServerKey != "" {
		t += " CURVE"
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
	curve := m.ServerKey != ""
	switch {
	case curve, m.Size >= large, m.What == "echo" && m.Size == 100:
		return []wish{{"C libzmq", 1}}
	case m.What == "in" && m.Size == 100 && m.Transport == "tcp":
		return []wish{{"C libzmq", 1.5}, {"go-zeromq", 10}}
	}
	return nil
}

// judge compares the speed of the first column with those that are wished for.
// ok is false if a wish is not fulfilled.
func (m *measurement) judge(columns []engine, speeds []float64) (text string, ok bool) {
	var parts []string
	ok = true
	for _, w := range m.wishes() {
		for i, e := range columns {
			if e.name != w.than || speeds[i] == 0 || speeds[0] == 0 {
				continue
			}
			mark := "✓"
			if speeds[0] < w.least*speeds[i] {
				mark, ok = "✗", false
			}
			parts = append(parts, fmt.Sprintf("%s %g of %s", mark, w.least, w.than))
		}
	}
	return strings.Join(parts, ", "), ok
}
