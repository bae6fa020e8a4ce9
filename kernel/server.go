package kernel

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A Server serves a language on the five sockets of a kernel. Make one with
// [NewServer], then call Run. Its other methods may be called from any
// goroutine.
//
// While Run runs, it has these goroutines: heartbeat, subscriptions, control,
// stdin, the reader of shell, a worker for each lane (which calls the language),
// the sender of stream text, and Start of the language until it returns. All
// but a language that does not return have ended when Run returns.
type Server struct {
	lang    Language
	cfg     *Config
	info    *jupyter.ConnectionInfo // as bound; read-only
	session *jupyter.Session
	codec   *jupyter.Codec
	sockets map[jupyter.Channel]Socket // read-only
	out     *outgoing
	comms   *comms
	ambient atomic.Pointer[Output] // the Output of the last request
	dropped drops

	codeBegan atomic.Bool // some of the user's code has run, or does

	started  chan struct{} // closed when Start has returned, with startErr set
	startErr error

	langCtx    context.Context // of every call of the language
	langCancel context.CancelCauseFunc

	lanes  *lanes
	usage  usage         // owned by the worker of its lane
	typing typing        // owned by the reader of shell
	aborts chan abort    // to the reader of shell: abort what was received
	roomc  chan struct{} // capacity 1, to the reader of shell: less waits
	asks   chan *ask     // to the stdin goroutine: ask this
	unasks chan *ask     // to the stdin goroutine: nobody waits any more

	endOnce sync.Once
	endc    chan struct{} // closed when the kernel begins to end
	toldc   chan struct{} // closed after that, when the language's contexts are cancelled
	drainc  chan struct{} // closed when no more requests are processed
	stopc   chan struct{} // closed when the goroutines of the server are to end

	runMu sync.Mutex // guards lane.running and what is in it

	endMu     sync.Mutex
	shutdowns []*incoming // guarded by endMu; shutdown requests to be answered
	end       ending      // guarded by endMu until endc is closed, then read-only
	answered  bool        // guarded by endMu: the shutdown requests were answered
	ran       bool        // guarded by endMu: Run was called, or Close in its place

	waiting, waitingBytes atomic.Int64 // requests that wait for their turn
}

// An ending is why and how the kernel ends.
type ending struct {
	restart bool
	status  int   // exit status of the process
	err     error // what Run returns
}

// NewServer binds the sockets that info names and returns a server of lang. A
// port 0 is replaced by one that is free: see [Server.ConnectionInfo].
func NewServer(lang Language, info *jupyter.ConnectionInfo, cfg *Config) (*Server, error) {
	codec, err := jupyter.NewCodec(info.SignatureScheme, info.Key)
	if err != nil {
		return nil, err
	}
	bound := *info
	s := &Server{
		lang:    lang,
		cfg:     cfg.clone(),
		info:    &bound,
		session: jupyter.NewSession(""),
		codec:   codec,
		sockets: map[jupyter.Channel]Socket{},
		started: make(chan struct{}),
		aborts:  make(chan abort),
		roomc:   make(chan struct{}, 1),
		asks:    make(chan *ask),
		unasks:  make(chan *ask),
		endc:    make(chan struct{}),
		toldc:   make(chan struct{}),
		drainc:  make(chan struct{}),
		stopc:   make(chan struct{}),
	}
	if err := s.bind(); err != nil {
		s.closeSockets()
		return nil, err
	}
	s.langCtx, s.langCancel = context.WithCancelCause(context.Background())
	s.out = newOutgoing(s.cfg, codec, s.session, s.sockets)
	s.comms = newComms(s)
	s.lanes = &lanes{main: newLane("", s.cfg.History), usage: newLane("", nil)}
	if l, ok := lang.(ConcurrentCommOpener); ok && l.ConcurrentComms() {
		s.lanes.comms = newLane("", nil)
	}
	if _, ok := lang.(Debugger); ok {
		s.lanes.debug = newLane("", nil)
	}
	return s, nil
}

