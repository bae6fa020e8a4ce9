package zmtp

import (
	"bytes"
	"crypto/ecdh"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/nacl/box"
	"golang.org/x/crypto/nacl/secretbox"
)

// seeded returns a source of octets that are always the same.
func seeded(seed string) random {
	var key [32]byte
	copy(key[:], seed)
	src := rand.NewChaCha8(key)
	return func(b []byte) { src.Read(b) }
}

// The permanent keys of the tests.
var (
	clientKey = seeded("client").key()
	serverKey = seeded("server").key()
	otherKey  = seeded("other").key()
)

// local returns an end with the Socket-Type name that checks nothing.
func local(name string) Local {
	return Local{
		Metadata: Metadata(nil).Add(SocketType, []byte(name)).Add("X-Greets", []byte("hello "+name)),
		Check:    func(Metadata) error { return nil },
		Beside:   inGoroutine,
	}
}

// admitAll is an authenticator.
func admitAll(*ecdh.PublicKey, Metadata) error { return nil }

func testCurveClient() *curveClient {
	return newCurveClient(local("DEALER"), clientKey, serverKey.PublicKey(), seeded("client's connection"))
}

func testCurveServer() *curveServer {
	return newCurveServer(local("ROUTER"), serverKey, admitAll, seeded("server's connection"))
}

// A handshake is what two ends sent each other, in turn, the client first.
type handshake [][]byte

// shake drives a handshake until an end has nothing to answer or finds a
// fault. alter, if not nil, replaces the nth command on its way.
func shake(client, server Mechanism, alter func(n int, body []byte) []byte) (handshake, error) {
	if _, err := server.Start(); err != nil {
		return nil, err
	}
	body, err := client.Start()
	if err != nil {
		return nil, err
	}
	var commands handshake
	for ends := [2]Mechanism{server, client}; body != nil; {
		if alter != nil {
			body = alter(len(commands), body)
		}
		commands = append(commands, body)
		body, err = ends[(len(commands)-1)%2].Receive(bytes.Clone(body))
		if err != nil {
			if body != nil {
				commands = append(commands, body)
			}
			return commands, err
		}
	}
	return commands, nil
}

// connected returns two ends that have shaken hands.
func connected(t testing.TB) (*curveClient, *curveServer) {
	t.Helper()
	client, server := testCurveClient(), testCurveServer()
	if _, err := shake(client, server, nil); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return client, server
}

// array returns the octets of a key.
func array(b []byte) *[32]byte { return (*[32]byte)(b) }

// openBox opens a box with the reference implementation.
func openBox(t *testing.T, what string, b []byte, nonce string, from *ecdh.PublicKey, to *ecdh.PrivateKey) []byte {
	t.Helper()
	plain, ok := box.Open(nil, b, (*[24]byte)([]byte(nonce)), array(from.Bytes()), array(to.Bytes()))
	if !ok {
		t.Fatalf("%s does not open", what)
	}
	return plain
}

