package zmq

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// A securedPair is a mechanism with both of its ends.
type securedPair struct {
	name           string
	client, server *Security
	user           string // what the server calls the client
}

func securedPairs() []securedPair {
	server, client := NewCurveKey(), NewCurveKey()
	return []securedPair{
		{"NULL", nil, nil, ""},
		{"PLAIN", PlainClient("ada", "secret"), PlainServer(AllowUsers(map[string]string{"ada": "secret", "bob": "x"})), "ada"},
		{"CURVE", CurveClient(client, server.Public()), CurveServer(server, AllowKeys(NewCurveKey().Public(), client.Public())), client.Public().String()},
		{"CURVE with one key", CurveClient(server, server.Public()), CurveServer(server, AllowAny), server.Public().String()},
	}
}

// securedMatrix runs test for every mechanism, over every transport, with the server of
// the mechanism binding and connecting. join connects two sockets, the first of
// which is the server.
func securedMatrix(t *testing.T, test func(t *testing.T, sec securedPair, join func(server, client *Socket))) {
	for _, sec := range securedPairs() {
		for _, transport := range []string{"tcp", "ipc", "inproc"} {
			for _, serverBinds := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/serverBinds=%v", sec.name, transport, serverBinds), func(t *testing.T) {
					test(t, sec, func(server, client *Socket) {
						endpoint := "tcp://127.0.0.1:*"
						switch transport {
						case "ipc":
							endpoint = "ipc://" + filepath.Join(t.TempDir(), "s")
						case "inproc":
							endpoint = "inproc://" + t.Name() + server.Type().String()
						}
						if !serverBinds {
							server, client = client, server
						}
						connect(t, client, bind(t, server, endpoint))
					})
				})
			}
		}
	}
}

func TestSecurityPatterns(t *testing.T) {
	securedMatrix(t, func(t *testing.T, sec securedPair, join func(server, client *Socket)) {
		server, client := &Config{Security: sec.server}, &Config{Security: sec.client, RoutingID: []byte("me")}
		router, dealer := newSocket(t, Router, server), newSocket(t, Dealer, client)
		join(router, dealer)
		send(t, dealer, "one", "", "three")
		m := want(t, router, "me", "one", "", "three")
		if got := m.From.User(); got != sec.user {
			t.Errorf("From.User() = %q, want %q", got, sec.user)
		}
		if got := string(m.From.Property("socket-type")); got != "DEALER" {
			t.Errorf("From.Property(Socket-Type) = %q, want DEALER", got)
		}
		send(t, router, "me", "back")
		if m := want(t, dealer, "back"); m.From.User() != "" || m.From.Type() != "ROUTER" {
			t.Errorf("the client calls the server %q, a %s", m.From.User(), m.From.Type())
		}

		xpub, sub := newSocket(t, XPub, server), newSocket(t, Sub, client)
		if err := sub.Subscribe([]byte("a")); err != nil {
			t.Fatal(err)
		}
		join(xpub, sub)
		want(t, xpub, "\x01a")
		send(t, xpub, "b")
		send(t, xpub, "ab", "yes")
		want(t, sub, "ab", "yes")

		rep, req := newSocket(t, Rep, server), newSocket(t, Req, client)
		join(rep, req)
		send(t, req, "question")
		want(t, rep, "question")
		send(t, rep, "answer")
		want(t, req, "answer")

		push, pull := newSocket(t, Push, client), newSocket(t, Pull, server)
		join(pull, push)
		for i := range 20 {
			send(t, push, fmt.Sprint(i), strings.Repeat("x", i*i*70))
		}
		for i := range 20 {
			want(t, pull, fmt.Sprint(i), strings.Repeat("x", i*i*70))
		}
	})
}

