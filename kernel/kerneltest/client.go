package kerneltest

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// patience is how long a client waits for a message before the test fails.
const patience = time.Minute

// Options change how a kernel is started.
type Options struct {
	// Config is the configuration of the server.
	Config *kernel.Config

	// Transport is "" for sockets in memory, "tcp" or "ipc".
	Transport string

	// Encrypt makes the kernel and its clients use CURVE, which sockets in
	// memory do not have.
	Encrypt bool

	// Key signs the messages. Default: a random key.
	Key jupyter.Key
}

// Engine, if not nil, makes the sockets of kernels over tcp and ipc whose
// Config names no engine: a test binary sets it to run its tests over another
// engine than package zmq.
var Engine kernel.Engine

// A Kernel is a server that runs for a test.
type Kernel struct {
	Server *kernel.Server // nil if the kernel runs somewhere else
	Info   *jupyter.ConnectionInfo
	Net    *Network // nil over real sockets

	first  bool // nobody has connected yet; Connect, whose calls do not overlap, owns it
	donec  chan struct{}
	runErr error // set before donec is closed
}

// StartKernel starts a kernel of lang. At the end of the test it is shut down,
// if it still runs; it must end without an error.
func StartKernel(t testing.TB, lang kernel.Language, opt *Options) *Kernel {
	t.Helper()
	if opt == nil {
		opt = &Options{}
	}
	info := jupyter.NewConnectionInfo()
	if !opt.Key.Empty() {
		info.Key = opt.Key
	}
	if opt.Encrypt {
		key := zmq.NewCurveKey()
		info.CurvePublicKey = key.Public().String()
		info.CurveSecretKey = jupyter.NewKey(key.Secret())
	}
	var cfg kernel.Config
	if opt.Config != nil {
		cfg = *opt.Config
	}
	if cfg.Engine == nil {
		cfg.Engine = Engine
	}
	k := &Kernel{first: true, donec: make(chan struct{})}
	switch opt.Transport {
	case "":
		k.Net = NewNetwork()
		cfg.Engine = k.Net
	case "ipc":
		info.Transport = "ipc"
		info.IP = filepath.Join(t.TempDir(), "kernel")
		info.Ports = [5]int{1, 2, 3, 4, 5}
	}
	s, err := kernel.NewServer(lang, info, &cfg)
	if err != nil {
		t.Fatal(err)
	}
	k.Server, k.Info = s, s.ConnectionInfo()
	go func() {
		defer close(k.donec)
		k.runErr = s.Run(context.Background())
	}()
	t.Cleanup(func() {
		s.Close()
		if err := k.Wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return k
}

// Attach connects a client to a kernel that runs somewhere else. The kernel may
// still be starting, but no other client may have connected to it before.
func Attach(t testing.TB, info *jupyter.ConnectionInfo) *Client {
	t.Helper()
	k := &Kernel{Info: info, first: true, donec: make(chan struct{})}
	close(k.donec) // not ours to wait for
	return k.Connect(t)
}

// Wait returns what Run returned, when it has.
func (k *Kernel) Wait() error {
	<-k.donec
	return k.runErr
}

// Done is closed when Run has returned.
func (k *Kernel) Done() <-chan struct{} { return k.donec }

// A Client is a front end of a Kernel. It keeps the messages of the kernel that
// answer its own requests or that answer none; those that answer other clients
// are left out. The methods that begin with Expect take the next message and
// fail the test if it is another one.
type Client struct {
	t       testing.TB
	Kernel  *Kernel
	Session *jupyter.Session
	ID      string // routing id

	codec *jupyter.Codec
	lines map[jupyter.Channel]line

	mu       sync.Mutex
	inbox    []received    // guarded by mu
	notify   chan struct{} // capacity 1: something is new in inbox
	beats    [][]byte      // guarded by mu; echoes of the heartbeat
	welcomed bool          // guarded by mu
	discard  bool          // guarded by mu; nobody will read
	ownOnly  bool          // guarded by mu; what answers no request is thrown away

	sent map[string]jupyter.Channel // guarded by mu; message id to where it was sent
}

// A received is a message in the inbox.
type received struct {
	ch  jupyter.Channel
	msg *jupyter.Message
}

// Start starts a kernel and connects the first client. At the end of the test
// nothing may be unread.
func Start(t testing.TB, lang kernel.Language, opt *Options) *Client {
	t.Helper()
	return StartKernel(t, lang, opt).Connect(t)
}

// Connect connects a client and waits for its iopub_welcome. Without a
// subscription that is there, the first messages could be lost. The client has
// no connection to the channels without; see [Client.Redial]. Without iopub there
// is nothing to wait for.
func (k *Kernel) Connect(t testing.TB, without ...jupyter.Channel) *Client {
	t.Helper()
	codec, err := jupyter.NewCodec(k.Info.SignatureScheme, k.Info.Key)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{
		t: t, Kernel: k, Session: jupyter.NewSession("tester"), ID: jupyter.NewID(),
		codec: codec, lines: map[jupyter.Channel]line{}, notify: make(chan struct{}, 1),
		sent: map[string]jupyter.Channel{},
	}
	t.Cleanup(c.close)
	for _, ch := range jupyter.Channels() {
		if slices.Contains(without, ch) {
			continue
		}
		if err := c.dial(ch); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Contains(without, jupyter.IOPub) {
		return c
	}
	c.expect(jupyter.IOPub, jupyter.TypeIOPubWelcome, "")
	if k.first {
		k.first = false
		c.expectStatus("", jupyter.StateStarting)
	}
	if k.Net == nil {
		c.connectAll()
	}
	return c
}

// dial connects to ch.
func (c *Client) dial(ch jupyter.Channel) error {
	l, err := dial(c.Kernel.Net, c.Kernel.Info, ch, c.ID, func(frames [][]byte) { c.take(ch, frames) })
	if err == nil {
		c.lines[ch] = l
	}
	return err
}

// connectAll waits until heartbeat and control are connected: real sockets connect
// when they like.
func (c *Client) connectAll() {
	c.t.Helper()
	c.Heartbeat([]byte("are you there?"))
	r := c.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
	c.ExpectBusy(r)
	c.ExpectReply(r)
	c.ExpectIdle(r)
}

// close fails the test if messages are unread.
func (c *Client) close() {
	if !c.t.Failed() && !c.discard {
		c.settle()
	}
	for _, l := range c.lines {
		l.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.inbox {
		c.t.Errorf("unread on %v: %s", r.ch, describe(r.msg))
	}
}

// settle returns when everything that the kernel has sent so far is in the
// inbox. Sockets in memory are settled always. On real ones a last request
// pushes everything else before it.
func (c *Client) settle() {
	select {
	case <-c.Kernel.donec:
		return
	default:
	}
	if c.Kernel.Net != nil {
		return
	}
	r := c.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
	c.await(func(m received) bool { return m.msg.Header.MsgType == jupyter.TypeKernelInfoReply })
	for range 2 { // busy and idle
		c.await(func(m received) bool {
			return m.msg.Header.MsgType == jupyter.TypeStatus && parentOf(m.msg) == r.Header.MsgID
		})
	}
}

// take puts a message of the kernel into the inbox.
func (c *Client) take(ch jupyter.Channel, frames [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.discard {
		return
	}
	if ch == jupyter.Heartbeat {
		c.beats = append(c.beats, frames[len(frames)-1])
		c.wake()
		return
	}
	m, err := c.codec.Decode(frames)
	if err != nil {
		c.t.Errorf("the kernel sent on %v what is no message: %v", ch, err)
		return
	}
	parent, err := m.Parent()
	if err != nil {
		c.t.Errorf("the kernel sent %s: %v", describe(m), err)
	}
	if m.Header.MsgType == jupyter.TypeIOPubWelcome {
		if c.welcomed {
			return // "additional welcome messages should be expected and ignored"
		}
		c.welcomed = true
	}
	if parent.Session == "" && !c.ownOnly || parent.Session == c.Session.ID {
		if err := check(ch, m); err != nil {
			c.t.Errorf("the kernel sent on %v %s: %v", ch, describe(m), err)
		}
		c.inbox = append(c.inbox, received{ch, m})
		c.wake()
	}
}

// discardUnasked throws away what came and comes that answers no request, as what
// a language prints while it starts.
func (c *Client) discardUnasked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ownOnly = true
	c.inbox = slices.DeleteFunc(c.inbox, func(r received) bool { return parentOf(r.msg) == "" })
}

func (c *Client) wake() {
	select {
	case c.notify <- struct{}{}:
	default:
	}
}

// check looks whether m is what the protocol calls for, and whether it can be
// read as what its type says.
func check(ch jupyter.Channel, m *jupyter.Message) error {
	if err := CheckMessage(ch, m); err != nil {
		return err
	}
	var status struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal(m.Content, &status); err == nil && status.Status == jupyter.StatusError {
		return nil
	}
	_, err := m.Parse()
	return err
}

// await removes the first message for which ok holds from the inbox and
// returns it. It returns nil if there is none for too long.
func (c *Client) await(ok func(received) bool) *received {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		c.mu.Lock()
		for i, r := range c.inbox {
			if ok(r) {
				if i == 0 {
					c.inbox = c.inbox[1:]
				} else {
					c.inbox = slices.Delete(c.inbox, i, i+1)
				}
				c.mu.Unlock()
				return &r
			}
		}
		c.mu.Unlock()
		select {
		case <-c.notify:
		case <-timeout.C:
			return nil
		}
	}
}

// NextAny returns the next message on any channel. Over sockets in memory the
// order between the channels is that in which the kernel sent them.
func (c *Client) NextAny() (jupyter.Channel, *jupyter.Message) {
	c.t.Helper()
	r := c.await(func(received) bool { return true })
	if r == nil {
		c.t.Fatal("no message came")
	}
	return r.ch, r.msg
}

// Next returns the next message on ch. Over sockets in memory it must be the
// next one of all.
func (c *Client) Next(ch jupyter.Channel) *jupyter.Message {
	c.t.Helper()
	r := c.await(func(r received) bool { return r.ch == ch || c.Kernel.Net != nil })
	if r == nil {
		c.t.Fatalf("no message came on %v", ch)
	}
	if r.ch != ch {
		c.t.Fatalf("on %v came %s, want a message on %v", r.ch, describe(r.msg), ch)
	}
	return r.msg
}

// describe shows a message in a failure.
func describe(m *jupyter.Message) string {
	return fmt.Sprintf("%s %.300s", m.Header.MsgType, m.Content)
}

// parentOf returns the id of the message that caused m.
func parentOf(m *jupyter.Message) string {
	h, _ := m.Parent() // a bad parent is no parent
	return h.MsgID
}
