package zmtp

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

// Recordings are connections with libzmq: our end chose its keys and nonces
// from a seed, so that playing back what libzmq sent must make it send the
// same again. They show that we work with libzmq where there is none.
var update = flag.Bool("update", false, "record the connections with libzmq anew; needs pyzmq")

// A recording says who is at our end.
type recording struct {
	name string
	ours func() Mechanism
	send []Frame // what our end sends after the handshake
	want []Frame // what libzmq sends after the handshake
	// libzmq's end, in Python: s is the socket, zmq and ctx what they always
	// are, endpoint is ours.
	script string
}

var recordings = []recording{
	{
		name: "curve-libzmq-server",
		ours: func() Mechanism { return testCurveClient() },
		send: []Frame{{More, nil}, {More, []byte("one")}, {0, sample(300)}},
		want: []Frame{{More, nil}, {More, []byte("one")}, {0, sample(300)}},
		script: `
s = ctx.socket(zmq.DEALER)
s.curve_server = 1
s.curve_secretkey = zmq.utils.z85.encode(bytes.fromhex(server_secret))
s.connect(endpoint)
s.send_multipart(s.recv_multipart())`,
	},
	{
		name: "curve-libzmq-client",
		ours: func() Mechanism {
			return newCurveServer(local("XPUB"), serverKey, admitAll, seeded("server's connection"))
		},
		want: []Frame{{Command, []byte("\x09SUBSCRIBEtopic")}},
		script: `
s = ctx.socket(zmq.SUB)
s.curve_serverkey = zmq.utils.z85.encode(bytes.fromhex(server_public))
s.curve_publickey = zmq.utils.z85.encode(bytes.fromhex(client_public))
s.curve_secretkey = zmq.utils.z85.encode(bytes.fromhex(client_secret))
s.subscribe("topic")
s.connect(endpoint)`,
	},
	{
		name: "plain-libzmq-client",
		ours: func() Mechanism {
			return NewPlainServer(local("XPUB"), func(user, password string) error {
				if user != "ada" || password != "secret" {
					return &Refusal{Err: errors.New("wrong password")}
				}
				return nil
			})
		},
		want: []Frame{{Command, []byte("\x09SUBSCRIBEtopic")}},
		script: `
s = ctx.socket(zmq.SUB)
s.plain_username = b"ada"
s.plain_password = b"secret"
s.subscribe("topic")
s.connect(endpoint)`,
	},
}

func TestLibzmqRecordings(t *testing.T) {
	for _, r := range recordings {
		t.Run(r.name, func(t *testing.T) {
			path := filepath.Join("testdata", r.name+".txt")
			if *update {
				r.record(t, path)
			}
			r.replay(t, path)
		})
	}
}

// A tape is what both ends sent, in turn: a line for each frame, ">" for ours
// and "<" for libzmq's, the flags and the body in hexadecimal.
type tape []string

func (p *tape) add(direction string, f Frame) {
	*p = append(*p, fmt.Sprintf("%s %02x %x", direction, f.Flags, f.Body))
}

// play runs our end against theirs, which reads a frame of libzmq's.
func (r *recording) play(t *testing.T, sent func(Frame), theirs func() Frame) {
	t.Helper()
	m := r.ours()
	answer, err := m.Start()
	for {
		if err != nil {
			t.Fatalf("handshake: %v", err)
		}
		if answer != nil {
			sent(Frame{Command, answer})
		}
		if _, done := m.Peer(); done {
			break
		}
		answer, err = m.Receive(theirs().Body)
	}
	for _, f := range r.send {
		wire, err := m.Seal(nil, f.Flags, f.Body)
		if err != nil {
			t.Fatal(err)
		}
		sent(Frame{0, unframe(t, wire)})
	}
	for _, want := range r.want {
		f := theirs()
		if m.Seals() {
			if f, err = m.Open(f.Body); err != nil {
				t.Fatal(err)
			}
		}
		if f.Flags != want.Flags || !bytes.Equal(f.Body, want.Body) {
			t.Fatalf("libzmq sent %q with flags %d, want %q with %d", f.Body, f.Flags, want.Body, want.Flags)
		}
	}
}

// replay plays the recording in path.
func (r *recording) replay(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines tape
	for scanner := bufio.NewScanner(bytes.NewReader(raw)); scanner.Scan(); {
		if line := scanner.Text(); !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	next := func() string {
		if len(lines) == 0 {
			t.Fatal("the recording is at its end")
		}
		line := lines[0]
		lines = lines[1:]
		return line
	}
	r.play(t, func(f Frame) {
		var got tape
		got.add(">", f)
		if want := next(); got[0] != want {
			t.Fatalf("we send\n%s\nand when it was recorded\n%s", got[0], want)
		}
	}, func() Frame {
		var flags byte
		var body string
		line := next()
		if n, _ := fmt.Sscanf(line, "< %02x %s", &flags, &body); n != 2 {
			t.Fatalf("%q is no frame of libzmq's", line)
		}
		b, err := hex.DecodeString(body)
		if err != nil {
			t.Fatal(err)
		}
		return Frame{flags, b}
	})
	if len(lines) > 0 {
		t.Errorf("the recording goes on with %q", lines)
	}
}

// record connects with libzmq and writes path.
func (r *recording) record(t *testing.T, path string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	script := "import sys, zmq, zmq.utils.z85\nctx = zmq.Context()\n" + fmt.Sprintf(
		"endpoint, server_secret, server_public, client_secret, client_public = 'tcp://%s', '%x', '%x', '%x', '%x'",
		l.Addr(), serverKey.Bytes(), serverKey.PublicKey().Bytes(), clientKey.Bytes(), clientKey.PublicKey().Bytes(),
	) + r.script + "\nsys.stdin.read()\n"
	cmd := exec.Command(testenv.Python(t, "zmq"), "-c", script)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe() // which says that it is over
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	defer in.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	r.greet(t, conn)
	lines := tape{"# A connection with libzmq; see recording_test.go. > is ours, < is libzmq's."}
	dec := NewDecoder()
	r.play(t, func(f Frame) {
		lines.add(">", f)
		if _, err := conn.Write(AppendFrame(nil, f.Flags, f.Body)); err != nil {
			t.Fatal(err)
		}
	}, func() Frame {
		for {
			f, ok, err := dec.Next(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				lines.add("<", f)
				return f
			}
			n, err := conn.Read(dec.Space())
			dec.Fill(n)
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

// greet exchanges greetings with libzmq.
func (r *recording) greet(t *testing.T, conn net.Conn) {
	t.Helper()
	mine := Greeting{Major: 3, Minor: 1, Mechanism: strings.ToUpper(r.name[:5])}
	if _, err := conn.Write(mine.Append(nil)); err != nil {
		t.Fatal(err)
	}
	var raw [GreetingSize]byte
	if _, err := io.ReadFull(conn, raw[:]); err != nil {
		t.Fatal(err)
	}
	theirs, ok, err := ParseGreeting(raw[:])
	if !ok || err != nil || theirs.Mechanism != mine.Mechanism {
		t.Fatalf("libzmq greets with %+v, %v", theirs, err)
	}
}
