package kernel_test

import (
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// TestCurveRefusesOthers: a client without encryption, and one that expects
// another kernel, reach none of the five sockets.
func TestCurveRefusesOthers(t *testing.T) {
	k := kerneltest.StartKernel(t, newScript(), &kerneltest.Options{Transport: "tcp", Encrypt: true})
	for name, security := range map[string]*zmq.Security{
		"no encryption":  nil,
		"another kernel": zmq.CurveClient(zmq.NewCurveKey(), zmq.NewCurveKey().Public()),
		"a password":     zmq.PlainClient("user", "password"),
	} {
		for _, ch := range jupyter.Channels() {
			typ := zmq.Dealer
			if ch == jupyter.IOPub {
				typ = zmq.Sub
			}
			s, err := zmq.NewSocket(typ, &zmq.Config{Security: security})
			if err != nil {
				t.Fatal(err)
			}
			events := s.Monitor()
			if err := s.Connect(k.Info.Endpoint(ch)); err != nil {
				t.Fatal(err)
			}
			for e := range events {
				if e.Kind == zmq.PeerAttached {
					t.Errorf("%s: attached to %v", name, ch)
				}
				if e.Kind == zmq.PeerAttached || e.Kind == zmq.HandshakeFailed {
					break
				}
			}
			s.Close()
		}
	}
}

func TestCurveKeysOfTheConnection(t *testing.T) {
	one, other := zmq.NewCurveKey(), zmq.NewCurveKey()
	for _, test := range []struct{ name, public, secret, want string }{
		{"of two pairs", one.Public().String(), other.Secret(), "do not belong together"},
		{"no Z85", strings.Repeat(" ", 40), one.Secret(), "character 1 is none of the 85"},
		{"short secret key", one.Public().String(), one.Secret()[:39], "39 characters"},
		{"no secret key", one.Public().String(), "", "0 characters"},
		{"no public key", "", one.Secret(), "0 characters"},
	} {
		info := jupyter.NewConnectionInfo()
		info.CurvePublicKey, info.CurveSecretKey = test.public, jupyter.NewKey(test.secret)
		s, err := kernel.NewServer(newScript(), info, nil)
		if err == nil {
			s.Close()
			t.Errorf("%s: no error", test.name)
			continue
		}
		if !strings.Contains(err.Error(), test.want) || test.secret != "" && strings.Contains(err.Error(), test.secret) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}
