package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A link is the sockets to one life of a kernel. It runs three goroutines:
// answers, which takes what comes on shell, control and stdin, output, which
// takes what comes on IOPub, and watch, which waits for the kernel's end. All
// have ended when close returns.
type link struct {
	c     *Client
	codec *jupyter.Codec

	shell, control, stdin, iopub, hb *zmq.Socket
	// events are the monitors of all but the heartbeat, by channel: ready reads
	// some, drain the others.
	events [5]<-chan zmq.Event

	closec   chan struct{} // closed by close
	closeOne sync.Once
	donec    chan struct{} // closed when the kernel is known to have gone
	livec    chan struct{} // closed with the first message on IOPub
	liveOne  sync.Once
	readyc   chan struct{}    // closed by ready
	heardc   chan struct{}    // holds a value when a message came since it was read
	restc    [2]chan struct{} // answers and outputs send when they have no message in hand
	wg       sync.WaitGroup

	kernelSession string // set before closing readyc

	mu sync.Mutex
	// guarded by mu
	requests map[string]*request // by msg_id
	comms    map[string]*Comm    // those with an end here, by id
	err      error               // set before closing donec
	// barriers says that the kernel answers on control while it waits for input,
	// barriersTried that this is known.
	barriers, barriersTried bool
	restarts                bool // the kernel ends because Restart ends it
	// heldc is nil, or closed when what is to be sent may be.
	heldc chan struct{}
}

// A request is one message of ours that waits for its answers.
type request struct {
	id      string
	reply   chan *jupyter.Message // receives at most one value, of a nudger one for all
	replied bool                  // owned by answers
	output  chan *jupyter.Message // nil where nobody wants the output
	input   chan *jupyter.Message // questions, with room for many; nil where there can be none
	seenc   chan struct{}         // closed with the request's first message on IOPub
	seenOne sync.Once
	donec   chan struct{} // closed when nobody waits any more
	overc   chan struct{} // closed when what is in output has been taken; nil without output
}

// seen returns a channel that is closed with the first message on IOPub about r,
// nil if r is.
func (r *request) seen() <-chan struct{} {
	if r == nil {
		return nil
	}
	return r.seenc
}

// socketQueue is how many messages wait in the receive channel of a socket. The
// bound on memory is the peer's: what does not fit stays in its queue.
const socketQueue = 256

// newLink connects to the kernel. proc is the process whose end is the link's,
// or nil.
func newLink(c *Client, proc *process) (*link, error) {
	l := newLinkOf(c)
	var err error
	if l.codec, err = jupyter.NewCodec(c.conn.SignatureScheme, c.conn.Key); err != nil {
		return nil, fmt.Errorf("client: %v", err)
	}
	if err := l.connect(proc != nil); err != nil {
		l.closeSockets()
		return nil, fmt.Errorf("client: %w", err)
	}
	l.wg.Go(l.answers)
	l.wg.Go(l.outputs)
	l.wg.Go(func() { l.watch(proc) })
	return l, nil
}

// newLinkOf returns a link that is not connected.
func newLinkOf(c *Client) *link {
	return &link{
		c:        c,
		closec:   make(chan struct{}),
		donec:    make(chan struct{}),
		livec:    make(chan struct{}),
		readyc:   make(chan struct{}),
		heardc:   make(chan struct{}, 1),
		restc:    [2]chan struct{}{make(chan struct{}), make(chan struct{})},
		requests: make(map[string]*request),
		comms:    make(map[string]*Comm),
	}
}

// A kernel that starts is not there at once: how often to look. One that was
// attached to and has gone is not worth as much.
const (
	startReconnectMin  = 5 * time.Millisecond
	attachReconnectMax = 500 * time.Millisecond
)

// A test of many attempts does not wait as long.
var startReconnectMax = 50 * time.Millisecond