// TestCurveHandshakeIsTheRFCs takes a handshake apart as CurveZMQ describes it.
func TestCurveHandshakeIsTheRFCs(t *testing.T) {
	client, server := testCurveClient(), testCurveServer()
	if _, err := server.Start(); err != nil {
		t.Fatal(err)
	}
	hello, err := client.Start()
	if err != nil {
		t.Fatal(err)
	}
	transient := client.transient // c'
	if len(hello) != 200 || string(hello[:8]) != "\x05HELLO\x01\x00" || !bytes.Equal(hello[8:80], make([]byte, 72)) {
		t.Errorf("HELLO = %q", hello)
	}
	if !bytes.Equal(hello[80:112], transient.PublicKey().Bytes()) {
		t.Error("HELLO does not carry C'")
	}
	zeros := openBox(t, "HELLO", hello[120:], "CurveZMQHELLO---"+string(hello[112:120]), transient.PublicKey(), serverKey)
	if !bytes.Equal(zeros, make([]byte, 64)) {
		t.Errorf("HELLO signs %x", zeros)
	}

	welcome, err := server.Receive(hello)
	if err != nil {
		t.Fatal(err)
	}
	if len(welcome) != 168 || string(welcome[:8]) != "\x07WELCOME" {
		t.Errorf("WELCOME = %q", welcome)
	}
	plain := openBox(t, "WELCOME", welcome[24:], "WELCOME-"+string(welcome[8:24]), serverKey.PublicKey(), transient)
	serverTransient, cookie := publicKey(plain[:32]), plain[32:] // S'
	secrets, ok := secretbox.Open(nil, cookie[16:], (*[24]byte)([]byte("COOKIE--"+string(cookie[:16]))), &server.cookieKey)
	if !ok || !bytes.Equal(secrets[:32], transient.PublicKey().Bytes()) {
		t.Error("cookie does not hold C'")
	}
	secret, err := ecdh.X25519().NewPrivateKey(secrets[32:]) // s'
	if err != nil || !secret.PublicKey().Equal(serverTransient) {
		t.Error("cookie does not hold s'")
	}

	initiate, err := client.Receive(welcome)
	if err != nil {
		t.Fatal(err)
	}
	if string(initiate[:9]) != "\x08INITIATE" || !bytes.Equal(initiate[9:105], cookie) {
		t.Errorf("INITIATE = %q", initiate)
	}
	plain = openBox(t, "INITIATE", initiate[113:], "CurveZMQINITIATE"+string(initiate[105:113]), transient.PublicKey(), secret)
	if !bytes.Equal(plain[:32], clientKey.PublicKey().Bytes()) {
		t.Error("INITIATE does not carry C")
	}
	vouch := openBox(t, "vouch", plain[48:128], "VOUCH---"+string(plain[32:48]), clientKey.PublicKey(), secret)
	if want := append(transient.PublicKey().Bytes(), serverKey.PublicKey().Bytes()...); !bytes.Equal(vouch, want) {
		t.Error("vouch is not for C' and S")
	}
	if want := client.local.Metadata; !bytes.Equal(plain[128:], want) {
		t.Errorf("INITIATE carries metadata %q, want %q", plain[128:], want)
	}

	ready, err := server.Receive(initiate)
	if err != nil {
		t.Fatal(err)
	}
	if string(ready[:6]) != "\x05READY" {
		t.Errorf("READY = %q", ready)
	}
	plain = openBox(t, "READY", ready[14:], "CurveZMQREADY---"+string(ready[6:14]), serverTransient, transient)
	if want := server.local.Metadata; !bytes.Equal(plain, want) {
		t.Errorf("READY carries metadata %q, want %q", plain, want)
	}
	if answer, err := client.Receive(ready); answer != nil || err != nil {
		t.Fatalf("client.Receive(READY) = %q, %v", answer, err)
	}
	checkMessage(t, client, "CurveZMQMESSAGEC", transient.PublicKey(), secret)
	checkMessage(t, server, "CurveZMQMESSAGES", serverTransient, transient)
}

