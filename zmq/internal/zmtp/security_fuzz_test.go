package zmtp

import (
	"bytes"
	"crypto/ecdh"
	"errors"
	"testing"
)

// addHandshakes seeds f with the commands of valid handshakes.
func addHandshakes(f *testing.F) {
	for _, ends := range [][2]Mechanism{
		{testCurveClient(), testCurveServer()},
		{NewPlainClient(local("DEALER"), "ada", "secret"), testPlainServer("ada", "secret")},
		{NewPlainClient(local("DEALER"), "ada", "no"), testPlainServer("ada", "secret")},
	} {
		commands, _ := shake(ends[0], ends[1], nil)
		for i := 0; i+1 < len(commands); i += 2 {
			f.Add(commands[i], commands[i+1])
		}
	}
	f.Add([]byte("\x05ERROR\x03400"), []byte("\x05ERROR\x00"))
}

// fuzzEnd gives an end two commands, and what it seals once it is connected.
func fuzzEnd(t *testing.T, m Mechanism, commands ...[]byte) {
	if _, err := m.Start(); err != nil {
		t.Fatalf("%T.Start: %v", m, err)
	}
	failed := false
	for _, body := range commands {
		before := bytes.Clone(body)
		answer, err := m.Receive(body)
		if !bytes.Equal(before, body) {
			t.Errorf("%T.Receive changes what it is given", m)
		}
		if failed && err == nil {
			t.Errorf("%T goes on after an error with %q", m, answer)
		}
		failed = failed || err != nil
	}
	if _, done := m.Peer(); done && failed && len(commands) < 3 {
		t.Errorf("%T is connected in spite of an error", m)
	}
}

// FuzzSecurityHandshake gives every end of every mechanism commands of an
// attacker who does not have the keys.
func FuzzSecurityHandshake(f *testing.F) {
	addHandshakes(f)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		denyAll := func(*ecdh.PublicKey, Metadata) error { return &Refusal{Err: errors.New("no")} }
		for _, m := range []Mechanism{
			newCurveClient(local("DEALER"), clientKey, serverKey.PublicKey(), systemRandom),
			newCurveServer(local("ROUTER"), serverKey, denyAll, systemRandom),
			NewPlainClient(local("DEALER"), "ada", "secret"),
			testPlainServer("ada", "secret"),
		} {
			fuzzEnd(t, m, first, second)
			if _, done := m.Peer(); done && m.Seals() {
				t.Errorf("%T is connected to a peer without keys", m)
			}
		}
	})
}

// FuzzCurveInside gives a server metadata and messages of a client that has a
// key, and so can put anything into its boxes.
func FuzzCurveInside(f *testing.F) {
	f.Add([]byte(local("DEALER").Metadata), byte(0), []byte("body"))
	f.Add([]byte{}, byte(payloadMore), []byte{})
	f.Add([]byte{0}, byte(4), sample(300))
	f.Fuzz(func(t *testing.T, metadata []byte, flags byte, body []byte) {
		client, server := testCurveClient(), testCurveServer()
		peer, parseErr := ParseMetadata(metadata)
		client.local.Metadata = peer
		if _, err := shake(client, server, nil); err != nil {
			if parseErr == nil {
				t.Fatalf("metadata %q: %v", metadata, err)
			}
			return
		}
		message := make([]byte, SealOverhead+len(body))
		client.sealKey.seal(message, client.sent+1, flags, body, nil)
		frame, err := server.Open(message)
		if valid := flags <= payloadCommand; valid != (err == nil) || valid && !bytes.Equal(frame.Body, body) {
			t.Errorf("payload flags %#x, %d octets: %v", flags, len(body), err)
		}
	})
}

// FuzzCurveOpen gives a connected end bodies of frames.
func FuzzCurveOpen(f *testing.F) {
	client, _ := connected(f)
	for _, size := range []int{0, 1, 300} {
		wire, err := client.Seal(nil, 0, sample(size))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(unframe(f, wire))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		client, server := connected(t)
		want, err := client.Seal(nil, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.Open(bytes.Clone(body)); err != nil {
			// An attacker's frame changes nothing.
			if _, err := server.Open(unframe(t, want)); err != nil {
				t.Errorf("after %q: %v", body, err)
			}
		}
	})
}