// connect opens the five sockets.
//
// "the ROUTER socket of stdin must use the identity of the shell": a kernel
// addresses its input_request to the identity that the execute_request came
// from, so shell and stdin share one.
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#introduction
func (l *link) connect(starting bool) error {
	security, err := security(l.c.conn)
	if err != nil {
		return err
	}
	id := []byte(l.c.session.ID)
	for _, s := range []struct {
		dst *(*zmq.Socket)
		typ zmq.Type
		ch  jupyter.Channel
	}{
		{&l.shell, zmq.Dealer, jupyter.Shell},
		{&l.control, zmq.Dealer, jupyter.Control},
		{&l.stdin, zmq.Dealer, jupyter.Stdin},
		{&l.iopub, zmq.Sub, jupyter.IOPub},
		{&l.hb, zmq.Dealer, jupyter.Heartbeat},
	} {
		cfg := &zmq.Config{
			RecvQueue:    socketQueue,
			ReconnectMax: attachReconnectMax,
			Security:     security,
			Logger:       l.c.cfg.Logger,
		}
		if starting {
			cfg.ReconnectMin, cfg.ReconnectMax = startReconnectMin, startReconnectMax
		}
		if s.typ == zmq.Dealer {
			cfg.RoutingID = id
		}
		sock, err := zmq.NewSocket(s.typ, cfg)
		if err != nil {
			return err
		}
		*s.dst = sock
		if s.ch != jupyter.Heartbeat {
			l.events[s.ch] = sock.Monitor()
		}
		if s.typ == zmq.Sub {
			// Before connecting, so that the subscription is the first thing the
			// kernel hears from this peer.
			if err := sock.Subscribe(nil); err != nil {
				return err
			}
		}
		if err := sock.Connect(l.c.conn.Endpoint(s.ch)); err != nil {
			return err
		}
	}
	return nil
}

func (l *link) closeSockets() {
	for _, s := range []*zmq.Socket{l.shell, l.control, l.stdin, l.iopub, l.hb} {
		if s != nil {
			s.Close()
		}
	}
}

// fail records why the kernel is gone; only the first cause counts.
func (l *link) fail(err error) {
	err = l.c.cause(err)
	l.mu.Lock()
	restarts := l.restarts
	if restarts {
		err = ErrRestarted
	}
	first := l.err == nil
	if first {
		l.err = err
	}
	l.mu.Unlock()
	if !first {
		return
	}
	// First the client, so that whoever sees the link end finds its error.
	if !restarts {
		l.c.end(err)
	}
	close(l.donec)
}

// restarting makes ErrRestarted the cause of the link's end. It reports false if the
// kernel has gone before.
func (l *link) restarting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.restarts = l.err == nil
	return l.restarts
}

func (l *link) isRestarting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.restarts
}

// close ends the link and everything that waits on it. It may be called several
// times.
func (l *link) close(cause error) {
	l.fail(cause)
	l.closeOne.Do(func() { close(l.closec) })
	l.closeSockets()
	l.wg.Wait()
}

// send signs m and gives it to s, when it is known that the kernel is the one that
// it is for.
func (l *link) send(ctx context.Context, s *zmq.Socket, m *jupyter.Message) error {
	l.mu.Lock()
	held, err := l.heldc, l.err
	l.mu.Unlock()
	if err != nil {
		return err
	}
	if held != nil {
		select {
		case <-held:
		case <-l.donec:
			return l.err
		case <-ctx.Done():
			return contextError(ctx)
		}
	}
	return l.sendNow(ctx, s, m)
}

func (l *link) sendNow(ctx context.Context, s *zmq.Socket, m *jupyter.Message) error {
	frames, err := l.codec.Encode(m)
	if err != nil {
		return fmt.Errorf("client: %v", err)
	}
	select {
	case s.Send() <- zmq.Message{Frames: frames}:
		return nil
	case <-l.donec: // before the sockets close
		return l.err
	case <-ctx.Done():
		return contextError(ctx)
	}
}