// checkMessage opens what from seals with the reference implementation.
func checkMessage(t *testing.T, from Mechanism, prefix string, public *ecdh.PublicKey, secret *ecdh.PrivateKey) {
	t.Helper()
	wire, err := from.Seal(nil, More, []byte("a frame"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "\x00\x28\x07MESSAGE"; string(wire[:len(want)]) != want {
		t.Errorf("MESSAGE = %q, want prefix %q", wire, want)
	}
	body := wire[2:]
	plain := openBox(t, "MESSAGE", body[16:], prefix+string(body[8:16]), public, secret)
	if string(plain) != "\x01a frame" {
		t.Errorf("MESSAGE holds %q", plain)
	}
}

func TestCurveHandshakeTellsEachTheOther(t *testing.T) {
	var asked *ecdh.PublicKey
	client := testCurveClient()
	server := newCurveServer(local("ROUTER"), serverKey, func(key *ecdh.PublicKey, peer Metadata) error {
		asked = key
		if got := string(peer.Get(SocketType)); got != "DEALER" {
			t.Errorf("authenticator sees Socket-Type %q, want DEALER", got)
		}
		return nil
	}, systemRandom)
	commands, err := shake(client, server, nil)
	if err != nil || len(commands) != 4 {
		t.Fatalf("handshake of %d commands: %v", len(commands), err)
	}
	if !clientKey.PublicKey().Equal(asked) {
		t.Error("authenticator did not see the client's key")
	}
	peer, ok := client.Peer()
	if got := string(peer.Get("x-greets")); !ok || got != "hello ROUTER" {
		t.Errorf("client knows the server as %q, %v", got, ok)
	}
	peer, ok = server.Peer()
	if got := string(peer.Get("x-greets")); !ok || got != "hello DEALER" {
		t.Errorf("server knows the client as %q, %v", got, ok)
	}
	for _, m := range []Mechanism{client, server} {
		if answer, err := m.Receive(commands[0]); answer != nil || err == nil {
			t.Errorf("%T takes a command after the handshake", m)
		}
	}
}

// TestCurveServerForgets: "The server SHALL not keep this transient key pair".
func TestCurveServerForgets(t *testing.T) {
	client, server := testCurveClient(), testCurveServer()
	seen := func(n int, body []byte) []byte {
		if n == 1 && (server.sealKey != messageKey{} || server.openKey != messageKey{} || server.cookieKey == [32]byte{}) {
			t.Error("server keeps more than the key of the cookie")
		}
		return body
	}
	if _, err := shake(client, server, seen); err != nil {
		t.Fatal(err)
	}
	if server.cookieKey != [32]byte{} {
		t.Error("server keeps the key of the cookie")
	}
	if client.transient != nil || client.permanent != nil || client.session != nil {
		t.Error("client keeps keys of the handshake")
	}
}

// commandNames are those of the handshake's commands, for messages.
var commandNames = []string{"HELLO", "WELCOME", "INITIATE", "READY"}

// awaiting returns the nth command of a handshake, and a function that gives
// a body to the end that waits for it, each time as if it were the first.
func awaiting(t *testing.T, n int) (command []byte, receive func(body []byte) ([]byte, error)) {
	t.Helper()
	client, server := testCurveClient(), testCurveServer()
	shake(client, server, func(i int, body []byte) []byte {
		if i != n {
			return body
		}
		command = bytes.Clone(body)
		if waitingClient, waitingServer := *client, *server; n%2 == 0 {
			receive = func(body []byte) ([]byte, error) { m := waitingServer; return m.Receive(body) }
		} else {
			receive = func(body []byte) ([]byte, error) { m := waitingClient; return m.Receive(body) }
		}
		return nil
	})
	if _, err := receive(bytes.Clone(command)); err != nil {
		t.Fatalf("%s as it is: %v", commandNames[n], err)
	}
	return command, receive
}

// TestCurveHandshakeTruncated: no beginning of a command passes for it.
func TestCurveHandshakeTruncated(t *testing.T) {
	for n, name := range commandNames {
		command, receive := awaiting(t, n)
		for size := range command {
			if answer, err := receive(bytes.Clone(command[:size])); err == nil || answer != nil {
				t.Fatalf("%s cut to %d octets: answer %q, error %v", name, size, answer, err)
			}
		}
		if answer, err := receive(append(bytes.Clone(command), 0)); err == nil || answer != nil {
			t.Fatalf("%s with an octet more: answer %q, error %v", name, answer, err)
		}
	}
}

// TestCurveHandshakeAltered: every octet of a command counts.
func TestCurveHandshakeAltered(t *testing.T) {
	for n, name := range commandNames {
		command, receive := awaiting(t, n)
		for at := range command {
			altered := bytes.Clone(command)
			altered[at] ^= 1 << (at % 7) // bit 7 of a public key's last octet has no meaning
			if answer, err := receive(altered); err == nil || answer != nil {
				t.Fatalf("%s with octet %d altered: answer %q, error %v", name, at, answer, err)
			}
		}
	}
}

func TestCurveHandshakeRefuses(t *testing.T) {
	zero := publicKey(make([]byte, keySize)) // a point of low order
	denied := errors.New("not on the list")
	client := func(key *ecdh.PrivateKey, server *ecdh.PublicKey) *curveClient {
		return newCurveClient(local("DEALER"), key, server, systemRandom)
	}
	server := func(authenticate CurveAuthenticator) *curveServer {
		return newCurveServer(local("ROUTER"), serverKey, authenticate, systemRandom)
	}
	picky := func(m Mechanism) Mechanism {
		check := func(Metadata) error { return errors.New("wrong type") }
		switch m := m.(type) {
		case *curveClient:
			m.local.Check = check
		case *curveServer:
			m.local.Check = check
		}
		return m
	}
	for _, test := range []struct {
		name           string
		client, server Mechanism
		alter          func(n int, body []byte) []byte
		commands       int
		want           error // nil: any
		answer         string
	}{
		{name: "client knows another server key", client: client(clientKey, otherKey.PublicKey()), server: testCurveServer(), commands: 1, want: errHelloBox},
		{name: "server key of low order", client: client(clientKey, zero), server: testCurveServer(), commands: 0, want: errPeerKey},
		{name: "transient client key of low order", client: testCurveClient(), server: testCurveServer(), commands: 1, want: errPeerKey,
			alter: func(_ int, body []byte) []byte { clear(body[80:112]); return body }},
		{name: "unknown version", client: testCurveClient(), server: testCurveServer(), commands: 1, want: errHelloVersion,
			alter: func(_ int, body []byte) []byte { body[6] = 2; return body }},
		{name: "denied", client: testCurveClient(), commands: 4, want: denied, answer: "\x05ERROR\x03400",
			server: server(func(*ecdh.PublicKey, Metadata) error { return &Refusal{Err: denied} })},
		{name: "denied for now", client: testCurveClient(), commands: 3, want: denied,
			server: server(func(*ecdh.PublicKey, Metadata) error { return &Refusal{Temporary: true, Err: denied} })},
		{name: "server refuses metadata", client: testCurveClient(), server: picky(testCurveServer()), commands: 4, answer: "\x05ERROR\x0awrong type"},
		{name: "client refuses metadata", client: picky(testCurveClient()), server: testCurveServer(), commands: 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := shake(test.client, test.server, test.alter)
			if err == nil || test.want != nil && !errors.Is(err, test.want) || len(got) != test.commands {
				t.Fatalf("handshake of %d commands: %v; want %d, %v", len(got), err, test.commands, test.want)
			}
			if test.answer != "" && string(got[len(got)-1]) != test.answer {
				t.Errorf("answer %q, want %q", got[len(got)-1], test.answer)
			}
			for _, m := range []Mechanism{test.client, test.server} {
				// A server has done its part when it sends READY.
				if _, done := m.Peer(); done && (test.name != "client refuses metadata" || m == test.client) {
					t.Errorf("%T believes to be connected", m)
				}
			}
		})
	}
}

// TestCurveVouch lets a client lie about its permanent key, which takes a
// client that makes other INITIATE commands.
func TestCurveVouch(t *testing.T) {
	for _, test := range []struct {
		name    string
		claimed *ecdh.PublicKey  // C as it is sent
		signer  *ecdh.PrivateKey // who makes the vouch
		server  *ecdh.PublicKey  // S in the vouch
		wrongC  bool             // another C' in the vouch
		trailer string           // after the vouch
		want    error
	}{
		{name: "honest", claimed: clientKey.PublicKey(), signer: clientKey, server: serverKey.PublicKey()},
		{name: "without the secret key", claimed: clientKey.PublicKey(), signer: otherKey, server: serverKey.PublicKey(), want: errVouch},
		{name: "made for another server", claimed: clientKey.PublicKey(), signer: clientKey, server: otherKey.PublicKey(), want: errVouch},
		{name: "made for another connection", claimed: clientKey.PublicKey(), signer: clientKey, server: serverKey.PublicKey(), wrongC: true, want: errVouch},
		{name: "with malformed metadata", claimed: clientKey.PublicKey(), signer: clientKey, server: serverKey.PublicKey(), trailer: "\x01", want: errMetadata},
		{name: "key of low order", claimed: publicKey(make([]byte, keySize)), signer: clientKey, server: serverKey.PublicKey(), want: errPeerKey},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := seeded("liar")
			transient := r.key()
			server := testCurveServer()
			permanent := mustShare(t, transient, serverKey.PublicKey())
			server.Start()
			hello := append([]byte("\x05HELLO\x01\x00"), make([]byte, 72)...)
			hello = append(hello, transient.PublicKey().Bytes()...)
			welcome, err := server.Receive(appendShort(hello, helloPrefix, 1, make([]byte, 64), permanent))
			if err != nil {
				t.Fatal(err)
			}
			plain, _ := openLong(welcome[8:], welcomePrefix, permanent)
			session, cookie := publicKey(plain[:32]), plain[32:]
			claim := append(transient.PublicKey().Bytes(), test.server.Bytes()...)
			if test.wrongC {
				claim = append(otherKey.PublicKey().Bytes(), test.server.Bytes()...)
			}
			text := r.appendLong(test.claimed.Bytes(), vouchPrefix, claim, mustShare(t, test.signer, session))
			text = append(text, test.trailer...)
			initiate := append([]byte(initiateName), cookie...)
			ready, err := server.Receive(appendShort(initiate, initiatePrefix, 2, text, mustShare(t, transient, session)))
			if !errors.Is(err, test.want) || err == nil && test.want != nil || (ready != nil) != (test.want == nil) {
				t.Errorf("server.Receive(INITIATE) = %q, %v; want error %v", ready, err, test.want)
			}
		})
	}
}

