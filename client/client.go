package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A Config holds the settings of a [Client], which copies it. The zero value of every
// field is its default; a nil *Config means all defaults.
type Config struct {
	// Username is the name in the headers of messages. Default: the user whose
	// process this is.
	Username string

	// SessionID is the id of this front end in the headers of messages, and of its
	// sockets: of two clients with one id the kernel answers the one that connected
	// last. Default: a new one.
	SessionID string

	// Transport is "tcp" or "ipc". Default: tcp, which every kernel knows. Used
	// by Start only.
	Transport string

	// Encryption says whether a kernel that Start starts encrypts. Default:
	// EncryptionDisabled, which every kernel knows.
	Encryption Encryption

	// Handshake has a kernel that Start starts choose its ports itself and
	// register (JEP 66), if its kernelspec says that it speaks protocol 5.6.
	// Others get a connection file with ports that were free a moment ago.
	Handshake bool

	// RuntimeDir is where Start puts the connection file. Default: Jupyter's
	// runtime directory, where other front ends look for kernels to join.
	RuntimeDir string

	// Dir is the working directory of the kernel. Default: that of this
	// process.
	Dir string

	// Env is added to the environment of the kernel, as "NAME=value".
	Env []string

	// Output, if not nil, gets what the kernel's process writes to its own
	// standard output and error. Its end is kept for errors in any case.
	Output io.Writer

	// StartTimeout bounds how long a kernel may take to be ready. Default:
	// 60 s; negative: no bound but the context.
	StartTimeout time.Duration

	// ShutdownTimeout is the length of Shutdown's ladder: how long it takes at
	// most before the kernel is killed. Default: 5 s, as in jupyter_client.
	ShutdownTimeout time.Duration

	// Heartbeat is the time between two heartbeats of a kernel that was
	// attached to. Default: 1 s; negative: none.
	Heartbeat time.Duration

	// Message, if not nil, is called with every IOPub message that belongs to
	// no running Execute of this client: output of other front ends' requests,
	// output that came after its request had ended, output of no request, for
	// instance while the language starts, and the busy and idle of this client's
	// other requests. It is called from one goroutine, also before Start and Attach
	// return, and while it runs no other IOPub message is taken.
	Message func(m *jupyter.Message)

	// DebugEvent, if not nil, is called with every event of the kernel's debugger,
	// as the Debug Adapter Protocol calls it, and its body, nil if it has none.
	// Neither Message nor ExecuteOptions.Output hears of it then. It is called in
	// the goroutine that calls Message, so that the Output of code that stops may
	// not have taken yet what was printed before. It may call Debug.
	DebugEvent func(event string, body json.RawMessage)

	// CommOpened, if not nil, is called when the kernel opens m.Comm, by the message
	// m. It returns who hears of the comm from then on; neither Message nor
	// ExecuteOptions.Output does then. Nil leaves the comm to other front ends; where
	// there are none, the protocol wants it closed, by Comm.Close. It is called in
	// the goroutine that calls Message.
	CommOpened func(m *CommMessage) *CommHandler

	// Logger gets what a kernel does wrong. Nil discards.
	Logger *slog.Logger
}

func (c *Config) startTimeout() time.Duration { return orDefault(c.StartTimeout, 60*time.Second) }
func (c *Config) heartbeat() time.Duration    { return orDefault(c.Heartbeat, time.Second) }
func (c *Config) shutdownTimeout() time.Duration {
	return max(0, orDefault(c.ShutdownTimeout, 5*time.Second))
}

func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

// A Client is a front end's session with one kernel. It is safe for concurrent
// use. It runs three goroutines for the sockets and the kernel's end, and two more
// for the process of a kernel that it started; all of them have ended when Close
// returns.
type Client struct {
	cfg     Config                  // read-only after Attach and Start
	session *jupyter.Session        // read-only after Attach and Start
	conn    *jupyter.ConnectionInfo // as session; but lifeMu guards the ports of a kernel that registers
	spec    *jupyter.KernelSpec     // nil if attached; read-only after Start
	file    string                  // the connection file that Start wrote, or ""

	// socketDir is the directory that Start made for sockets, or "".
	socketDir string

	donec chan struct{} // closed when the kernel has gone for good, or on Close

	debugSeq atomic.Int64 // of the last request to the debugger

	// lifeMu is held while a kernel is started, restarted or ended.
	lifeMu sync.Mutex

	mu sync.Mutex
	// guarded by mu
	link    *link    // to the last kernel that was ready
	proc    *process // nil if attached; may be of a kernel that is not ready yet
	info    *jupyter.KernelInfoReply
	err     error // set before closing donec
	closing bool  // Close was called: no kernel is started any more
}

