package zmq

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// FuzzConnection gives a socket a connection on which a script of octets
// arrives in pieces and which then ends. Whatever it is, the socket must not
// panic, must not hang, and must serve the next peer.
func FuzzConnection(f *testing.F) {
	hello := func(typ string) []byte { return append(greeting(3, 1), ready(typ, "id")...) }
	for typ, peers := range compatible {
		for _, peer := range peers {
			f.Add(uint8(typ), uint8(100), append(hello(peer.String()), message("", "hello", "\x01x")...))
			f.Add(uint8(typ), uint8(3), append(hello(peer.String()), command("SUBSCRIBE", "x")...))
			f.Add(uint8(typ), uint8(1), append(hello(peer.String()), command("PING", "\x00\x01abc")...))
		}
	}
	f.Add(uint8(Rep), uint8(7), []byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, typ, step uint8, script []byte) {
		s, err := NewSocket(Type(typ%uint8(XSub)+1), &Config{MaxMessageSize: 1 << 16, RecvQueue: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if s.Recv() != nil {
			go func() {
				for m := range s.Recv() {
					for _, frame := range m.Frames {
						clear(frame) // ours to change
					}
				}
			}()
		}
		run := func(script []byte, step int) (left []byte) {
			ours, theirs := memPipe(inprocAddr("fuzz"))
			done := make(chan struct{})
			go func() {
				defer close(done)
				p, err := s.handshake(theirs, step%2 == 0)
				s.servePeer(theirs, "", p, err)
			}()
			for len(script) > 0 {
				n := min(step+1, len(script))
				if _, err := ours.Write(script[:n]); err != nil {
					break
				}
				script = script[n:]
			}
			ours.CloseWrite()
			buf := make([]byte, 4096)
			for {
				n, err := ours.Read(buf)
				left = append(left, buf[:n]...)
				if err != nil {
					break
				}
			}
			ours.Close()
			<-done
			return left
		}
		run(script, int(step))
		if s.Type() == Router {
			s.Deliver(msg("id", "x"), nil)
		} else if s.Send() != nil {
			s.Deliver(msg("x"), nil)
		}
		answer := run(append(greeting(3, 1), ready(compatible[s.Type()][0].String(), "next")...), 1000)
		if len(answer) < zmtp.GreetingSize+2 || answer[zmtp.GreetingSize] != zmtp.Command {
			t.Fatalf("the next peer got %q", answer)
		}
	})
}