// TestCurveHello: "The server SHALL validate all fields": also what the signature
// box holds.
func TestCurveHello(t *testing.T) {
	for at, want := range map[int]error{-1: nil, 0: errHello, 63: errHello} {
		transient := seeded("liar").key()
		signed := make([]byte, helloZeros)
		if at >= 0 {
			signed[at] = 1
		}
		hello := append([]byte("\x05HELLO\x01\x00"), make([]byte, 72)...)
		hello = append(hello, transient.PublicKey().Bytes()...)
		server := testCurveServer()
		server.Start()
		hello = appendShort(hello, helloPrefix, 1, signed, mustShare(t, transient, serverKey.PublicKey()))
		if welcome, err := server.Receive(hello); err != want || (welcome == nil) != (want != nil) {
			t.Errorf("HELLO that signs %x: %q, %v; want %v", signed, welcome, err, want)
		}
	}
}

// TestCurveKeysAreNew: "The client SHALL generate a unique key pair for each
// connection", and the server one and a cookie for each WELCOME.
func TestCurveKeysAreNew(t *testing.T) {
	hellos, welcomes := map[string]bool{}, map[string]bool{}
	for range 3 {
		hello, err := NewCurveClient(local("DEALER"), clientKey, serverKey.PublicKey()).Start()
		if err != nil {
			t.Fatal(err)
		}
		hellos[string(hello[80:112])] = true
		// All of them for the same client: what differs is the server's.
		client, server := testCurveClient(), NewCurveServer(local("ROUTER"), serverKey, admitAll)
		if hello, err = client.Start(); err != nil {
			t.Fatal(err)
		}
		server.Start()
		welcome, err := server.Receive(hello)
		if err != nil {
			t.Fatal(err)
		}
		plain, ok := openLong(welcome[8:], welcomePrefix, client.permanent)
		if !ok {
			t.Fatal("WELCOME does not open")
		}
		welcomes[string(plain[:32])] = true
		welcomes[string(plain[32:48])] = true // the nonce of the cookie
	}
	if len(hellos) != 3 || len(welcomes) != 6 {
		t.Errorf("3 connections have %d keys of clients, and %d keys and cookies of servers", len(hellos), len(welcomes))
	}
}