// socketTypes are the patterns of the channels. Heartbeat is a ROUTER, as in
// ipykernel: it echoes to whom the ping came from, without the lockstep of REP.
var socketTypes = map[jupyter.Channel]zmq.Type{
	jupyter.Shell:     zmq.Router,
	jupyter.Control:   zmq.Router,
	jupyter.Stdin:     zmq.Router,
	jupyter.IOPub:     zmq.XPub,
	jupyter.Heartbeat: zmq.Router,
}

// Bounds, in bytes, on what comes from whoever can connect, signed or not.
const (
	maxPing         = 1 << 20
	maxSubscription = 64 << 10
)

// ipcTries is how many names are tried for a socket, of which others may have
// some.
const ipcTries = 10

// bind makes and binds the five sockets.
func (s *Server) bind() error {
	security, err := security(s.info)
	if err != nil {
		return err
	}
	for _, ch := range jupyter.Channels() {
		if err := s.bindChannel(ch, s.socketConfig(ch, security)); err != nil {
			return fmt.Errorf("kernel: cannot listen for %v on %s: %w", ch, s.info.Endpoint(ch), err)
		}
	}
	return nil
}

// bindChannel makes and binds the socket of ch. A port 0 is chosen: with tcp by
// the system; with ipc it is a number in the name of the socket.
func (s *Server) bindChannel(ch jupyter.Channel, cfg *zmq.Config) error {
	port := &s.info.Ports[ch]
	if s.info.Transport == "ipc" && *port == 0 {
		for range ipcTries {
			*port = 1 + rand.IntN(65535)
			sock, _, err := s.cfg.Engine.Bind(socketTypes[ch], s.info.Endpoint(ch), cfg)
			if err == nil {
				s.sockets[ch] = sock
				return nil
			}
		}
		*port = 1 + rand.IntN(65535) // the last try says what is wrong
	}
	sock, bound, err := s.cfg.Engine.Bind(socketTypes[ch], s.info.Endpoint(ch), cfg)
	if err != nil {
		return err
	}
	s.sockets[ch] = sock
	if *port == 0 {
		*port, err = strconv.Atoi(bound[strings.LastIndex(bound, ":")+1:])
		if err != nil {
			return fmt.Errorf("no port in endpoint %s", bound)
		}
	}
	return nil
}

// socketConfig returns the settings of the socket of ch.
func (s *Server) socketConfig(ch jupyter.Channel, security *zmq.Security) *zmq.Config {
	cfg := &zmq.Config{
		StallTimeout: s.cfg.StallTimeout,
		Handover:     ch != jupyter.IOPub, // a client that reconnects keeps its identity
		Security:     security,
		Logger:       s.cfg.Logger.With("channel", ch.String()),
	}
	switch ch {
	case jupyter.Heartbeat:
		// Pings are not signed: whoever sends them must not fill memory.
		cfg.MaxMessageSize, cfg.SendQueueBytes = maxPing, maxPing
		return cfg
	case jupyter.IOPub:
		cfg.MaxMessageSize = maxSubscription
	}
	// What waits for a peer is bounded by the backlog and by the stall timeout,
	// not by a number of messages: nothing that was sent may be dropped (K7).
	cfg.SendQueue, cfg.SendQueueBytes = -1, -1
	return cfg
}

func (s *Server) closeSockets() {
	for _, sock := range s.sockets {
		sock.Close()
	}
}

// ConnectionInfo returns the connection of the server, with the ports it really
// has.
func (s *Server) ConnectionInfo() *jupyter.ConnectionInfo {
	info := *s.info
	return &info
}

