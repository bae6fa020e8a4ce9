package zmq

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestEndpointErrors(t *testing.T) {
	s := newSocket(t, Dealer, nil)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ op, endpoint, reason string }{
		{"bind", "", "no transport"},
		{"bind", "127.0.0.1:5555", "no transport"},
		{"bind", "udp://127.0.0.1:5555", "unknown transport"},
		{"bind", "tcp://", "no address"},
		{"bind", "tcp://127.0.0.1", "missing port"},
		{"bind", "tcp://127.0.0.1:http", "not a number"},
		{"bind", "tcp://127.0.0.1:65536", "not a number"},
		{"bind", "tcp://127.0.0.1:-1", "not a number"},
		{"bind", "tcp://:5555", "no host"},
		{"bind", "tcp://::1:5555", "too many colons"},
		{"bind", "tcp://192.0.2.1:0", "cannot assign"},
		{"bind", "ipc://", "no address"},
		{"bind", "ipc://@", "abstract name"},
		{"bind", "ipc:///" + strings.Repeat("x", 200), "can have 107"},
		{"bind", "ipc:///tmp/\x00", "zero octet"},
		{"bind", "ipc://" + file, "not a socket"},
		{"bind", "ipc:///nowhere/at/all", "no such file"},
		{"connect", "tcp://*:5555", "for binding only"},
		{"connect", "tcp://:5555", "no host"},
		{"connect", "tcp://127.0.0.1:*", "for binding only"},
		{"connect", "tcp://127.0.0.1:0", "for binding only"},
		{"connect", "tcp://nonsense;127.0.0.1:1", "source address"},
		{"connect", "ipc://*", "for binding only"},
		{"connect", "ipc://@" + strings.Repeat("x", 200), "can have 107"},
		{"connect", "inproc://", "no address"},
		{"connect", "tcp://[::1:5555", "missing ']'"},
		{"connect", "tcp://in val id:5555", "neither an address nor a name"},
		{"connect", "tcp://127.0.0.1 :5555", "neither an address nor a name"},
		{"connect", "tcp://user@host/path:5555", "neither an address nor a name"},
	} {
		var err error
		if tc.op == "bind" {
			_, err = s.Bind(tc.endpoint)
		} else {
			err = s.Connect(tc.endpoint)
		}
		e, ok := errors.AsType[*EndpointError](err)
		if !ok || e.Op != tc.op || e.Endpoint != tc.endpoint || !strings.Contains(err.Error(), tc.reason) {
			t.Errorf("%s %q = %v, want an error with %q", tc.op, tc.endpoint, err, tc.reason)
		}
	}
}

// Whatever can be bound can be connected to as it is reported.
func TestEndpointTransports(t *testing.T) {
	dir := t.TempDir()
	endpoints := []string{
		"tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://localhost:!", "tcp://*:*", "tcp://lo:*",
		"ipc://" + dir + "/socket", "ipc://*", "inproc://name",
	}
	if runtime.GOOS == "linux" {
		endpoints = append(endpoints, "ipc://@zmq-test-"+filepath.Base(dir))
	}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		l.Close()
		endpoints = append(endpoints, "tcp://[::1]:*", "tcp://[::]:*")
	}
	for _, endpoint := range endpoints {
		t.Run(strings.ReplaceAll(endpoint, "/", "_"), func(t *testing.T) {
			rep, req := newSocket(t, Rep, nil), newSocket(t, Req, nil)
			at, err := rep.Bind(endpoint)
			if err != nil && strings.HasPrefix(endpoint, "tcp://lo:") {
				return // a system whose loopback has another name
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(at, "*") || strings.HasSuffix(at, ":0") {
				t.Errorf("Bind(%q) = %q", endpoint, at)
			}
			if strings.HasPrefix(at, "tcp://127.") {
				at = strings.Replace(at, "tcp://", "tcp://127.0.0.1:*;", 1) // with a source address
			}
			connect(t, req, at)
			send(t, req, "hello")
			m := want(t, rep, "hello")
			if m.From.Address() == "" {
				t.Error("the peer has no address")
			}
			send(t, rep, "hello yourself")
			want(t, req, "hello yourself")
		})
	}
}

// A wildcard in the source address leaves that part to the system. An interface
// stands for its address.
func TestEndpointSource(t *testing.T) {
	sources := []string{"127.0.0.1:*", "127.0.0.1:!", "127.0.0.1:0", "*:*", "*:0"}
	if _, err := net.InterfaceByName("lo"); err == nil {
		sources = append(sources, "lo:*")
	}
	for _, source := range sources {
		t.Run(source, func(t *testing.T) {
			pull, push := newSocket(t, Pull, nil), newSocket(t, Push, nil)
			at := bind(t, pull, "tcp://127.0.0.1:*")
			connect(t, push, strings.Replace(at, "tcp://", "tcp://"+source+";", 1))
			send(t, push, "hello")
			want(t, pull, "hello")
		})
	}
	s := newSocket(t, Push, nil)
	events := s.Monitor()
	connect(t, s, "tcp://nobody.invalid:*;127.0.0.1:1")
	if e := event(t, events, ConnectFailed); !strings.Contains(e.Err.Error(), "neither an address nor") {
		t.Errorf("from a name: %v", e.Err)
	}
}

