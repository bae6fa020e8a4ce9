package libzmq

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// monitorSize is how many events may wait for their reader, half of them dropped
// messages.
const monitorSize = 256

// events are libzmq's, as package zmq calls them.
var events = map[zmq4.Event]zmq.EventKind{
	zmq4.EVENT_LISTENING:                  zmq.Listening,
	zmq4.EVENT_ACCEPTED:                   zmq.Accepted,
	zmq4.EVENT_ACCEPT_FAILED:              zmq.AcceptFailed,
	zmq4.EVENT_CONNECTED:                  zmq.Connected,
	zmq4.EVENT_CONNECT_RETRIED:            zmq.ConnectFailed,
	zmq4.EVENT_HANDSHAKE_FAILED_NO_DETAIL: zmq.HandshakeFailed,
	zmq4.EVENT_HANDSHAKE_FAILED_PROTOCOL:  zmq.HandshakeFailed,
	zmq4.EVENT_HANDSHAKE_FAILED_AUTH:      zmq.HandshakeFailed,
	zmq4.EVENT_HANDSHAKE_SUCCEEDED:        zmq.PeerAttached,
	zmq4.EVENT_DISCONNECTED:               zmq.PeerDetached,
	zmq4.EVENT_CLOSED:                     zmq.EndpointClosed,
}

// Monitor returns the channel of the socket's events, the same one every
// time. It carries what happens from the first call on, and is closed when
// the socket has ended. Nobody is obliged to read it: when it is full, events
// are lost, and Stats counts them. Half of its room is for others than
// MessageDropped. The first call waits for the forwarding thread, and so must not
// come from a completion.
func (s *Socket) Monitor() <-chan Event {
	s.f.mu.Lock()
	first := s.events == nil
	if first {
		s.events = make(chan Event, monitorSize)
		if s.err != nil {
			close(s.events)
		}
	}
	s.f.mu.Unlock()
	if first {
		_ = s.Do(func(*zmq4.Socket) error { return s.watch(zmq4.EVENT_ALL) }) // or it is closed
	}
	return s.events
}

// emit gives an event to the reader, if there is one. f.mu is held.
func (s *Socket) emit(e Event) {
	if s.events == nil || s.err != nil {
		return
	}
	if e.Kind == zmq.MessageDropped && len(s.events) >= monitorSize/2 {
		s.stats.EventsLost++
		return
	}
	e.Time = time.Now()
	select {
	case s.events <- e:
	default:
		s.stats.EventsLost++
	}
}

// The rest runs on the forwarding thread.

// watch has libzmq tell when one of the events which happens. Its last one,
// MONITOR_STOPPED, says that libzmq is done with the socket. An adopted socket is
// not watched for that: nobody would read it any more, and libzmq could block.
func (s *Socket) watch(which zmq4.Event) error {
	ctx, err := s.soc.Context()
	if err != nil {
		return err
	}
	monitor, err := ctx.NewSocket(zmq4.PAIR)
	if err != nil {
		return err
	}
	endpoint := fmt.Sprintf("inproc://adrastea-monitor-%d", names.Add(1))
	_ = monitor.SetRcvhwm(0) // or a flood of events could block libzmq
	if s.adopted {
		which &^= zmq4.EVENT_MONITOR_STOPPED
	}
	if err = s.soc.Monitor(endpoint, which); err == nil {
		err = monitor.Connect(endpoint)
	}
	if err != nil {
		monitor.Close()
		return err
	}
	if s.monitor != nil {
		s.monitor.Close()
	}
	s.monitor, s.watching = monitor, which != zmq4.EVENT_MONITOR_STOPPED
	return nil
}

// receiveEvents reads the monitor.
func (s *Socket) receiveEvents() {
	messages, _ := s.f.in.receive(handle(s.monitor))
	for _, m := range messages {
		if len(m.Frames) != 2 || len(m.Frames[0]) != 6 {
			continue
		}
		event := zmq4.Event(binary.NativeEndian.Uint16(m.Frames[0]))
		if event == zmq4.EVENT_MONITOR_STOPPED {
			if s.soc == nil {
				s.gone()
			} else { // somebody else watches
				s.monitor.Close()
				s.monitor, s.watching = nil, false
			}
			return
		}
		if kind, ok := events[event]; ok {
			s.f.mu.Lock()
			e := Event{Kind: kind, Endpoint: string(m.Frames[1])}
			if kind == zmq.PeerAttached || kind == zmq.PeerDetached {
				e.Peer = unknown
			}
			s.emit(e)
			s.f.mu.Unlock()
		}
	}
}
