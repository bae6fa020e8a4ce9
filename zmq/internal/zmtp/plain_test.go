package zmtp

import (
	"errors"
	"strings"
	"testing"
)

func testPlainServer(user, password string) Mechanism {
	return NewPlainServer(local("ROUTER"), func(u, p string) error {
		if u != user || p != password {
			return &Refusal{Err: errors.New("wrong password")}
		}
		return nil
	})
}

// TestPlainHandshakeIsTheRFCs compares with what RFC 24 says is sent.
func TestPlainHandshakeIsTheRFCs(t *testing.T) {
	client := NewPlainClient(local("DEALER"), "ada", "se\x00cret")
	server := testPlainServer("ada", "se\x00cret")
	commands, err := shake(client, server, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"\x05HELLO\x03ada\x07se\x00cret",
		"\x07WELCOME",
		"\x08INITIATE\x0bSocket-Type\x00\x00\x00\x06DEALER\x08X-Greets\x00\x00\x00\x0chello DEALER",
		"\x05READY\x0bSocket-Type\x00\x00\x00\x06ROUTER\x08X-Greets\x00\x00\x00\x0chello ROUTER",
	}
	for i, got := range commands {
		if string(got) != want[i] {
			t.Errorf("command %d = %q, want %q", i, got, want[i])
		}
	}
	for _, m := range []Mechanism{client, server} {
		if peer, ok := m.Peer(); !ok || peer.Get("X-Greets") == nil || m.Seals() {
			t.Errorf("%T knows its peer as %q, %v; it seals: %v", m, peer, ok, m.Seals())
		}
		if answer, err := m.Receive(commands[0]); answer != nil || !errors.Is(err, errHandshakeSeq) {
			t.Errorf("%T takes a command after the handshake: %v", m, err)
		}
	}
}

func TestPlainHandshakeTruncated(t *testing.T) {
	full, err := shake(NewPlainClient(local("DEALER"), "ada", "secret"), testPlainServer("ada", "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, command := range full {
		for size := range command {
			// Metadata has no end of its own: what is cut at the end of a
			// property is valid.
			if i >= 2 && (size == len(readyName) || size == len(initiateName) ||
				strings.HasSuffix(string(command[:size]), "DEALER") || strings.HasSuffix(string(command[:size]), "ROUTER")) {
				continue
			}
			if got, err := shake(NewPlainClient(local("DEALER"), "ada", "secret"), testPlainServer("ada", "secret"), func(n int, body []byte) []byte {
				if n == i {
					return body[:size]
				}
				return body
			}); err == nil {
				t.Errorf("%s cut to %q passes: %d commands", commandNames[i], command[:size], len(got))
			}
		}
	}
}

func TestPlainHandshakeRefuses(t *testing.T) {
	for _, test := range []struct {
		name     string
		at       int
		send     string
		commands int
		answer   string
	}{
		{"another password", 0, "\x05HELLO\x03ada\x06Secret", 2, "\x05ERROR\x03400"},
		{"another user", 0, "\x05HELLO\x03bob\x06secret", 2, "\x05ERROR\x03400"},
		{"nothing", 0, "\x05HELLO\x00\x00", 2, "\x05ERROR\x03400"},
		{"more than a password", 0, "\x05HELLO\x03ada\x06secretx", 1, ""},
		{"no password", 0, "\x05HELLO\x03ada", 1, ""},
		{"READY in place of HELLO", 0, "\x05READY", 1, ""},
		{"INITIATE in place of HELLO", 0, "\x08INITIATE", 1, ""},
		{"no command", 0, "", 1, ""},
		{"nameless command", 0, "\x00", 1, ""},
		{"WELCOME with data", 1, "\x07WELCOME\x00", 2, ""},
		{"READY in place of WELCOME", 1, "\x05READY", 2, ""},
		{"HELLO in place of INITIATE", 2, "\x05HELLO\x03ada\x06secret", 3, ""},
		{"malformed metadata of the client", 2, "\x08INITIATE\x00", 4, "\x05ERROR\x12malformed metadata"},
		{"malformed metadata of the server", 3, "\x05READY\x00", 4, ""},
		{"WELCOME in place of READY", 3, "\x07WELCOME", 4, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := shake(NewPlainClient(local("DEALER"), "ada", "secret"), testPlainServer("ada", "secret"), func(n int, body []byte) []byte {
				if n == test.at {
					return []byte(test.send)
				}
				return body
			})
			if err == nil || len(got) != test.commands {
				t.Fatalf("handshake of %d commands: %v; want %d and an error", len(got), err, test.commands)
			}
			if test.answer != "" && string(got[len(got)-1]) != test.answer {
				t.Errorf("answer %q, want %q", got[len(got)-1], test.answer)
			}
		})
	}
}

func TestPlainClientTakesError(t *testing.T) {
	for _, body := range []string{"\x05ERROR\x03400", "^RROR\x03400"} {
		client := NewPlainClient(local("DEALER"), "ada", "secret")
		client.Start()
		_, err := client.Receive([]byte(body))
		if peer, ok := errors.AsType[*PeerError](err); !ok || peer.Reason != "400" {
			t.Errorf("%q gives %v", body, err)
		}
	}
}

// TestPlainErrorsQuoteNoSecret gives the server commands that are malformed
// around a password.
func TestPlainErrorsQuoteNoSecret(t *testing.T) {
	for _, body := range []string{
		"\x0cHELLO\x06secret", "\x05HELLO\x03ada\x0csecret", "\x05HELLO\x03ada\x06secretsecret",
		"\x06secret", "\x07xsecret", "secret", "\x05HELLO\x06secret",
	} {
		server := NewPlainServer(local("ROUTER"), func(string, string) error { return errors.New("no") })
		server.Start()
		if _, err := server.Receive([]byte(body)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Receive(%q): %v", body, err)
		}
	}
}