// Attach joins the kernel that conn describes and returns when it is ready; it keeps
// a copy of conn. That takes a kernel that answers; one that is busy may do so on
// control only. Where ctx or Config.StartTimeout ends first, the error says what was
// missing. The client has to be closed; the kernel lives on.
func Attach(ctx context.Context, conn *jupyter.ConnectionInfo, cfg *Config) (*Client, error) {
	c := newClient(cfg)
	own := *conn
	c.conn = &own
	ctx, cancel := c.startContext(ctx)
	defer cancel()
	l, err := newLink(c, nil)
	if err != nil {
		return nil, err
	}
	info, err := l.ready(ctx, true)
	if err != nil {
		l.close(ErrClosed)
		return nil, err
	}
	c.adopt(l, info)
	return c, nil
}

func newClient(cfg *Config) *Client {
	c := &Client{donec: make(chan struct{})}
	if cfg != nil {
		c.cfg = *cfg
	}
	if c.cfg.Logger == nil {
		c.cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c.session = jupyter.NewSession(c.cfg.Username)
	if c.cfg.SessionID != "" {
		c.session.ID = c.cfg.SessionID
	}
	return c
}

// errSlowStart is the cause of a context whose kernel was not ready in time.
var errSlowStart = errors.New("client: the kernel was not ready in time")

// startContext bounds ctx by Config.StartTimeout.
func (c *Client) startContext(ctx context.Context) (context.Context, context.CancelFunc) {
	d := c.cfg.startTimeout()
	if d < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, d, errSlowStart)
}

// adopt makes l, which is ready, the link to the kernel that c talks to.
func (c *Client) adopt(l *link, info *jupyter.KernelInfoReply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.info = l, info
}

// end marks the client as ended; only the first cause counts.
func (c *Client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		close(c.donec)
	}
}

// cause returns why something ends that does so with err: because of that, or because
// the client is being closed.
func (c *Client) cause(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return ErrClosed
	}
	return err
}

// current returns the link to the kernel, or why there is none.
func (c *Client) current() (*link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.link.isRestarting() {
		return nil, ErrRestarted
	}
	return c.link, c.err
}

// Info returns what the kernel said about itself when it became ready, which is
// not to be changed; while another takes its place, that is still what the one
// before said.
func (c *Client) Info() *jupyter.KernelInfoReply {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// SessionID returns the id of this front end, which is in the header of each of
// its messages.
func (c *Client) SessionID() string { return c.session.ID }

// ConnectionFile returns the path of the connection file that Start wrote. It
// is empty for a client that was attached.
func (c *Client) ConnectionFile() string { return c.file }

// Done returns a channel that is closed when the kernel has gone or the client
// was closed. [Client.Restart] does not close it.
func (c *Client) Done() <-chan struct{} { return c.donec }

// Err returns nil before Done is closed. After that it returns an [*ExitError],
// also for a kernel that ended with status 0, [ErrClosed], or for a client that was
// attached [ErrRestarted].
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the client at once. A kernel that was started is killed if it
// still runs (Shutdown ends it gently), its connection file is removed; a
// kernel that was attached to is left alone. Close returns when every goroutine
// of the client has ended. It may be called several times.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closing = true
	if c.proc != nil {
		c.proc.kill() // ends a Shutdown or Restart that waits for it
	}
	c.mu.Unlock()
	c.lifeMu.Lock()
	defer c.lifeMu.Unlock()
	c.mu.Lock()
	l, p := c.link, c.proc
	c.mu.Unlock()
	if p != nil {
		p.kill()
		<-p.donec
	}
	c.end(ErrClosed)
	if l != nil {
		l.close(ErrClosed)
	}
	c.removeFiles()
	return nil
}