// contextError returns why ctx ended, with the prefix of this package unless
// the cause has it.
func contextError(ctx context.Context) error {
	if err := context.Cause(ctx); errors.Is(err, errSlowStart) {
		return err
	}
	return fmt.Errorf("client: %w", context.Cause(ctx))
}

// newRequest returns the request with that msg_id, which is known once it is added.
func newRequest(id string) *request {
	return &request{
		id:    id,
		reply: make(chan *jupyter.Message, 1),
		seenc: make(chan struct{}),
		donec: make(chan struct{}),
	}
}

// register makes a request known under id, before it is sent.
func (l *link) register(id string) *request {
	r := newRequest(id)
	l.add(r)
	return r
}

func (l *link) add(r *request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests[r.id] = r
}

// forget ends r; what still comes for it belongs to nobody.
func (l *link) forget(r *request) {
	l.remove(r)
	close(r.donec)
}

func (l *link) remove(r *request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.requests, r.id)
}

// executes reports whether an Execute waits.
func (l *link) executes() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.requests {
		if r.output != nil {
			return true
		}
	}
	return false
}

func (l *link) request(id string) *request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests[id]
}

// answers takes what comes on shell, control and stdin until close.
func (l *link) answers() {
	for {
		select {
		case z, ok := <-l.shell.Recv():
			if !ok {
				return
			}
			l.onReply(z)
		case z, ok := <-l.control.Recv():
			if !ok {
				return
			}
			l.onReply(z)
		case z, ok := <-l.stdin.Recv():
			if !ok {
				return
			}
			l.onInput(z)
		case l.restc[0] <- struct{}{}:
		case <-l.closec:
			return
		}
	}
}

// outputs takes what comes on IOPub until close.
func (l *link) outputs() {
	for {
		select {
		case z, ok := <-l.iopub.Recv():
			if !ok {
				return
			}
			l.onOutput(z)
		case l.restc[1] <- struct{}{}:
		case <-l.closec:
			return
		}
	}
}

// decode returns the message in z and the request that it belongs to, both nil
// if it is none or not for us.
func (l *link) decode(z zmq.Message) (*jupyter.Message, *request) {
	m, err := l.codec.Decode(z.Frames)
	if part, ok := errors.AsType[*jupyter.PartError](err); ok && part.Part != "parent_header" {
		// Whoever waits for it hears that it is broken.
		l.c.cfg.Logger.Warn("broken message", "type", m.Header.MsgType, "err", err)
	} else if err != nil {
		l.c.cfg.Logger.Warn("message dropped", "err", err)
		return nil, nil
	}
	select {
	case l.heardc <- struct{}{}:
	default:
	}
	parent, err := m.Parent()
	if err != nil {
		l.c.cfg.Logger.Warn("message dropped", "type", m.Header.MsgType, "err", err)
		return nil, nil
	}
	return m, l.request(parent.MsgID)
}

// onReply hands a reply to the request it answers.
func (l *link) onReply(z zmq.Message) {
	m, r := l.decode(z)
	if m == nil {
		return
	}
	if r == nil {
		l.c.cfg.Logger.Debug("reply that nobody waits for", "type", m.Header.MsgType)
		return
	}
	if r.replied {
		l.c.cfg.Logger.Warn("second reply to one request", "type", m.Header.MsgType)
		return
	}
	r.replied = true
	select {
	case r.reply <- m:
	default: // a nudger's: one answer is enough
	}
}

// onInput hands a question to the request whose code asks it.
func (l *link) onInput(z zmq.Message) {
	m, r := l.decode(z)
	if m == nil {
		return
	}
	if r == nil || r.input == nil || m.Header.MsgType != jupyter.TypeInputRequest {
		l.c.cfg.Logger.Warn("message on stdin that nobody answers", "type", m.Header.MsgType)
		return
	}
	select {
	case r.input <- m:
	default: // replies must not wait for the user
		l.c.cfg.Logger.Warn("too many questions of one request", "waiting", cap(r.input))
	}
}