func TestSecurityRefused(t *testing.T) {
	server, client, other := NewCurveKey(), NewCurveKey(), NewCurveKey()
	users := AllowUsers(map[string]string{"ada": "secret", "nobody": ""})
	for _, test := range []struct {
		name                   string
		server, client         *Security
		serverErr, clientErr   string
		denied, clientIsDenied bool
	}{
		{name: "another server key", server: CurveServer(server, AllowAny), client: CurveClient(client, other.Public()),
			serverErr: "HELLO does not open: the client expects a server with another key", clientErr: "connection closed during the handshake"},
		{name: "a client that is not on the list", server: CurveServer(server, AllowKeys(other.Public())), client: CurveClient(client, server.Public()),
			serverErr: "credentials are not accepted", clientErr: "refused by peer: it does not accept the credentials (400)", denied: true},
		{name: "an empty list", server: CurveServer(server, AllowKeys()), client: CurveClient(client, server.Public()),
			serverErr: "credentials are not accepted", clientErr: "(400)", denied: true},
		{name: "passwords for CURVE", server: CurveServer(server, users), client: CurveClient(client, server.Public()),
			serverErr: "credentials are not accepted", clientErr: "(400)", denied: true},
		{name: "keys for PLAIN", server: PlainServer(AllowKeys(CurvePublicKey{})), client: PlainClient("nobody", ""),
			serverErr: "credentials are not accepted", clientErr: "(400)", denied: true},
		{name: "a wrong password", server: PlainServer(users), client: PlainClient("ada", "Secret"),
			serverErr: "credentials are not accepted", clientErr: "(400)", denied: true},
		{name: "an unknown user", server: PlainServer(users), client: PlainClient("eve", ""),
			serverErr: "credentials are not accepted", clientErr: "(400)", denied: true},
		{name: "an address that is not wanted", client: nil, denied: true,
			server:    NullServer(func(context.Context, Credentials) (string, error) { return "", ErrDenied }),
			serverErr: "credentials are not accepted", clientErr: "(400)"},
		{name: "a server that cannot tell now", client: PlainClient("ada", "secret"),
			server:    PlainServer(func(context.Context, Credentials) (string, error) { return "", fmt.Errorf("database: %w", ErrTryLater) }),
			serverErr: "peer not admitted: database: zmq: credentials cannot be checked now", clientErr: "connection closed during the handshake"},
		{name: "NULL against CURVE", server: CurveServer(server, AllowAny), client: nil,
			serverErr: "security mechanism NULL where this socket uses CURVE", clientErr: "security mechanism CURVE where this socket uses NULL"},
		{name: "PLAIN against CURVE", server: CurveServer(server, AllowAny), client: PlainClient("ada", "secret"),
			serverErr: "security mechanism PLAIN where this socket uses CURVE", clientErr: "security mechanism CURVE where this socket uses PLAIN"},
		{name: "two servers", server: CurveServer(server, AllowAny), client: CurveServer(other, AllowAny),
			serverErr: "both ends of the connection are a CURVE server", clientErr: "both ends of the connection are a CURVE server"},
		{name: "two clients", server: CurveClient(client, server.Public()), client: CurveClient(other, server.Public()),
			serverErr: "both ends of the connection are a client", clientErr: "both ends of the connection are a client"},
		{name: "sockets that do not go together", server: PlainServer(users), client: PlainClient("ada", "secret"),
			serverErr: "cannot talk to a", clientErr: "cannot talk to a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			typ := Router
			if test.name == "sockets that do not go together" {
				typ = Pull
			}
			ours, theirs := newSocket(t, typ, &Config{Security: test.server}), newSocket(t, Dealer, &Config{Security: test.client})
			serverEvents, clientEvents := ours.Monitor(), theirs.Monitor()
			connect(t, theirs, bind(t, ours, "tcp://127.0.0.1:*"))
			failed := event(t, serverEvents, HandshakeFailed).Err
			if !strings.Contains(failed.Error(), test.serverErr) || errors.Is(failed, ErrDenied) != test.denied {
				t.Errorf("server: %v, want %q", failed, test.serverErr)
			}
			if perr, ok := errors.AsType[*ProtocolError](failed); !ok || perr.Endpoint == "" {
				t.Errorf("server: %#v is no ProtocolError", failed)
			}
			failed = event(t, clientEvents, HandshakeFailed).Err
			// Where the server does not wait for what the client still sends, the
			// client may find the connection reset.
			if !strings.Contains(failed.Error(), test.clientErr) && !strings.Contains(failed.Error(), "reset") {
				t.Errorf("client: %v, want %q", failed, test.clientErr)
			}
		})
	}
}

