package zmq

import (
	"errors"
	"maps"
	"testing"
	"time"
)

// A secured is a mechanism between us and libzmq, with us in one role.
type secured struct {
	name   string
	ours   *Security
	theirs object // libzmq's options
	asks   bool   // libzmq needs somebody to ask about the credentials
}

// securedWithLibzmq returns each mechanism, with us in each role.
func securedWithLibzmq() []secured {
	server, client := NewCurveKey(), NewCurveKey()
	return []secured{
		{"NULL", NullServer(AllowAny), object{}, false},
		{"PLAIN server", PlainServer(AllowUsers(map[string]string{"ada": "secret"})), object{"plain_username": "ada", "plain_password": "secret"}, false},
		{"PLAIN client", PlainClient("ada", "secret"), object{"plain_server": 1}, true},
		{"CURVE server", CurveServer(server, AllowKeys(client.Public())), object{
			"curve_serverkey": server.Public().String(), "curve_publickey": client.Public().String(), "curve_secretkey": client.Secret(),
		}, false},
		{"CURVE client", CurveClient(client, server.Public()), object{
			"curve_server": 1, "curve_publickey": server.Public().String(), "curve_secretkey": server.Secret(),
		}, false},
		{"CURVE client with the server's key", CurveClient(server, server.Public()), object{
			"curve_server": 1, "curve_publickey": server.Public().String(), "curve_secretkey": server.Secret(),
		}, false},
	}
}

// with returns the options and some more.
func (s secured) with(more object) object {
	all := maps.Clone(s.theirs)
	maps.Copy(all, more)
	return all
}

// securedBothWays runs test for each mechanism and role, with libzmq
// connecting and with libzmq binding.
func securedBothWays(t *testing.T, test func(t *testing.T, f *foreign, sec secured, foreignBinds bool)) {
	bothWays(t, func(t *testing.T, f *foreign, foreignBinds bool) {
		for _, sec := range securedWithLibzmq() {
			t.Run(sec.name, func(t *testing.T) {
				f := f
				if sec.asks {
					f = startForeign(t)
					f.do(object{"op": "authenticate", "passwords": object{"ada": "secret"}})
				}
				f.t = t
				test(t, f, sec, foreignBinds)
			})
		}
		f.t = t
	})
}

// TestInteropSecurityHeartbeat: PINGs and PONGs travel in boxes too.
func TestInteropSecurityHeartbeat(t *testing.T) {
	securedBothWays(t, func(t *testing.T, f *foreign, sec secured, foreignBinds bool) {
		dealer := newSocket(t, Dealer, &Config{Security: sec.ours, HeartbeatInterval: 5 * time.Millisecond, HeartbeatTimeout: patience})
		events := dealer.Monitor()
		f.open(dealer, "dealer", "DEALER", sec.with(object{"heartbeat_ivl": 20, "heartbeat_timeout": 10000, "heartbeat_ttl": 60000}), foreignBinds)
		live := &event(t, events, PeerAttached).Peer.live
		var pings int
		var last time.Time
		eventually(t, "libzmq's PING and three answers to ours", func() bool {
			live.mu.Lock()
			defer live.mu.Unlock()
			if live.pinged.After(last) && !live.pinging {
				last = live.pinged
				pings++
			}
			return pings >= 3 && live.ttl == time.Minute
		})
		f.send("dealer", "still there")
		want(t, dealer, "still there")
	})
}

func TestInteropSecurityRefused(t *testing.T) {
	server, client, other := NewCurveKey(), NewCurveKey(), NewCurveKey()
	curveKeys := func(k *CurveKey) object {
		return object{"curve_publickey": k.Public().String(), "curve_secretkey": k.Secret(), "curve_serverkey": server.Public().String()}
	}
	plain := object{"plain_username": "ada", "plain_password": "secret"}
	f := startForeign(t)
	for _, test := range []struct {
		name    string
		ours    *Security
		theirs  object
		denied  bool
		timeout time.Duration
	}{
		{name: "NULL client of a CURVE server", ours: CurveServer(server, AllowAny)},
		{name: "CURVE client of a NULL server", theirs: curveKeys(client)},
		{name: "PLAIN client of a CURVE server", ours: CurveServer(server, AllowAny), theirs: plain},
		{name: "CURVE client with another server key", ours: CurveServer(other, AllowAny), theirs: curveKeys(client)},
		{name: "CURVE client that is not allowed", ours: CurveServer(server, AllowKeys(other.Public())), theirs: curveKeys(client), denied: true},
		{name: "PLAIN client with a wrong password", ours: PlainServer(AllowUsers(map[string]string{"ada": "Secret"})), theirs: plain, denied: true},
		{name: "two CURVE servers", ours: CurveServer(server, AllowAny), timeout: 50 * time.Millisecond,
			theirs: object{"curve_server": 1, "curve_publickey": client.Public().String(), "curve_secretkey": client.Secret()}},
		{name: "two CURVE clients", ours: CurveClient(client, server.Public()), theirs: curveKeys(other)},
	} {
		t.Run(test.name, func(t *testing.T) {
			f.t = t
			dealer := newSocket(t, Dealer, &Config{Security: test.ours, HandshakeTimeout: test.timeout})
			events := dealer.Monitor()
			f.open(dealer, "dealer", "DEALER", test.theirs, false)
			failed := event(t, events, HandshakeFailed)
			if errors.Is(failed.Err, ErrDenied) != test.denied {
				t.Errorf("handshake failed with %v", failed.Err)
			}
			f.do(object{"op": "close", "name": "dealer"})
		})
	}
}

// TestInteropRefusedByLibzmq: we understand why libzmq does not let us in.
func TestInteropRefusedByLibzmq(t *testing.T) {
	f := startForeign(t)
	// An empty folder has the key of nobody.
	f.do(object{"op": "authenticate", "passwords": object{"ada": "secret"}, "keys": t.TempDir()})
	server := NewCurveKey()
	for name, test := range map[string]struct {
		ours   *Security
		theirs object
	}{
		"PLAIN": {PlainClient("ada", "Secret"), object{"plain_server": 1}},
		"CURVE": {CurveClient(NewCurveKey(), server.Public()), object{
			"curve_server": 1, "curve_publickey": server.Public().String(), "curve_secretkey": server.Secret(),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			dealer := newSocket(t, Dealer, &Config{Security: test.ours})
			events := dealer.Monitor()
			f.open(dealer, "dealer", "DEALER", test.theirs, true)
			failed := event(t, events, HandshakeFailed)
			if perr, ok := errors.AsType[*ProtocolError](failed.Err); !ok || perr.Reason != "refused by peer: it does not accept the credentials (400)" {
				t.Errorf("handshake failed with %v", failed.Err)
			}
			f.do(object{"op": "close", "name": "dealer"})
		})
	}
}