// onOutput hands a message on IOPub to its request, or to Config.Message.
func (l *link) onOutput(z zmq.Message) {
	m, r := l.decode(z)
	if m == nil {
		return
	}
	l.liveOne.Do(func() { close(l.livec) })
	if r != nil {
		r.seenOne.Do(func() { close(r.seenc) })
	}
	switch {
	case m.Header.MsgType == jupyter.TypeDebugEvent && l.c.cfg.DebugEvent != nil:
		l.debugEvent(m)
	case jupyter.IsComm(m.Header.MsgType) && l.onComm(m):
	case r == nil || r.output == nil || !l.pushOutput(r, m):
		l.other(m)
	}
}

// pushOutput gives m to the Execute of r. It returns false if that has ended:
// then m is late output, and what was shown before it has been shown.
func (l *link) pushOutput(r *request, m *jupyter.Message) bool {
	pushed := false
	select {
	case <-l.closec:
		return true
	case r.output <- m:
		select {
		case <-r.donec:
		default:
			return true // in time
		}
		pushed = true
	case <-r.donec:
	}
	select {
	case <-r.overc:
	case <-l.closec: // by the handler, perhaps, for which Execute waits
		return true
	}
	if !pushed {
		return false
	}
	// Either Execute has still taken it, or it is the only one left.
	select {
	case m := <-r.output:
		l.other(m)
	default:
	}
	return true
}

// other hands over a message that belongs to no request of ours.
func (l *link) other(m *jupyter.Message) {
	if f := l.c.cfg.Message; f != nil && m.Header.MsgType != jupyter.TypeIOPubWelcome {
		f(m)
	}
}

// watch waits for the end of the kernel.
func (l *link) watch(proc *process) {
	if proc == nil {
		l.heartbeat()
		return
	}
	select {
	case <-proc.donec:
		l.drain(drainQuiet, false)
		l.fail(proc.exitError())
	case <-l.closec:
	}
}

// A kernel that ends may have sent messages that this process has not read: a
// reply to quit(), say. They are in the buffers of our sockets, whose other ends
// are closed; drain returns when nobody waits for anything any more, or when
// shell and IOPub were read to their ends and nothing has come for d. A child of
// the kernel may keep the other ends open: then it returns after drainMost. shell
// says whether shell is known to have lost its peer.
const (
	drainQuiet = 250 * time.Millisecond
	drainMost  = 2 * time.Second
)

func (l *link) drain(d time.Duration, shell bool) {
	quiet := time.NewTimer(d)
	defer quiet.Stop()
	most := time.NewTimer(drainMost + d)
	defer most.Stop()
	iopub := true // has lost its peer: nobody has looked yet
	for {
		l.mu.Lock()
		idle := len(l.requests) == 0
		l.mu.Unlock()
		if idle {
			return
		}
		select {
		case <-l.heardc:
			quiet.Reset(d)
		case <-quiet.C:
			shell = lost(l.events[jupyter.Shell], shell)
			iopub = lost(l.events[jupyter.IOPub], iopub)
			if shell && iopub && l.allTaken() {
				return
			}
			quiet.Reset(d)
		case <-most.C:
			return
		case <-l.closec:
			return
		}
	}
}

// allTaken reports whether all that came is in the hands of whom it is for. What is
// no longer in a socket may be in those of answers or outputs, on a busy machine.
func (l *link) allTaken() bool {
	if len(l.shell.Recv())+len(l.iopub.Recv()) > 0 {
		return false
	}
	for _, c := range l.restc {
		select {
		case <-c:
		default:
			return false
		}
	}
	return true
}

// lost reports whether a socket has lost its peer, from what its monitor has to
// say now and what was known before.
func lost(events <-chan zmq.Event, before bool) bool {
	for {
		select {
		case e, ok := <-events:
			switch {
			case !ok:
				return true
			case e.Kind == zmq.PeerAttached || e.Kind == zmq.PeerDetached:
				before = e.Kind == zmq.PeerDetached
			}
		default:
			return before
		}
	}
}