// Run serves until a front end shuts the kernel down, the language asks to
// exit, Close is called, or ctx is done; then it ends the language, answers
// what is still to be answered, and returns when the last reply is on its way.
// It returns nil for an orderly end, whoever asked for it. It may be called
// once; after Close it returns ErrShutdown.
func (s *Server) Run(ctx context.Context) error {
	s.endMu.Lock()
	again := s.ran
	s.ran = true
	s.endMu.Unlock()
	if again {
		select {
		case <-s.endc:
			return ErrShutdown
		default:
			return errors.New("kernel: Run was called before")
		}
	}
	var loops sync.WaitGroup // what ends with stopc
	for _, loop := range []func(){
		s.out.run, s.serveHeartbeat, s.serveSubscriptions, s.serveControl, s.serveStdin,
	} {
		loops.Go(loop)
	}
	var reader sync.WaitGroup // ends with drainc
	reader.Go(s.readShell)
	for _, l := range []*lane{s.lanes.main, s.lanes.comms, s.lanes.debug, s.lanes.usage} {
		if l != nil {
			s.lanes.run(l, s.serveLane)
		}
	}
	go s.startLanguage()

	select {
	case <-ctx.Done():
		s.beginEnd(ending{})
	case <-s.toldc:
	}
	s.finish(&loops, &reader)
	return s.end.err
}

// startLanguage calls Start and lets the requests in that wait for it.
func (s *Server) startLanguage() {
	defer close(s.started)
	out := &Output{out: s.out, comms: s.comms, latest: &s.ambient}
	s.startErr = s.guard(func() error { return s.lang.Start(s.langCtx, out) })
}

// ExitStatus returns the exit status that the process of the kernel should
// have, when Run has returned.
func (s *Server) ExitStatus() int {
	select {
	case <-s.endc:
		return s.end.status
	default:
		return 0
	}
}

// Close has the kernel end, as a shutdown_request does, and returns at once;
// the end is when Run returns. A server that does not run is closed when Close
// returns.
func (s *Server) Close() error {
	s.beginEnd(ending{}) // before Run can find that it comes too late
	s.endMu.Lock()
	defer s.endMu.Unlock() // held, so that whoever finds the server closed finds all of it closed
	if s.ran {
		return nil
	}
	s.ran = true
	s.out.close()
	s.closeSockets()
	return s.cfg.History.Close()
}

// serveHeartbeat echoes.
func (s *Server) serveHeartbeat() {
	sock := s.sockets[jupyter.Heartbeat]
	for {
		select {
		case m, ok := <-sock.Recv():
			if !ok {
				s.socketFailed(jupyter.Heartbeat)
				return
			}
			sock.Deliver(m, nil)
		case <-s.stopc:
			return
		}
	}
}

// serveSubscriptions welcomes every new subscription (JEP 65).
func (s *Server) serveSubscriptions() {
	for {
		select {
		case m, ok := <-s.sockets[jupyter.IOPub].Recv():
			if !ok {
				s.socketFailed(jupyter.IOPub)
				return
			}
			// A subscription is one frame: 1 and the prefix; 0 unsubscribes.
			if len(m.Frames) != 1 || len(m.Frames[0]) == 0 || m.Frames[0][0] != 1 {
				continue
			}
			s.logError(s.out.welcome(&jupyter.IOPubWelcome{Subscription: string(m.Frames[0][1:])}, s.starting))
		case <-s.stopc:
			return
		}
	}
}

// starting returns what the first subscriber hears first: "the kernel will publish
// state 'starting' exactly once at process startup". It returns nil if code has run
// already: qtconsole takes a kernel that starts after its cell for one that has died.
func (s *Server) starting() jupyter.Content {
	if s.codeBegan.Load() {
		return nil
	}
	return &jupyter.Status{ExecutionState: jupyter.StateStarting}
}

// socketFailed ends the kernel: without one of its sockets it is no kernel.
func (s *Server) socketFailed(ch jupyter.Channel) {
	select {
	case <-s.stopc: // that is why
	default:
		s.beginEnd(ending{status: 1, err: fmt.Errorf("kernel: the %v socket has ended", ch)})
	}
}

// logError logs an error that nobody can be told.
func (s *Server) logError(err error) {
	if err != nil && !errors.Is(err, ErrShutdown) {
		s.cfg.Logger.Error("kernel: a message could not be sent", "err", err)
	}
}