func TestEndpointManyOnOneSocket(t *testing.T) {
	pull := newSocket(t, Pull, nil)
	push := newSocket(t, Push, nil)
	events := push.Monitor()
	for range 5 {
		connect(t, push, bind(t, pull, "tcp://127.0.0.1:*"))
		event(t, events, PeerAttached)
	}
	for range 5 {
		send(t, push, "x")
	}
	peers := make(map[*Peer]bool)
	for range 5 {
		peers[want(t, pull, "x").From] = true
	}
	if len(peers) != 5 {
		t.Errorf("messages came over %d connections, want 5", len(peers))
	}
}

func TestEndpointInUse(t *testing.T) {
	a, b := newSocket(t, Rep, nil), newSocket(t, Rep, nil)
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://" + t.TempDir() + "/s"} {
		at := bind(t, a, endpoint)
		_, err := b.Bind(at)
		if err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), at) {
			t.Errorf("Bind(%q) twice = %v", at, err)
		}
	}
}

// The file of a process that died is replaced; the file of a socket that is
// closed is gone.
func TestEndpointStaleFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	rep := newSocket(t, Rep, nil)
	bind(t, rep, "ipc://"+path)
	roundTrip(t, rep, "ipc://"+path)
	rep.Close()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("after Close: %v", err)
	}
	other := newSocket(t, Rep, nil)
	at := bind(t, other, "ipc://*")
	other.Close()
	if _, err := os.Stat(filepath.Dir(strings.TrimPrefix(at, "ipc://"))); !os.IsNotExist(err) {
		t.Errorf("the temporary directory is left: %v", err)
	}
}

func TestConfigErrors(t *testing.T) {
	for name, cfg := range map[string]Config{
		"routing id of 256 octets": {RoutingID: make([]byte, 256)},
		"zero octet":               {RoutingID: []byte("\x00x")},
		"policy":                   {Full: 17},
		"TTL":                      {HeartbeatTTL: 65535*100*time.Millisecond + 1},
		"reconnection":             {ReconnectMin: 2, ReconnectMax: 1},
		"subscription mode":        {Subscriptions: -1},
	} {
		if _, err := NewSocket(Dealer, &cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: NewSocket = %v", name, err)
		}
	}
	for name, cfg := range map[string]Config{
		"routing id of 255 octets": {RoutingID: bytes.Repeat([]byte("x"), 255)},
		"the longest TTL":          {HeartbeatTTL: 65535 * 100 * time.Millisecond},
		"the longest pause alone":  {ReconnectMax: time.Microsecond},
	} {
		if s, err := NewSocket(Dealer, &cfg); err != nil {
			t.Errorf("%s: NewSocket = %v", name, err)
		} else {
			s.Close()
		}
	}
	for _, typ := range []Type{0, -1, XSub + 1} {
		if _, err := NewSocket(typ, nil); err == nil || !strings.Contains(err.Error(), "is not a socket type") {
			t.Errorf("NewSocket(%d) = %v", typ, err)
		}
	}
}

// What the fields of a Config say that zero and a negative number mean.
func TestConfigDefaults(t *testing.T) {
	for _, tt := range []struct {
		typ       Type
		cfg, want Config
	}{
		{Dealer, Config{}, Config{SendQueue: 1000, SendQueueBytes: 64 << 20, SendBuffer: 1024, RecvQueue: 512, Full: Block,
			MaxMessageSize: 256 << 20, HandshakeTimeout: 30 * time.Second, MaxHandshakes: 256,
			ReconnectMin: 20 * time.Millisecond, ReconnectMax: 2 * time.Second}},
		{Pub, Config{SendQueue: -1, RecvQueue: -1, SendBuffer: -1, HandshakeTimeout: -1, MaxHandshakes: -1, MaxMessageSize: -1,
			StallTimeout: -1, HeartbeatInterval: -1, ReconnectMin: time.Minute},
			Config{SendQueue: math.MaxInt, SendQueueBytes: math.MaxInt64, Full: DropNewest, MaxMessageSize: math.MaxInt,
				MaxHandshakes: math.MaxInt, ReconnectMin: time.Minute, ReconnectMax: time.Minute}},
		{Router, Config{SendQueue: -1, SendQueueBytes: 7, HeartbeatInterval: 3, Full: DropOldest, ReconnectMax: time.Millisecond},
			Config{SendQueue: math.MaxInt, SendQueueBytes: 7, SendBuffer: 1024, RecvQueue: 512, Full: DropOldest, MaxMessageSize: 256 << 20,
				HandshakeTimeout: 30 * time.Second, MaxHandshakes: 256, HeartbeatInterval: 3, HeartbeatTimeout: 3,
				ReconnectMin: 20 * time.Millisecond, ReconnectMax: 20 * time.Millisecond}},
	} {
		got := tt.cfg.withDefaults(tt.typ)
		if got.Security == nil || got.Logger == nil || got.dial == nil {
			t.Errorf("%v: %+v", tt.typ, got)
		}
		got.Security, got.Logger, got.dial = nil, nil, nil
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v: %+v becomes\n%+v, want\n%+v", tt.typ, tt.cfg, got, tt.want)
		}
	}
}

