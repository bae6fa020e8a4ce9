package client_test

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// connectionOf returns the connection of a kernel that was started with cfg.
func connectionOf(t *testing.T, cfg *client.Config) *jupyter.ConnectionInfo {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cfg.RuntimeDir, "kernel-*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("connection files %q, %v", files, err)
	}
	conn, err := jupyter.ReadConnectionFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// startWordsWith starts the kernel of words, whose kernelspec says that it can
// encrypt if curve says so.
func startWordsWith(t *testing.T, encryption client.Encryption, curve any) (*client.Client, *client.Config, error) {
	t.Helper()
	spec := processSpec(t, "words")
	spec.InterruptMode = jupyter.InterruptByMessage
	if curve != nil {
		spec.Metadata = jupyter.Object{"supported_encryption": curve}
	}
	cfg := config(t, &client.Config{Encryption: encryption})
	c, err := client.Start(testContext(t), spec, cfg)
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, cfg, err
}

func TestEncryption(t *testing.T) {
	for _, test := range []struct {
		name       string
		encryption client.Encryption
		curve      any
		encrypted  bool
		err        string
	}{
		{"disabled", client.EncryptionDisabled, []any{"curve"}, false, ""},
		{"auto", client.EncryptionAuto, []any{"curve"}, true, ""},
		{"auto, for a kernel that cannot", client.EncryptionAuto, nil, false, ""},
		{"required", client.EncryptionRequired, "curve", true, ""},
		{"required, of a kernel that cannot", client.EncryptionRequired, []any{"tls"}, false, `kernel "fake" cannot encrypt`},
		{"unknown", 7, nil, false, "unknown encryption 7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, cfg, err := startWordsWith(t, test.encryption, test.curve)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("Start: %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			conn := connectionOf(t, cfg)
			if got := conn.CurvePublicKey != "" && !conn.CurveSecretKey.Empty(); got != test.encrypted {
				t.Errorf("connection with keys: %v, want %v", got, test.encrypted)
			}
			var got streams
			if _, err := c.Execute(testContext(t), "print yes", &client.ExecuteOptions{Output: got.add}); err != nil || got.text.String() != "yes\n" {
				t.Errorf("Execute: %q, %v", got.text.String(), err)
			}
		})
	}
}

// TestEncryptedAttach joins an encrypted kernel, with and without its keys.
func TestEncryptedAttach(t *testing.T) {
	_, cfg, err := startWordsWith(t, client.EncryptionRequired, "curve")
	if err != nil {
		t.Fatal(err)
	}
	conn := connectionOf(t, cfg)
	second, err := client.Attach(testContext(t), conn, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err := second.Execute(testContext(t), "print yes", nil); err != nil {
		t.Errorf("Execute: %v", err)
	}

	open, wrong, half, unsigned := *conn, *conn, *conn, *conn
	open.CurvePublicKey, open.CurveSecretKey = "", jupyter.Key{}
	other := zmq.NewCurveKey()
	wrong.CurvePublicKey, wrong.CurveSecretKey = other.Public().String(), jupyter.NewKey(other.Secret())
	half.CurveSecretKey = jupyter.Key{}
	unsigned.Key = jupyter.RandomKey()
	var wg sync.WaitGroup
	wg.Go(func() { failsToAttach(t, &open, "no connection to shell", "security mechanism CURVE") })
	wg.Go(func() { failsToAttach(t, &wrong, "no connection to shell", "closed during the handshake") })
	wg.Go(func() { failsToAttach(t, &half, "curve_secretkey") })
	wg.Go(func() { failsToAttach(t, &unsigned, "no kernel_info_request", "key") })
	wg.Wait()
}

// failsToAttach fails the test if Attach does not say each of why, given the time to
// find it out.
func failsToAttach(t *testing.T, conn *jupyter.ConnectionInfo, why ...string) {
	t.Helper()
	for limit := time.Second; ; limit *= 2 {
		c, err := client.Attach(testContext(t), conn, &client.Config{StartTimeout: limit})
		if err == nil {
			c.Close()
			t.Errorf("Attach: no error, want %q", why)
			return
		}
		unsaid := slices.DeleteFunc(slices.Clone(why), func(w string) bool { return strings.Contains(err.Error(), w) })
		if len(unsaid) == 0 {
			return
		}
		if limit > testTimeout/2 {
			t.Errorf("Attach: %v, want %q", err, unsaid)
			return
		}
	}
}
