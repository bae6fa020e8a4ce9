package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// TestStart200 starts 200 kernels at once, in each way in which a kernel comes
// by its ports: all become ready, execute, and end.
func TestStart200(t *testing.T) {
	const kernels = 200
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	echo := filepath.Join(t.TempDir(), "echo")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", echo, "./examples/echo")
	build.Dir = testenv.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	spec := &jupyter.KernelSpec{Name: "echo", Argv: []string{echo, "{connection_file}"}, InterruptMode: "message"}
	registering := *spec
	registering.ProtocolVersion = jupyter.HandshakeVersion
	ports := freePorts(kernels * 5)
	for _, mode := range []struct {
		name  string
		start func(ctx context.Context, i int, dir string) error
	}{
		{"given ports", func(ctx context.Context, i int, dir string) error {
			info := jupyter.NewConnectionInfo()
			info.IP = testenv.OwnHost()
			copy(info.Ports[:], ports[5*i:])
			return startWith(ctx, echo, info, dir)
		}},
		{"ports 0", func(ctx context.Context, i int, dir string) error {
			return startWith(ctx, echo, jupyter.NewConnectionInfo(), dir)
		}},
		{"ipc", func(ctx context.Context, i int, dir string) error {
			return startBy(ctx, spec, &client.Config{RuntimeDir: dir, Transport: "ipc"})
		}},
		{"registration", func(ctx context.Context, i int, dir string) error {
			return startBy(ctx, &registering, &client.Config{RuntimeDir: dir, Handshake: true})
		}},
		{"older registration", func(ctx context.Context, i int, dir string) error {
			return startOlder(ctx, echo, dir)
		}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			dir, began := t.TempDir(), time.Now()
			var wg sync.WaitGroup
			for i := range kernels {
				wg.Go(func() {
					if err := mode.start(ctx, i, dir); err != nil {
						t.Errorf("kernel %d: %v", i, err)
					}
				})
			}
			wg.Wait()
			t.Logf("%d kernels in %v", kernels, time.Since(began).Round(time.Millisecond))
		})
	}
}

// startWith starts a kernel on a connection file with info, which it may
// rewrite, and uses it.
func startWith(ctx context.Context, echo string, info *jupyter.ConnectionInfo, dir string) error {
	file := filepath.Join(dir, jupyter.NewID()+".json")
	if err := info.WriteFile(file); err != nil {
		return err
	}
	k, err := startKernel(ctx, echo, file)
	if err != nil {
		return err
	}
	// A client joins a kernel that is there: its ports are chosen, and it listens.
	for info.Ports[0] == 0 || !listens(info.Endpoint(jupyter.Heartbeat)) {
		select {
		case <-k.donec:
			return k.failure()
		case <-time.After(5 * time.Millisecond):
		}
		var err error
		if info, err = jupyter.ReadConnectionFile(file); err != nil {
			return err
		}
	}
	return k.useAndEnd(ctx, info)
}

// startOlder starts a kernel on a registration file of the older form, as
// Positron's supervisor writes it: the kernel tells its ports in a
// handshake_request, which is answered with a handshake_reply.
func startOlder(ctx context.Context, echo, dir string) error {
	sock, err := zmq.NewSocket(zmq.Rep, nil)
	if err != nil {
		return err
	}
	defer sock.Close()
	bound, err := sock.Bind("tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, jupyter.NewID()+".json")
	text := fmt.Sprintf(`{"transport": "tcp", "signature_scheme": "hmac-sha256", "key": %q, "ip": "127.0.0.1", `+
		`"registration_port": %s}`, jupyter.NewID(), bound[strings.LastIndex(bound, ":")+1:])
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	info, registration, err := jupyter.ReadKernelFile(file)
	if err != nil {
		return err
	}
	k, err := startKernel(ctx, echo, file)
	if err != nil {
		return err
	}
	select {
	case m := <-sock.Recv():
		ports, answer, err := registration.Accept(jupyter.NewSession(""), m.Frames)
		if err != nil {
			return err
		}
		info.Ports = ports
		sock.Send() <- zmq.Message{Frames: answer}
	case <-k.donec:
		return k.failure()
	}
	return k.useAndEnd(ctx, info)
}

// A started is the process of a kernel.
type started struct {
	stderr limited
	donec  chan struct{} // closed when it has ended, with err set
	err    error
}

// startKernel starts a kernel on a connection file. The end of ctx ends it.
func startKernel(ctx context.Context, echo, file string) (*started, error) {
	k := &started{donec: make(chan struct{})}
	cmd := exec.CommandContext(ctx, echo, file)
	cmd.Stderr = &k.stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(k.donec)
		k.err = cmd.Wait()
	}()
	return k, nil
}

// failure is the error of a kernel that has ended.
func (k *started) failure() error {
	return fmt.Errorf("the kernel ended: %v: %s", k.err, k.stderr.text)
}

// useAndEnd joins the kernel, uses it, and returns when its process has ended.
func (k *started) useAndEnd(ctx context.Context, info *jupyter.ConnectionInfo) error {
	c, err := client.Attach(ctx, info, nil)
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	defer c.Close()
	if err := use(ctx, c); err != nil {
		return err
	}
	if <-k.donec; k.err != nil {
		return k.failure()
	}
	return nil
}

func listens(endpoint string) bool {
	conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// startBy has the client start a kernel, and uses it.
func startBy(ctx context.Context, spec *jupyter.KernelSpec, cfg *client.Config) error {
	c, err := client.Start(ctx, spec, cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	return use(ctx, c)
}

// use executes one cell and ends the kernel.
func use(ctx context.Context, c *client.Client) error {
	text := ""
	reply, err := c.Execute(ctx, "hello", &client.ExecuteOptions{Output: func(m *jupyter.Message) {
		if r, err := jupyter.Decode[jupyter.ExecuteResult](m); err == nil {
			text = fmt.Sprint(r.Data["text/plain"])
		}
	}})
	if err != nil {
		return fmt.Errorf("execute: %w", err)
	}
	if reply.Status != jupyter.StatusOK || text != "hello" {
		return fmt.Errorf("status %s, result %q", reply.Status, text)
	}
	if err := c.Shutdown(ctx); err != nil {
		return fmt.Errorf("shutdown: %w", err)
	}
	return nil
}

// freePorts returns n ports that are free where only this process and its kernels
// listen, and that the system gives to no connection meanwhile: most take those
// from 32768 on, and the even ones first. It looks before any kernel is started: a
// process that is being started holds for a moment what its parent had open.
func freePorts(n int) (ports []int) {
	for port := 20_001; len(ports) < n; port += 2 {
		ln, err := net.Listen("tcp", net.JoinHostPort(testenv.OwnHost(), fmt.Sprint(port)))
		if err == nil {
			ln.Close()
			ports = append(ports, port)
		}
	}
	return ports
}

// A limited keeps the beginning of what a process says.
type limited struct{ text string }

func (l *limited) Write(b []byte) (int, error) {
	if len(l.text) < 1000 {
		l.text += string(b)
	}
	return len(b), nil
}