// TestSecurityConfig: settings that make no sense are errors at the call.
func TestSecurityConfig(t *testing.T) {
	key := NewCurveKey()
	for _, test := range []struct {
		security *Security
		want     string
	}{
		{new(Security), "empty Security"},
		{NullServer(nil), "needs an Authenticator"},
		{PlainServer(nil), "needs an Authenticator"},
		{CurveServer(key, nil), "needs an Authenticator"},
		{CurveServer(nil, AllowAny), "needs a key"},
		{CurveServer(new(CurveKey), AllowAny), "needs a key"},
		{CurveClient(nil, key.Public()), "needs a key"},
		{CurveClient(key, CurvePublicKey{}), "needs the public key of its server"},
		{PlainClient(strings.Repeat("u", 256), ""), "user name of 256 octets"},
		{PlainClient("", strings.Repeat("p", 256)), "password of more than 255"},
	} {
		s, err := NewSocket(Dealer, &Config{Security: test.security})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "ppp") {
			t.Errorf("%v: %v, want %q", test.security, err, test.want)
		}
	}
	longest := PlainClient(strings.Repeat("u", 255), strings.Repeat("p", 255))
	newSocket(t, Dealer, &Config{Security: longest})
}

func TestAuthenticatorSees(t *testing.T) {
	server, client := NewCurveKey(), NewCurveKey()
	for _, test := range []struct {
		mechanism        string
		client           *Security
		server           func(Authenticator) *Security
		user, password   string
		key              CurvePublicKey
		socketType, text string
	}{
		{"NULL", nil, NullServer, "", "", CurvePublicKey{}, "DEALER", "NULL peer at tcp://"},
		{"PLAIN", PlainClient("a b", "c\x00d"), PlainServer, "a b", "c\x00d", CurvePublicKey{}, "", `PLAIN user "a b" at tcp://`},
		{"CURVE", CurveClient(client, server.Public()), func(a Authenticator) *Security { return CurveServer(server, a) }, "", "", client.Public(), "DEALER",
			"CURVE key " + client.Public().String() + " at tcp://"},
	} {
		seen := make(chan Credentials, 1)
		router := newSocket(t, Router, &Config{Security: test.server(func(ctx context.Context, c Credentials) (string, error) {
			if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
				t.Errorf("%s: context without a deadline, or done: %v", test.mechanism, ctx.Err())
			}
			seen <- c
			return "somebody", nil
		})})
		dealer := newSocket(t, Dealer, &Config{Security: test.client})
		connect(t, dealer, bind(t, router, "tcp://127.0.0.1:*"))
		send(t, dealer, "hello")
		m := recv(t, router)
		if got := m.From.User(); got != "somebody" {
			t.Errorf("%s: From.User() = %q, want somebody", test.mechanism, got)
		}
		c := <-seen
		if c.Mechanism != test.mechanism || c.Address != m.From.Address() || c.User != test.user ||
			c.Password() != test.password || c.Key != test.key || string(c.Property("Socket-Type")) != test.socketType {
			t.Errorf("%s: authenticator sees %v with password %q, key %v, type %q, and the peer is at %s",
				test.mechanism, c, c.Password(), c.Key, c.Property("Socket-Type"), m.From.Address())
		}
		if got := c.String(); !strings.HasPrefix(got, test.text) {
			t.Errorf("Credentials.String() = %q, want %q...", got, test.text)
		}
	}
}

