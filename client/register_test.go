package client_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// startRegistered starts a kernel of words that says that it can register.
func startRegistered(t *testing.T, version string, cfg *client.Config) *client.Client {
	t.Helper()
	spec := processSpec(t, "words")
	spec.ProtocolVersion = version
	spec.Metadata = jupyter.Object{"supported_encryption": []any{"curve"}}
	cfg.Handshake = true
	c, err := client.Start(testContext(t), spec, config(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestHandshake(t *testing.T) {
	for name, cfg := range map[string]*client.Config{
		"tcp": {}, "ipc": {Transport: "ipc"},
		"curve": {Encryption: client.EncryptionRequired},
		"long":  {Transport: "ipc", RuntimeDir: filepath.Join(t.TempDir(), strings.Repeat("d", 100))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startRegistered(t, "5.6", cfg)
			for range 3 {
				if got := run(t, c, "print hi"); got != "hi\n" {
					t.Errorf("printed %q", got)
				}
				if raw, err := os.ReadFile(c.ConnectionFile()); err != nil || !strings.Contains(string(raw), "registration_ip") {
					t.Errorf("the kernel did not register: %s, %v", raw, err)
				}
				// Others find the kernel by the same file.
				conn, err := jupyter.ReadConnectionFile(c.ConnectionFile())
				if err != nil {
					t.Fatal(err)
				}
				other, err := client.Attach(testContext(t), conn, nil)
				if err != nil {
					t.Fatal(err)
				}
				other.Close()
				if err := c.Restart(testContext(t)); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestHandshakeOnlyWithKernelsThatCan(t *testing.T) {
	for version, want := range map[string]bool{
		"": false, "5": false, "5.5": false, "5.6": true, "5.6.0": true, "5.10": true, "6.0": true, "new": false,
	} {
		c := startRegistered(t, version, &client.Config{})
		raw, err := os.ReadFile(c.ConnectionFile())
		if got := strings.Contains(string(raw), "registration_port"); err != nil || got != want {
			t.Errorf("with kernel_protocol_version %q: registered %v, %v", version, got, err)
		}
		c.Close()
	}
}

func TestHandshakeOfAKernelThatEnds(t *testing.T) {
	spec := processSpec(t, "broken") // it does not even read the file
	spec.ProtocolVersion = jupyter.HandshakeVersion
	_, err := client.Start(testContext(t), spec, config(t, &client.Config{Handshake: true}))
	if _, ok := errors.AsType[*client.ExitError](err); !ok {
		t.Errorf("Start = %v, want that the kernel has ended", err)
	}
}

// TestHandshakeOfManyAtOnce starts kernels at the same time: no two choose the
// same port.
func TestHandshakeOfManyAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			c := startRegistered(t, "5.6", &client.Config{})
			if got := run(t, c, "print hi"); got != "hi\n" {
				t.Errorf("printed %q", got)
			}
		})
	}
	wg.Wait()
}
