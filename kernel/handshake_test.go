//go:build unix

package kernel_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A launcher waits for a kernel to register.
type launcher struct {
	t    *testing.T
	sock *zmq.Socket
	file string
	info *jupyter.ConnectionInfo
	reg  *jupyter.Registration
}

// newLauncher writes a registration file of either form: a ROUTER listens in the
// one, a REP in the other.
func newLauncher(t *testing.T, typ zmq.Type) *launcher {
	t.Helper()
	sock, err := zmq.NewSocket(typ, nil)
	must(t, err)
	t.Cleanup(func() { sock.Close() })
	bound, err := sock.Bind("tcp://127.0.0.1:0")
	must(t, err)
	port := bound[strings.LastIndex(bound, ":")+1:]
	l := &launcher{t: t, sock: sock, file: filepath.Join(t.TempDir(), "kernel.json")}
	where := `"registration_ip": "127.0.0.1", "kernel_id": "it"`
	if typ == zmq.Rep {
		where = `"ip": "127.0.0.1"`
	}
	must(t, os.WriteFile(l.file, fmt.Appendf(nil,
		`{"transport": "tcp", "signature_scheme": "hmac-sha256", "key": "k", %s, "registration_port": %s}`, where, port), 0o600))
	l.info, l.reg, err = jupyter.ReadKernelFile(l.file)
	must(t, err)
	return l
}

// announcement returns what the kernel says, and the answer to it.
func (l *launcher) announcement() (answer [][]byte) {
	l.t.Helper()
	select {
	case m := <-l.sock.Recv():
		var err error
		l.info.Ports, answer, err = l.reg.Accept(jupyter.NewSession(""), m.Frames)
		must(l.t, err)
		if !l.reg.Older && len(m.Frames) != 4 { // a DEALER's: no empty frame
			l.t.Errorf("the kernel registers with %q", m.Frames)
		}
	case <-time.After(time.Minute):
		l.t.Fatal("the kernel does not register")
	}
	return answer
}

func TestHandshakeBothForms(t *testing.T) {
	for _, typ := range []zmq.Type{zmq.Router, zmq.Rep} {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			l := newLauncher(t, typ)
			cmd := kernelCommand(l.file)
			must(t, cmd.Start())
			answer := l.announcement()
			// By now others can find the kernel.
			info, err := jupyter.ReadConnectionFile(l.file)
			if err != nil || info.Ports != l.info.Ports {
				t.Errorf("the connection file has %+v, %v, want %+v", info, err, l.info)
			}
			// A kernel may be started with it again.
			if _, again, err := jupyter.ReadKernelFile(l.file); err != nil || again == nil || again.Port != l.reg.Port {
				t.Errorf("as a registration file it has %+v, %v, want %+v", again, err, l.reg)
			}
			l.sock.Send() <- zmq.Message{Frames: answer}
			c := kerneltest.Attach(t, l.info)
			r := c.Execute("out x")
			c.ExpectStart(r, 1)
			c.ExpectStream(r, jupyter.Stdout, "x")
			done(c, r, "ok")
			r = c.Request(jupyter.Control, &jupyter.ShutdownRequest{})
			c.ExpectBusy(r)
			done(c, r, "ok")
			must(t, cmd.Wait())
		})
	}
}

func TestHandshakeThatFails(t *testing.T) {
	for _, typ := range []zmq.Type{zmq.Router, zmq.Rep} {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			l := newLauncher(t, typ)
			cmd := kernelCommand(l.file)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			must(t, cmd.Start())
			answer := l.announcement()
			last := len(answer) - 1
			answer[last] = append(answer[last], ' ') // the signature is another's
			l.sock.Send() <- zmq.Message{Frames: answer}
			if err := cmd.Wait(); err == nil || !strings.Contains(stderr.String(), "wrong signature") {
				t.Errorf("the kernel ended with %v, saying %q", err, &stderr)
			}
		})
	}
}

func TestHandshakeThatIsNotAnswered(t *testing.T) {
	l := newLauncher(t, zmq.Router)
	cmd := kernelCommand(l.file)
	must(t, cmd.Start())
	l.announcement()
	must(t, cmd.Process.Signal(syscall.SIGTERM))
	must(t, cmd.Wait())
}
