package zmq

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// An EventKind says what an Event is about.
type EventKind int

// The kinds of events.
const (
	Listening       EventKind = iota + 1 // an endpoint is bound
	Accepted                             // a connection came in
	AcceptFailed                         // a listener could not accept; it tries again
	Connected                            // a connection went out
	ConnectFailed                        // a connection could not be made; it is tried again
	HandshakeFailed                      // a connection was given up before it became a peer
	PeerAttached                         // a peer is ready for messages
	PeerDetached                         // a peer has gone
	MessageDropped                       // a message was given up
	EndpointClosed                       // a listener or a connecter has ended
)

var eventNames = [...]string{
	Listening: "listening", Accepted: "accepted", AcceptFailed: "accept failed",
	Connected: "connected", ConnectFailed: "connect failed", HandshakeFailed: "handshake failed",
	PeerAttached: "peer attached", PeerDetached: "peer detached", MessageDropped: "message dropped",
	EndpointClosed: "endpoint closed",
}

// String returns the name of k.
func (k EventKind) String() string {
	if k < Listening || k > EndpointClosed {
		return fmt.Sprintf("EventKind(%d)", int(k))
	}
	return eventNames[k]
}

// An Event is something that happened to a socket.
type Event struct {
	Kind     EventKind
	Time     time.Time
	Endpoint string // as in Connect, or as Bind returned it; of a connection that came in, its other end
	Peer     *Peer  // of PeerAttached and PeerDetached
	Err      error  // why, where something failed or ended
}

// monitorSize is how many events may wait for their reader. Dropped messages,
// which come in floods, leave half of that to the others, which are few.
const monitorSize = 256

// A monitor gives events to whoever asked for them. The zero value has no
// reader.
type monitor struct {
	on   atomic.Bool
	lost atomic.Uint64

	mu     sync.Mutex
	events chan Event // nil until asked for
	closed bool
}

// Monitor returns the channel of the socket's events, the same one every
// time. It carries what happens from the first call on, and is closed when
// the socket has ended. Nobody is obliged to read it: when it is full, events
// are lost, and Stats counts them. Half of its room is for others than
// MessageDropped, so that a flood of these does not hide that a peer has gone.
func (s *Socket) Monitor() <-chan Event {
	m := &s.monitor
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.events == nil {
		m.events = make(chan Event, monitorSize)
		if m.closed {
			close(m.events)
		}
		m.on.Store(true)
	}
	return m.events
}

// emit gives e to the reader, if there is one.
func (m *monitor) emit(e Event) {
	if !m.on.Load() {
		return
	}
	e.Time = time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	if e.Kind == MessageDropped && len(m.events) >= monitorSize/2 {
		m.lost.Add(1)
		return
	}
	select {
	case m.events <- e:
	default:
		m.lost.Add(1)
	}
}

func (m *monitor) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.events != nil {
		close(m.events)
	}
}

// counters is what Stats is made from.
type counters struct {
	sent, received, dropped, discarded atomic.Uint64

	lost atomic.Uint64 // of the dropped ones, those that were accepted and waited when the socket closed
}

// Stats counts the messages of a socket.
type Stats struct {
	// Sent were handed to the operating system; a message to several peers
	// counts once for each.
	Sent uint64

	// Received came from peers, whether or not the user has taken them.
	Received uint64

	// Dropped were given to the socket but not sent: the queue of the peer was
	// full, the peer was not there or has gone, the socket was closed. A
	// message to several peers counts once for each that did not get it.
	Dropped uint64

	// Discarded were received but not given to the user: the pattern or a
	// subscription did not want them, or the socket was closed.
	Discarded uint64

	// Pending were accepted and are neither sent nor dropped yet.
	Pending int64

	// EventsLost did not fit into the monitor's channel.
	EventsLost uint64
}

// Stats returns what the socket has counted so far. It may be called after
// Close too: then nothing is pending.
func (s *Socket) Stats() Stats {
	st := Stats{
		Sent:       s.stats.sent.Load(),
		Received:   s.stats.received.Load(),
		Dropped:    s.stats.dropped.Load(),
		Discarded:  s.stats.discarded.Load(),
		Pending:    s.pending.Load(),
		EventsLost: s.monitor.lost.Load(),
	}
	select {
	case <-s.donec:
		// What was put into the send channel too late for anybody to take.
		st.Dropped += uint64(len(s.send))
	default:
		st.Pending += int64(len(s.send))
	}
	return st
}
