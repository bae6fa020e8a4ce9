package zmq

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A model is what topics must do, the slow way.
type model map[string]map[int]int

func (m model) match(topic string) []int {
	found := make(map[int]bool)
	for prefix, holders := range m {
		for k, n := range holders {
			if n > 0 && strings.HasPrefix(topic, prefix) {
				found[k] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func (m model) holders(prefix string) int {
	n := 0
	for _, count := range m[prefix] {
		n += min(count, 1)
	}
	return n
}

// checkTopics runs a program of operations, one an octet each, against topics
// and against the model.
func checkTopics(t *testing.T, program []byte) {
	var tree topics[int]
	want := make(model)
	word := func(b byte) string { return strings.Repeat("ab", 3)[b%3:][:b/3%5%4] }
	for i := 0; i+1 < len(program); i += 2 {
		op, k, prefix := program[i]%8, int(program[i]/8%3), word(program[i+1])
		if want[prefix] == nil {
			want[prefix] = make(map[int]int)
		}
		switch {
		case op < 4:
			first := tree.add([]byte(prefix), k)
			want[prefix][k]++
			if w := want.holders(prefix) == 1 && want[prefix][k] == 1; first != w {
				t.Fatalf("add(%q, %d): first = %v, want %v", prefix, k, first, w)
			}
		case op < 7:
			found, last := tree.remove([]byte(prefix), k)
			if w := want[prefix][k] > 0; found != w {
				t.Fatalf("remove(%q, %d): found = %v, want %v", prefix, k, found, w)
			}
			want[prefix][k] = max(want[prefix][k]-1, 0)
			if w := found && want.holders(prefix) == 0; last != w {
				t.Fatalf("remove(%q, %d): last = %v, want %v", prefix, k, last, w)
			}
		default:
			count := 0
			tree.removeAll(k, func(prefix []byte, _ bool) {
				count++
				want[string(prefix)][k]--
			})
			for prefix, holders := range want {
				if holders[k] != 0 {
					t.Fatalf("removeAll(%d) left %d of %q (%d removed)", k, holders[k], prefix, count)
				}
			}
		}
		for n := range 9 {
			topic := strings.Repeat("ab", 5)[n%2:][:n]
			found := make(map[int]bool)
			tree.match([]byte(topic), func(k int) { found[k] = true })
			got := slices.Sorted(maps.Keys(found))
			if w := want.match(topic); !slices.Equal(got, w) || tree.has([]byte(topic)) != (len(w) > 0) {
				t.Fatalf("match(%q) = %v, want %v", topic, got, w)
			}
		}
	}
	var all []string
	tree.all(func(prefix []byte) { all = append(all, string(prefix)) })
	for prefix := range want {
		if slices.Contains(all, prefix) != (want.holders(prefix) > 0) {
			t.Fatalf("all() = %q, but %d hold %q", all, want.holders(prefix), prefix)
		}
	}
}

func TestTopics(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		program := make([]byte, 100)
		for i := range program {
			program[i] = byte(r.Uint32())
		}
		checkTopics(t, program)
	}
}

func FuzzTopics(f *testing.F) {
	f.Add([]byte("\x00\x01\x08\x02\x04\x01\x07\x00"))
	f.Fuzz(checkTopics)
}

// A tree that everybody has left is empty again.
func TestTopicsLeaveNothing(t *testing.T) {
	var tree topics[int]
	for i := range 1000 {
		tree.add(fmt.Append(nil, i), 1)
	}
	for i := range 1000 {
		tree.remove(fmt.Append(nil, i), 1)
	}
	if n := len(tree.root.children); n != 0 {
		t.Errorf("%d nodes are left", n)
	}
}

// What a match costs depends on the topic, not on how many there are.
func BenchmarkTopics(b *testing.B) {
	for _, n := range []int{1, 100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var tree topics[int]
			for i := range n {
				tree.add(fmt.Appendf(nil, "market.%d.price", i), i)
			}
			topic := fmt.Appendf(nil, "market.%d.price.now", n/2)
			hits := 0
			b.ReportAllocs()
			for b.Loop() {
				tree.match(topic, func(int) { hits++ })
			}
			if hits < b.N || !bytes.HasPrefix(topic, []byte("market")) {
				b.Errorf("%d hits", hits)
			}
		})
	}
}