func mustShare(t *testing.T, secret *ecdh.PrivateKey, public *ecdh.PublicKey) *[32]byte {
	t.Helper()
	key, err := sharedKey(secret, public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestCurveHandshakeReplayed: what was recorded on one connection is worth
// nothing on another, also to the same server.
func TestCurveHandshakeReplayed(t *testing.T) {
	recorded, err := shake(testCurveClient(), testCurveServer(), nil)
	if err != nil {
		t.Fatal(err)
	}
	server := newCurveServer(local("ROUTER"), serverKey, admitAll, systemRandom)
	server.Start()
	if _, err := server.Receive(recorded[0]); err != nil {
		t.Fatalf("HELLO, which may be repeated: %v", err)
	}
	if _, err := server.Receive(recorded[2]); !errors.Is(err, errCookie) {
		t.Errorf("recorded INITIATE: error %v, want %v", err, errCookie)
	}
	if _, err := server.Receive(recorded[2]); !errors.Is(err, errHandshakeSeq) {
		t.Errorf("INITIATE again: error %v, want %v", err, errHandshakeSeq)
	}
	client := newCurveClient(local("DEALER"), clientKey, serverKey.PublicKey(), systemRandom)
	client.Start()
	if _, err := client.Receive(recorded[1]); !errors.Is(err, errWelcomeBox) {
		t.Errorf("recorded WELCOME: error %v, want %v", err, errWelcomeBox)
	}
}

func TestCurveCookieExpires(t *testing.T) {
	for _, late := range []time.Duration{0, time.Nanosecond} {
		synctest.Test(t, func(t *testing.T) {
			_, err := shake(testCurveClient(), testCurveServer(), func(n int, body []byte) []byte {
				if n == 2 {
					time.Sleep(cookieLife + late)
				}
				return body
			})
			if want := map[bool]error{true: errCookieAge}[late > 0]; !errors.Is(err, want) {
				t.Errorf("INITIATE %v after the WELCOME: %v, want %v", cookieLife+late, err, want)
			}
		})
	}
}

func TestCurveClientTakesError(t *testing.T) {
	for n, sent := range []func(*curveClient){
		func(m *curveClient) { m.Start() },
		func(m *curveClient) { m.Start(); m.due = readyName },
	} {
		client := testCurveClient()
		sent(client)
		_, err := client.Receive([]byte("\x05ERROR\x03400"))
		peer, ok := errors.AsType[*PeerError](err)
		if !ok || peer.Reason != "400" {
			t.Errorf("%d: ERROR gives %v", n, err)
		}
		for _, malformed := range []string{"\x05ERROR", "\x05ERROR\x01", "\x05ERROR\x03ab"} {
			client := testCurveClient()
			sent(client)
			if _, err := client.Receive([]byte(malformed)); !errors.Is(err, errCommand) {
				t.Errorf("%d: %q gives %v", n, malformed, err)
			}
		}
	}
	server := testCurveServer()
	server.Start()
	if _, err := server.Receive([]byte("\x05ERROR\x03400")); err == nil || errors.As(err, new(*PeerError)) {
		t.Errorf("server takes an ERROR: %v", err)
	}
}

// TestCurveHandshakeNonces: the client's nonces must increase.
func TestCurveHandshakeNonces(t *testing.T) {
	server := testCurveServer()
	client := testCurveClient()
	_, err := shake(client, server, func(n int, body []byte) []byte {
		if n == 2 {
			binary.BigEndian.PutUint64(body[105:], 1) // that of the HELLO
		}
		return body
	})
	if !errors.Is(err, errHandshakeSeq) {
		t.Errorf("INITIATE with the nonce of HELLO: %v, want %v", err, errHandshakeSeq)
	}
}