// TestAuthenticatorMayTakeItsTime: while one peer is being thought about,
// others are let in; and the socket can be closed.
func TestAuthenticatorMayTakeItsTime(t *testing.T) {
	thinking := make(chan struct{})
	router := newSocket(t, Router, &Config{HandshakeTimeout: -1, Security: PlainServer(func(ctx context.Context, c Credentials) (string, error) {
		if c.User == "slow" {
			close(thinking)
			<-ctx.Done()
			return "", ctx.Err()
		}
		return c.User, nil
	})})
	at := bind(t, router, "tcp://127.0.0.1:*")
	slow := newSocket(t, Dealer, &Config{Security: PlainClient("slow", "")})
	connect(t, slow, at)
	<-thinking
	quick := newSocket(t, Dealer, &Config{Security: PlainClient("quick", ""), RoutingID: []byte("q")})
	connect(t, quick, at)
	send(t, quick, "hello")
	want(t, router, "q", "hello")
	router.Close()
}

// TestAuthenticatorIsNotAskedInVain: who is being thought about is not closed for
// those that come later, however many. If it were, and clients came faster than
// the authenticator thinks, nobody would ever get in.
func TestAuthenticatorIsNotAskedInVain(t *testing.T) {
	const limit = 3
	asked, answer := make(chan struct{}, limit), make(chan struct{})
	pull := newSocket(t, Pull, &Config{MaxHandshakes: limit, Security: PlainServer(func(ctx context.Context, c Credentials) (string, error) {
		asked <- struct{}{}
		select {
		case <-answer:
			return c.User, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	})})
	at := bind(t, pull, "tcp://127.0.0.1:*")
	var clients []*Socket
	for range limit {
		push := newSocket(t, Push, &Config{Security: PlainClient("u", "p"), ReconnectMin: time.Hour, ReconnectMax: time.Hour})
		connect(t, push, at)
		clients = append(clients, push)
		<-asked
	}
	for range 2 * limit {
		dialRaw(t, at).closed()
	}
	close(answer)
	for _, push := range clients {
		if err := deliver(t, push, "hello"); err != nil {
			t.Error(err)
		}
		want(t, pull, "hello")
	}
}

func TestAuthenticatorContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closec := make(chan struct{})
		p := &Peer{s: &Socket{closec: closec, cfg: Config{HandshakeTimeout: time.Minute}}}
		wait := func(ctx context.Context, _ Credentials) (string, error) {
			<-ctx.Done()
			if ctx.Value("anything") != nil {
				t.Error("context has a value")
			}
			return "", ctx.Err()
		}
		begin := time.Now()
		err := p.admit(wait, Credentials{})
		refusal, ok := errors.AsType[*zmtp.Refusal](err)
		if !ok || !refusal.Temporary || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Minute {
			t.Errorf("after %v: %v, want deadline exceeded after a minute", time.Since(begin), err)
		}
		begin = time.Now()
		time.AfterFunc(time.Second, func() { close(closec) })
		if err = p.admit(wait, Credentials{}); !errors.Is(err, context.Canceled) || time.Since(begin) != time.Second {
			t.Errorf("after %v: %v, want canceled after a second", time.Since(begin), err)
		}
	})
}

// TestAllowLists: what the Authenticators of this package do with each kind of
// credentials.
func TestAllowLists(t *testing.T) {
	key, other := NewCurveKey().Public(), NewCurveKey().Public()
	plain := func(user, password string) Credentials {
		c := Credentials{Mechanism: "PLAIN", User: user}
		c.SetPassword(password)
		return c
	}
	passwords := map[string]string{"ada": "one", "bob": ""}
	users, keys := AllowUsers(passwords), AllowKeys(key)
	passwords["eve"] = "x" // too late
	for _, test := range []struct {
		name string
		who  Authenticator
		c    Credentials
		user string
		ok   bool
	}{
		{"user", users, plain("ada", "one"), "ada", true},
		{"user with an empty password", users, plain("bob", ""), "bob", true},
		{"another user's password", users, plain("bob", "one"), "", false},
		{"user who came later", users, plain("eve", "x"), "", false},
		{"unknown user", users, plain("", ""), "", false},
		{"NULL for users", users, Credentials{Mechanism: "NULL", User: "bob"}, "", false},
		{"key", keys, Credentials{Mechanism: "CURVE", Key: key}, key.String(), true},
		{"unknown key", keys, Credentials{Mechanism: "CURVE", Key: other}, "", false},
		{"key without CURVE", keys, Credentials{Mechanism: "NULL", Key: key}, "", false},
		{"any PLAIN", AllowAny, plain("eve", "x"), "eve", true},
		{"any CURVE", AllowAny, Credentials{Mechanism: "CURVE", Key: other}, other.String(), true},
		{"any NULL", AllowAny, Credentials{Mechanism: "NULL"}, "", true},
	} {
		user, err := test.who(t.Context(), test.c)
		if user != test.user || test.ok != (err == nil) || err != nil && !errors.Is(err, ErrDenied) {
			t.Errorf("%s: %q, %v", test.name, user, err)
		}
	}
}

