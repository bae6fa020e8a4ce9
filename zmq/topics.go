package zmq

import (
	"bytes"
	"slices"
)

// A topics is a set of subscriptions: prefixes, each with those who hold it
// and how often. It is a radix tree, so that matching costs the length of the
// topic and not the number of subscriptions. The zero value is empty. It has
// no lock of its own.
type topics[K comparable] struct {
	root topicNode[K]
}

// A topicNode is a prefix: its parent's and then edge.
type topicNode[K comparable] struct {
	edge     []byte
	holders  []holder[K]     // of exactly this prefix
	children []*topicNode[K] // sorted by the first octet of edge
}

// A holder holds a prefix so many times, at least once. They are in a slice,
// and not in a map, because each message goes through all of them.
type holder[K comparable] struct {
	k     K
	times int
}

// find returns where k is among the holders of n, or -1.
func (n *topicNode[K]) find(k K) int {
	return slices.IndexFunc(n.holders, func(h holder[K]) bool { return h.k == k })
}

// drop removes holder i, whatever the order of the others.
func (n *topicNode[K]) drop(i int) {
	last := len(n.holders) - 1
	n.holders[i] = n.holders[last]
	n.holders[last] = holder[K]{}
	n.holders = n.holders[:last]
}

// child returns where the child whose edge starts with c is or belongs.
func (n *topicNode[K]) child(c byte) (int, bool) {
	return slices.BinarySearchFunc(n.children, c, func(k *topicNode[K], c byte) int {
		return int(k.edge[0]) - int(c)
	})
}

// add counts one more subscription of k for prefix. first says that nobody
// had it before.
func (t *topics[K]) add(prefix []byte, k K) (first bool) {
	n := &t.root
	for len(prefix) > 0 {
		i, ok := n.child(prefix[0])
		if !ok {
			n.children = slices.Insert(n.children, i, &topicNode[K]{edge: bytes.Clone(prefix)})
		}
		next := n.children[i]
		common := commonPrefix(next.edge, prefix)
		if common < len(next.edge) {
			next = next.split(common)
			n.children[i] = next
		}
		n, prefix = next, prefix[common:]
	}
	if i := n.find(k); i >= 0 {
		n.holders[i].times++
		return false
	}
	n.holders = append(n.holders, holder[K]{k, 1})
	return len(n.holders) == 1
}

// split returns a new parent of n that takes the first at octets of its edge.
func (n *topicNode[K]) split(at int) *topicNode[K] {
	parent := &topicNode[K]{edge: n.edge[:at:at], children: []*topicNode[K]{n}}
	n.edge = n.edge[at:]
	return parent
}

// remove counts one subscription of k for prefix less. found says that there
// was one, last that nobody has it any more.
func (t *topics[K]) remove(prefix []byte, k K) (found, last bool) {
	return t.root.remove(prefix, k)
}

func (n *topicNode[K]) remove(prefix []byte, k K) (found, last bool) {
	if len(prefix) == 0 {
		i := n.find(k)
		if i < 0 {
			return false, false
		}
		if n.holders[i].times--; n.holders[i].times == 0 {
			n.drop(i)
		}
		return true, len(n.holders) == 0
	}
	i, ok := n.child(prefix[0])
	if !ok || !bytes.HasPrefix(prefix, n.children[i].edge) {
		return false, false
	}
	found, last = n.children[i].remove(prefix[len(n.children[i].edge):], k)
	n.tidy(i)
	return found, last
}

// removeAll removes every subscription of k and calls gone for each prefix, as
// often as it was held; last says that nobody has it any more.
func (t *topics[K]) removeAll(k K, gone func(prefix []byte, last bool)) {
	t.root.removeAll(nil, k, gone)
}

func (n *topicNode[K]) removeAll(prefix []byte, k K, gone func([]byte, bool)) {
	prefix = append(prefix, n.edge...)
	if at := n.find(k); at >= 0 {
		count := n.holders[at].times
		n.drop(at)
		for i := range count {
			gone(prefix, len(n.holders) == 0 && i == count-1)
		}
	}
	for i := len(n.children) - 1; i >= 0; i-- {
		n.children[i].removeAll(prefix, k, gone)
		n.tidy(i)
	}
}

// tidy removes child i if it holds nothing, or joins it with its only child.
func (n *topicNode[K]) tidy(i int) {
	c := n.children[i]
	switch {
	case len(c.holders) > 0 || len(c.children) > 1:
	case len(c.children) == 1:
		only := c.children[0]
		only.edge = slices.Concat(c.edge, only.edge)
		n.children[i] = only
	default:
		n.children = slices.Delete(n.children, i, i+1)
	}
}

// match calls yield for every holder of a prefix of topic; a holder of
// several prefixes comes several times.
func (t *topics[K]) match(topic []byte, yield func(K)) {
	n := &t.root
	for {
		for _, h := range n.holders {
			yield(h.k)
		}
		if n = n.next(&topic); n == nil {
			return
		}
	}
}

// has reports whether somebody holds a prefix of topic.
func (t *topics[K]) has(topic []byte) bool {
	for n := &t.root; n != nil; n = n.next(&topic) {
		if len(n.holders) > 0 {
			return true
		}
	}
	return false
}

// next follows topic by one edge, nil if there is none.
func (n *topicNode[K]) next(topic *[]byte) *topicNode[K] {
	if len(*topic) == 0 {
		return nil
	}
	i, ok := n.child((*topic)[0])
	if !ok || !bytes.HasPrefix(*topic, n.children[i].edge) {
		return nil
	}
	*topic = (*topic)[len(n.children[i].edge):]
	return n.children[i]
}

// all calls yield for every prefix that somebody holds.
func (t *topics[K]) all(yield func(prefix []byte)) { t.root.all(nil, yield) }

func (n *topicNode[K]) all(prefix []byte, yield func([]byte)) {
	prefix = append(prefix, n.edge...)
	if len(n.holders) > 0 {
		yield(prefix)
	}
	for _, c := range n.children {
		c.all(prefix, yield)
	}
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