// Of several sockets that bind a path at the same time one gets it, whether or
// not a dead process had it before.
func TestEndpointOneOfManyBinders(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		path := filepath.Join(dir, strconv.Itoa(i))
		if i%2 == 0 {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err != nil {
				t.Fatal(err)
			}
			l.SetUnlinkOnClose(false)
			l.Close()
		}
		var bound atomic.Int32
		var binders sync.WaitGroup
		for range 4 {
			s := newSocket(t, Pull, nil)
			binders.Go(func() {
				if _, err := s.Bind("ipc://" + path); err == nil {
					bound.Add(1)
				}
			})
		}
		binders.Wait()
		if n := bound.Load(); n != 1 {
			t.Fatalf("%d sockets have bound %s", n, path)
		}
	}
}

// Who binds a name wakes those who wait for it, and nobody else: thousands may
// wait for as many names. A name that nobody waits for any more costs nothing.
func TestEndpointInprocNamesWaitApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := newInprocNames()
		ctx, cancel := context.WithCancel(t.Context())
		var left sync.WaitGroup
		for range 2 {
			left.Go(func() {
				if _, err := names.dial(ctx, "never bound"); err != context.Canceled {
					t.Errorf("dial = %v", err)
				}
			})
		}
		var conn net.Conn
		left.Go(func() {
			var err error
			if conn, err = names.dial(t.Context(), "bound"); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		waits := names.awaited["never bound"]
		l, err := names.listen("bound")
		if err != nil {
			t.Fatal(err)
		}
		if accepted, err := l.Accept(); err != nil || accepted.RemoteAddr() != l.Addr() {
			t.Errorf("accepted %v, %v", accepted, err)
		}
		synctest.Wait()
		select {
		case <-waits.boundc:
			t.Error("woken for another name")
		default:
		}
		cancel()
		left.Wait()
		if len(names.awaited) != 0 {
			t.Errorf("%d names are awaited by nobody", len(names.awaited))
		}
		if conn == nil || l.Close() != nil || len(names.bound) != 0 {
			t.Errorf("connected to %v, %d names are bound", conn, len(names.bound))
		}
	})
}

// Whoever removes the file of an ipc endpoint does not make the socket forget that it
// is bound to it.
func TestZ1BindTwice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is in use cannot be removed")
	}
	path := filepath.Join(t.TempDir(), "socket")
	s := newSocket(t, Rep, nil)
	at := bind(t, s, "ipc://"+path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bind(at); err == nil || !strings.Contains(err.Error(), "bound already") {
		t.Errorf("the second Bind = %v", err)
	}
	if err := s.Unbind(at); err != nil {
		t.Error(err)
	}
	roundTrip(t, s, bind(t, s, at))
}

// The monitor tells of a listener before it tells of who comes.
func TestMonitorTellsOfListenersFirst(t *testing.T) {
	for range 100 {
		dealer, router := newSocket(t, Dealer, nil), newSocket(t, Router, nil)
		events := router.Monitor()
		connect(t, dealer, "inproc://"+t.Name())
		bind(t, router, "inproc://"+t.Name())
		if e := <-events; e.Kind != Listening {
			t.Fatalf("the first event is %v", e.Kind)
		}
		router.Close()
		dealer.Close()
	}
}

// Whoever binds a path while its last owner gives it up may find it in use, and
// nothing else wrong.
func TestBindAfterUnbind(t *testing.T) {
	at := "ipc://" + filepath.Join(t.TempDir(), "socket")
	a, b := newSocket(t, Rep, nil), newSocket(t, Rep, nil)
	bind(t, a, at)
	for range 500 {
		left := make(chan error)
		go func() { left <- a.Unbind(at) }()
		eventually(t, "the path is free", func() bool {
			_, err := b.Bind(at)
			if err != nil && !strings.Contains(err.Error(), "in use") {
				t.Fatal(err)
			}
			return err == nil
		})
		if err := <-left; err != nil {
			t.Fatal(err)
		}
		a, b = b, a
	}
}
