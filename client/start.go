//go:build unix

package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// startTries is how often a kernel is started whose ports somebody else took
// between our choice and its bind.
const startTries = 3

// Start starts the kernel of spec, which may not change while the client lives, and
// returns when it is ready. The connection file, readable only by this user, is
// removed when the client is closed, which ends the kernel.
//
// An error that the kernel's process ended is an [*ExitError] with the end of
// what the process had to say. Where ctx or Config.StartTimeout ends first, the error
// says what was missing. With an error, no process is left.
func Start(ctx context.Context, spec *jupyter.KernelSpec, cfg *Config) (*Client, error) {
	for try := 1; ; try++ {
		c, err := startOnce(ctx, spec, cfg)
		if err == nil {
			return c, nil
		}
		exit, ok := errors.AsType[*ExitError](err)
		if !ok || try == startTries || !strings.Contains(strings.ToLower(exit.Output), "in use") {
			return nil, err
		}
	}
}

func startOnce(ctx context.Context, spec *jupyter.KernelSpec, cfg *Config) (_ *Client, err error) {
	c := newClient(cfg)
	c.spec = spec
	if err := c.chooseConnection(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	return c, c.launch(ctx)
}

// launch starts the process and, when it is ready, makes it the kernel of c. An
// error ends c.
func (c *Client) launch(ctx context.Context) error {
	ctx, cancel := c.startContext(ctx)
	defer cancel()
	p, err := c.startKernel(ctx)
	if err != nil {
		return c.startError(err)
	}
	l, err := newLink(c, p)
	if err == nil {
		var info *jupyter.KernelInfoReply
		if info, err = l.ready(ctx, false); err == nil {
			c.adopt(l, info)
			return nil
		}
	}
	err = c.startError(p.explain(err))
	p.kill()
	if l != nil {
		l.close(err)
	}
	<-p.donec
	return err
}

// startError ends c because of err, or because it is closed, and returns which.
func (c *Client) startError(err error) error {
	err = c.cause(err)
	c.end(err)
	return err
}

// startKernel starts the process and returns when it is known where it listens:
// that is decided here or, with a registration file, by the kernel.
func (c *Client) startKernel(ctx context.Context) (*process, error) {
	var reg *register
	var err error
	if c.registers() {
		if reg, err = c.openRegister(); err != nil {
			return nil, err
		}
		defer reg.close()
	} else if err := c.conn.WriteFile(c.file); err != nil {
		return nil, fmt.Errorf("client: %w: %s", err, otherRuntimeDir)
	}
	p, err := c.startProcess()
	if err != nil || reg == nil {
		return p, err
	}
	if err := reg.accept(ctx, p); err != nil {
		p.kill()
		<-p.donec
		return nil, p.explain(err)
	}
	return p, nil
}

// startProcess starts the process, which from then on Close kills.
func (c *Client) startProcess() (*process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return nil, ErrClosed
	}
	p, err := startProcess(c.spec.Command(c.file), c.environ(), c.cfg.Dir, c.cfg.Output)
	if err == nil {
		c.proc = p
	}
	return p, err
}

// envRef is a reference to an environment variable in the env of a kernelspec:
// ${NAME}, as Jupyter documents it, and what else Python's string.Template takes,
// by which jupyter_client reads it: $NAME, and $$ for a dollar sign.
var envRef = regexp.MustCompile(`\$(\$|\{[A-Za-z_][A-Za-z0-9_]*\}|[A-Za-z_][A-Za-z0-9_]*)`)

// expand replaces the references in text to environment variables that are set.
func expand(text string) string {
	return envRef.ReplaceAllStringFunc(text, func(ref string) string {
		if ref == "$$" {
			return "$"
		}
		if v, ok := os.LookupEnv(strings.Trim(ref, "${}")); ok {
			return v
		}
		return ref
	})
}

// environ returns the environment of the kernel: ours, then the kernelspec's,
// then Config.Env. JPY_PARENT_PID tells the kernel whom to follow into death.
func (c *Client) environ() []string {
	env := os.Environ()
	for name, value := range c.spec.Env {
		env = append(env, name+"="+expand(value))
	}
	env = append(env, fmt.Sprintf("JPY_PARENT_PID=%d", os.Getpid()))
	return append(env, c.cfg.Env...)
}

// otherRuntimeDir is what to do where connection files cannot be written.
const otherRuntimeDir = "name a directory for connection files that you may write to in JUPYTER_RUNTIME_DIR"

