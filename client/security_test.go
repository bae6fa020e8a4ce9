package client_test

import (
	"path/filepath"
	"strings"
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

	short := &client.Config{StartTimeout: 200 * time.Millisecond}
	open := *conn
	open.CurvePublicKey, open.CurveSecretKey = "", jupyter.Key{}
	if c, err := client.Attach(testContext(t), &open, short); err == nil {
		c.Close()
		t.Error("attached without keys")
	}
	other := zmq.NewCurveKey()
	wrong := *conn
	wrong.CurvePublicKey, wrong.CurveSecretKey = other.Public().String(), jupyter.NewKey(other.Secret())
	if c, err := client.Attach(testContext(t), &wrong, short); err == nil {
		c.Close()
		t.Error("attached with the keys of another kernel")
	}
	half := *conn
	half.CurveSecretKey = jupyter.Key{}
	if c, err := client.Attach(testContext(t), &half, short); err == nil || !strings.Contains(err.Error(), "curve_secretkey") {
		if err == nil {
			c.Close()
		}
		t.Errorf("attached with half a pair of keys: %v", err)
	}
}