// TestCurveOnTheWire puts somebody between client and server. Nothing of a
// message is to be seen there, and whoever changes anything about the sequence
// of messages breaks the connection.
func TestCurveOnTheWire(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(i int, frames [][]byte, f []byte) [][]byte // what goes on in the place of message i
		err    string
	}{
		{"replay", func(i int, before [][]byte, f []byte) [][]byte {
			if i == 2 {
				return [][]byte{f, before[1]}
			}
			return [][]byte{f}
		}, "out of sequence"},
		{"reorder", func(i int, before [][]byte, f []byte) [][]byte {
			switch i {
			case 1:
				return nil
			case 2:
				return [][]byte{f, before[1]}
			}
			return [][]byte{f}
		}, "out of sequence"},
		{"drop", func(i int, _ [][]byte, f []byte) [][]byte {
			if i == 1 {
				return nil
			}
			return [][]byte{f}
		}, "out of sequence"},
		{"alter", func(i int, _ [][]byte, f []byte) [][]byte {
			if i == 2 {
				f[len(f)-1] ^= 1
			}
			return [][]byte{f}
		}, "does not open"},
		{"message in the clear", func(i int, _ [][]byte, f []byte) [][]byte {
			if i == 2 {
				return [][]byte{[]byte("secret 2, which is long enough for a MESSAGE command")}
			}
			return [][]byte{f}
		}, "malformed MESSAGE"},
		{"READY once more", func(i int, before [][]byte, f []byte) [][]byte {
			if i == 2 {
				return [][]byte{[]byte("\x05READY")}
			}
			return [][]byte{f}
		}, "malformed MESSAGE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server, client := NewCurveKey(), NewCurveKey()
			pull := newSocket(t, Pull, &Config{Security: CurveServer(server, AllowAny)})
			events := pull.Monitor()
			middle := startMiddle(t, bind(t, pull, "tcp://127.0.0.1:*"), test.change)
			push := newSocket(t, Push, &Config{
				Security:     CurveClient(client, server.Public()),
				ReconnectMin: time.Hour, ReconnectMax: time.Hour, // what is left is not sent over another connection
			})
			connect(t, push, middle.endpoint)
			for i := range 4 {
				send(t, push, fmt.Sprint("secret ", i))
			}
			gone := event(t, events, PeerDetached)
			if perr, ok := errors.AsType[*ProtocolError](gone.Err); !ok || !strings.Contains(perr.Reason, test.err) {
				t.Errorf("peer detached with %v, want %q", gone.Err, test.err)
			}
			pull.Close()
			var got []string
			for m := range pull.Recv() {
				got = append(got, string(m.Frames[0]))
			}
			if want := []string{"secret 0", "secret 1", "secret 2"}; len(got) > 3 || !slices.Equal(got, want[:len(got)]) {
				t.Errorf("the server received %q", got)
			}
			push.Close()
			if seen := string(middle.close()); strings.Contains(seen, "secret") || strings.Contains(seen, "PUSH") {
				t.Errorf("to be seen on the wire: %q", seen)
			}
		})
	}
}
