package zmq

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// A middle is somebody between the client and the server of a connection, who
// changes what the client sends.
type middle struct {
	endpoint string
	l        net.Listener
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn // guarded by mu
	seen  []byte     // guarded by mu; what went through, the client's words only
}

// startMiddle listens on an endpoint of its own and passes on to server. change
// gets the frames of the client after the handshake: their number, those
// before, and the body; it returns what goes on instead.
func startMiddle(t *testing.T, server string, change func(i int, before [][]byte, f []byte) [][]byte) *middle {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &middle{endpoint: "tcp://" + l.Addr().String(), l: l}
	m.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			m.pass(client, strings.TrimPrefix(server, "tcp://"), change)
		}
	})
	t.Cleanup(func() { m.close() })
	return m
}

// close ends every connection and returns what was seen.
func (m *middle) close() []byte {
	m.l.Close()
	m.mu.Lock()
	for _, c := range m.conns {
		c.Close()
	}
	m.mu.Unlock()
	m.wg.Wait()
	return m.seen
}

// pass serves one connection.
func (m *middle) pass(client net.Conn, address string, change func(i int, before [][]byte, f []byte) [][]byte) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		client.Close()
		return
	}
	m.mu.Lock()
	m.conns = append(m.conns, client, server)
	m.mu.Unlock()
	m.wg.Go(func() {
		defer client.Close()
		io.Copy(client, server)
	})
	m.wg.Go(func() {
		defer server.Close()
		io.CopyN(server, client, zmtp.GreetingSize)
		m.frames(client, server, change)
	})
}

// frames passes the client's frames on. The first two are its handshake.
func (m *middle) frames(client, server net.Conn, change func(i int, before [][]byte, f []byte) [][]byte) {
	dec := zmtp.NewDecoder()
	var before [][]byte
	for n := -2; ; {
		f, ok, err := dec.Next(1 << 20)
		if err != nil {
			return
		}
		if !ok {
			read, err := client.Read(dec.Space())
			dec.Fill(read)
			if err != nil {
				return
			}
			continue
		}
		m.mu.Lock()
		m.seen = append(m.seen, f.Body...)
		m.mu.Unlock()
		out := [][]byte{f.Body}
		if n >= 0 {
			before = append(before, f.Body)
			out = change(n, before, append([]byte(nil), f.Body...))
		}
		n++
		for _, body := range out {
			if _, err := server.Write(zmtp.AppendFrame(nil, f.Flags, body)); err != nil {
				return
			}
		}
	}
}
