//go:build unix

package zmq

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// BenchmarkReceive measures the way in alone: octets that are made already
// come from a raw connection and end in the channel.
func BenchmarkReceive(b *testing.B) {
	for _, typ := range []Type{Pull, Router} {
		for _, size := range []int{10, 100, 1 << 10, 64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%v/%d", typ, size), func(b *testing.B) {
				s := newSocket(b, typ, nil)
				r := dialRaw(b, bind(b, s, "tcp://127.0.0.1:*")).shake(compatible[typ][0].String(), "id", 1)
				block := bytes.Repeat(message(string(body(size))), max(1, 64<<10/(size+2)))
				go func() {
					for {
						if _, err := r.conn.Write(block); err != nil {
							return
						}
					}
				}()
				b.SetBytes(int64(size))
				b.ReportAllocs()
				defer cpuPerOp(b)()
				for b.Loop() {
					<-s.Recv()
				}
			})
		}
	}
}

// cpuPerOp reports how much of the processor each operation took, both ends
// together, which says more than the time on a machine that is busy.
func cpuPerOp(b *testing.B) func() {
	start := cpuTime(b)
	return func() { b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op") }
}

// BenchmarkSend measures the way out alone, to a raw connection that only
// counts.
func BenchmarkSend(b *testing.B) {
	for _, way := range []string{"channel", "deliver", "outbox"} {
		for _, size := range []int{10, 100, 1 << 10, 64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%d", way, size), func(b *testing.B) {
				s := newSocket(b, Push, nil)
				events := s.Monitor()
				r := dialRaw(b, bind(b, s, "tcp://127.0.0.1:*")).shake("PULL", "", 1)
				event(b, events, PeerAttached)
				go io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r.conn}, make([]byte, 256<<10))
				payload := body(size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				defer cpuPerOp(b)()
				switch way {
				case "channel":
					for b.Loop() {
						s.Send() <- Message{Frames: [][]byte{payload}}
					}
				case "deliver":
					for b.Loop() {
						s.Deliver(Message{Frames: [][]byte{payload}}, nil)
					}
				case "outbox":
					o := NewOutbox(64)
					defer o.Close()
					for b.Loop() {
						o.Send() <- Item{To: s, Message: Message{Frames: [][]byte{payload}}}
					}
				}
			})
		}
	}
}

// BenchmarkRoundTrip measures an echo between two sockets of this package.
func BenchmarkRoundTrip(b *testing.B) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://*", "inproc://bench"} {
		b.Run(endpoint[:3], func(b *testing.B) {
			server, client := newSocket(b, Router, nil), newSocket(b, Dealer, nil)
			connect(b, client, bind(b, server, endpoint))
			go func() {
				for m := range server.Recv() {
					server.Deliver(m, nil)
				}
			}()
			m := Message{Frames: [][]byte{body(100)}}
			b.ReportAllocs()
			for b.Loop() {
				client.Deliver(m, nil)
				<-client.Recv()
			}
		})
	}
}