// chooseConnection makes up where the kernel will listen.
func (c *Client) chooseConnection() error {
	dir := c.cfg.RuntimeDir
	if dir == "" {
		dir = jupyter.RuntimeDir()
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("client: %w: %s", err, otherRuntimeDir)
	}
	id := jupyter.NewID()
	c.file = filepath.Join(dir, "kernel-"+id+".json")
	c.conn = jupyter.NewConnectionInfo()
	c.conn.KernelName = c.spec.Name
	if err := c.encrypt(); err != nil {
		return err
	}
	switch c.cfg.Transport {
	case "", "tcp":
		if c.registers() {
			return nil
		}
		return c.freePorts()
	case "ipc":
		return c.chooseSockets(dir, id)
	}
	return fmt.Errorf("client: transport %q, want tcp or ipc", c.cfg.Transport)
}

// maxSocketPath is what the path of a Unix socket may have on every system.
const maxSocketPath = 103

// chooseSockets names Unix sockets in dir, or where that is too long a path in a
// new directory.
func (c *Client) chooseSockets(dir, id string) error {
	c.conn.Transport = "ipc"
	c.conn.IP = filepath.Join(dir, "kernel-"+id[:8]+"-ipc")
	for i := range c.conn.Ports {
		c.conn.Ports[i] = i + 1
	}
	if len(c.conn.IP)+len("-1") <= maxSocketPath {
		return nil
	}
	var err error
	if c.socketDir, err = os.MkdirTemp("", "kernel-"); err != nil {
		return fmt.Errorf("client: directory for sockets: %w", err)
	}
	c.conn.IP = filepath.Join(c.socketDir, "ipc")
	return nil
}

// freePorts takes ports that are free now. All are held until all are known, so
// that they differ.
func (c *Client) freePorts() error {
	for i := range c.conn.Ports {
		ln, err := listen(c.conn.IP)
		if err != nil {
			return fmt.Errorf("client: no free port: %w", err)
		}
		defer ln.Close()
		c.conn.Ports[i] = ln.Addr().(*net.TCPAddr).Port
	}
	return nil
}

// Ports from firstPort on lie below those that systems give to whoever asks for any
// (from 32768 on Linux, elsewhere from 49152): until the kernel binds them, and while
// it restarts, nobody gets them. Some kernels run on without a port that was taken.
const (
	firstPort = 16384
	ports     = 16384
)

// listen listens on a free port.
func listen(ip string) (net.Listener, error) {
	for range 20 {
		port := strconv.Itoa(firstPort + rand.IntN(ports))
		if ln, err := net.Listen("tcp", net.JoinHostPort(ip, port)); err == nil {
			return ln, nil
		}
	}
	return net.Listen("tcp", net.JoinHostPort(ip, "0")) // or it says why not
}

// removeFiles removes what Start put into the runtime directory.
func (c *Client) removeFiles() {
	if c.file == "" {
		return
	}
	os.Remove(c.file)
	if c.conn.Transport == "ipc" {
		for _, ch := range jupyter.Channels() { // a kernel that was killed leaves them
			os.Remove(strings.TrimPrefix(c.conn.Endpoint(ch), "ipc://"))
		}
	}
	if c.socketDir != "" {
		os.Remove(c.socketDir)
	}
}

// Interrupt interrupts the kernel, in the way its kernelspec asks for: with a
// message, or with SIGINT to the process and its children. A kernel that was
// attached to gets a message. Interrupt returns when the kernel has
// acknowledged the message or the signal is sent, not when the code has ended:
// that is Execute's to tell. Errors are as those of KernelInfo.
func (c *Client) Interrupt(ctx context.Context) error {
	c.mu.Lock()
	p, restarting := c.proc, c.err == nil && c.link.isRestarting()
	c.mu.Unlock()
	if restarting { // a process that is not ready may not catch the signal yet
		return ErrRestarted
	}
	if p != nil && c.spec.InterruptMode != jupyter.InterruptByMessage {
		return p.signal(syscall.SIGINT)
	}
	return c.interruptByMessage(ctx)
}

// Restart ends the kernel that Start has started, by the steps of Shutdown, and
// starts another in its place, with the same connection file. Calls that wait
// fail with [ErrRestarted], but for what the kernel answers before its end; those
// that come before the new kernel is ready fail with it at once. When Restart
// fails, the client has ended. A kernel that has gone by itself takes another
// Start: Restart returns what Err does.
func (c *Client) Restart(ctx context.Context) error {
	c.lifeMu.Lock()
	defer c.lifeMu.Unlock()
	l, err := c.current()
	if err != nil {
		return err
	}
	if c.spec == nil {
		return ErrNotStarted
	}
	if !l.restarting() {
		<-l.donec // so that c has ended
		return c.Err()
	}
	c.descend(ctx, l, c.proc, true)
	l.close(ErrRestarted)
	return c.launch(ctx)
}
