package jupyter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Channel is one of the five sockets of a kernel.
type Channel int

// The channels.
const (
	Shell Channel = iota
	Control
	Stdin
	IOPub
	Heartbeat
	numChannels
)

// portKeys are the names of the ports in a connection file, by Channel.
var portKeys = [numChannels]string{
	"shell_port", "control_port", "stdin_port", "iopub_port", "hb_port",
}

// Channels returns the five channels.
func Channels() []Channel { return []Channel{Shell, Control, Stdin, IOPub, Heartbeat} }

// String returns "shell", "control", "stdin", "iopub" or "heartbeat".
func (c Channel) String() string {
	if c < 0 || c >= numChannels {
		return fmt.Sprintf("channel %d", int(c))
	}
	return [...]string{"shell", "control", "stdin", "iopub", "heartbeat"}[c]
}

// ConnectionInfo is what a connection file says: where the sockets of a kernel
// are, and how its messages are signed.
//
// https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files
type ConnectionInfo struct {
	Transport       string // "tcp" or "ipc"
	IP              string // with ipc, the path that the names of the sockets begin with
	Ports           [numChannels]int
	SignatureScheme string
	Key             Key
	KernelName      string

	// CurvePublicKey and CurveSecretKey are the CURVE keys of the kernel, in
	// Z85; empty without encryption.
	CurvePublicKey string
	CurveSecretKey Key

	// Extra holds the keys of the file that have no field here.
	Extra map[string]json.RawMessage
}

// NewConnectionInfo returns a connection over tcp on the loopback interface,
// with a random key and ports that are yet to be chosen.
func NewConnectionInfo() *ConnectionInfo {
	return &ConnectionInfo{
		Transport:       "tcp",
		IP:              "127.0.0.1",
		SignatureScheme: SchemeHMACSHA256,
		Key:             RandomKey(),
	}
}

// Endpoint returns the 0MQ endpoint of ch: "tcp://127.0.0.1:5555", or with ipc
// in the form that Jupyter uses, "ipc:///run/kernel-5555".
func (c *ConnectionInfo) Endpoint(ch Channel) string {
	if c.Transport == "ipc" {
		return fmt.Sprintf("ipc://%s-%d", c.IP, c.Ports[ch])
	}
	ip := c.IP
	if strings.Contains(ip, ":") && !strings.HasPrefix(ip, "[") {
		ip = "[" + ip + "]"
	}
	return fmt.Sprintf("%s://%s:%d", c.Transport, ip, c.Ports[ch])
}

// LogValue shows where the kernel is, and no key.
func (c *ConnectionInfo) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("transport", c.Transport), slog.String("ip", c.IP)}
	for ch, key := range portKeys {
		attrs = append(attrs, slog.Int(key, c.Ports[ch]))
	}
	return slog.GroupValue(attrs...)
}

// ReadConnectionFile reads a connection file. Its errors name the file and say
// what is wrong with it, without a word of its content.
func ReadConnectionFile(path string) (*ConnectionInfo, error) {
	raw, err := os.ReadFile(path)
	if perr, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("jupyter: connection file %s: %w", path, perr.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	c, err := ParseConnectionInfo(raw)
	if err != nil {
		return nil, fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	return c, nil
}

// ParseConnectionInfo parses the content of a connection file.
func ParseConnectionInfo(raw []byte) (*ConnectionInfo, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, errors.New("the file is empty")
	}
	if err := checkObject(raw); err != nil {
		return nil, err
	}
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &keys); err != nil {
		return nil, errors.New("not a JSON object")
	}
	f := fields{keys: keys}
	if _, ok := keys["registration_port"]; ok {
		return nil, errors.New("this is a registration file, not a connection file")
	}
	c := &ConnectionInfo{
		Transport:       f.text("transport", "tcp"),
		IP:              f.needText("ip"),
		SignatureScheme: f.text("signature_scheme", SchemeHMACSHA256),
		Key:             NewKey(f.needKey("key")),
		KernelName:      f.text("kernel_name", ""),
		CurvePublicKey:  f.text("curve_publickey", ""),
		CurveSecretKey:  NewKey(f.text("curve_secretkey", "")),
	}
	for ch, key := range portKeys {
		c.Ports[ch] = f.port(key)
	}
	if len(f.errs) > 0 {
		return nil, joinLine(f.errs)
	}
	if len(keys) > 0 {
		c.Extra = keys
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// joinLine joins errors in one line.
func joinLine(errs []error) error {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return errors.New(strings.Join(texts, ", "))
}

// check looks for values that no kernel can use.
func (c *ConnectionInfo) check() error {
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return fmt.Errorf("transport is %q, want tcp or ipc", c.Transport)
	}
	if _, err := NewCodec(c.SignatureScheme, Key{}); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "jupyter: "))
	}
	// With half a pair nobody could tell whether to encrypt.
	if (c.CurvePublicKey == "") != c.CurveSecretKey.Empty() {
		return errors.New("of curve_publickey and curve_secretkey only one is there")
	}
	for i, p := range c.Ports {
		if j := slices.Index(c.Ports[:i], p); p != 0 && j >= 0 {
			return fmt.Errorf("%s and %s are both %d", portKeys[j], portKeys[i], p)
		}
	}
	return nil
}

// fields takes values out of a JSON object and collects what is wrong.
type fields struct {
	keys map[string]json.RawMessage
	errs []error
}

func (f *fields) errorf(format string, args ...any) {
	f.errs = append(f.errs, fmt.Errorf(format, args...))
}

// take removes a key; ok is false if it is not there or null.
func (f *fields) take(key string) (raw json.RawMessage, ok bool) {
	raw, ok = f.keys[key]
	delete(f.keys, key)
	return raw, ok && string(raw) != "null"
}

func (f *fields) text(key, missing string) string {
	raw, ok := f.take(key)
	if !ok {
		return missing
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		f.errorf("%s is not a string", key)
	}
	return s
}

// needText takes a string that must be there and not empty, needKey one that
// may be empty.
func (f *fields) needText(key string) string {
	if s := f.needKey(key); s != "" || len(f.errs) > 0 {
		return s
	}
	f.errorf("%s is empty", key)
	return ""
}

func (f *fields) needKey(key string) string {
	if raw, ok := f.keys[key]; !ok || string(raw) == "null" {
		f.errorf("%s is missing", key)
	}
	return f.text(key, "")
}

func (f *fields) port(key string) int {
	raw, ok := f.take(key)
	if !ok {
		f.errorf("%s is missing", key)
		return 0
	}
	var n int
	if json.Unmarshal(raw, &n) != nil || n < 0 || n > 65535 {
		f.errorf("%s is no port (a number from 0 to 65535)", key)
	}
	return n
}

// WriteFile writes c to path, in one step and readable only by its owner.
func (c *ConnectionInfo) WriteFile(path string) (err error) {
	raw, err := c.encode()
	if err != nil {
		return fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	if err := writeFile(path, raw, 0o600); err != nil {
		return fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	return nil
}

func (c *ConnectionInfo) encode() ([]byte, error) {
	m := map[string]any{
		"transport":        c.Transport,
		"ip":               c.IP,
		"signature_scheme": c.SignatureScheme,
		"key":              c.Key.Reveal(),
		"kernel_name":      c.KernelName,
	}
	for ch, key := range portKeys {
		m[key] = c.Ports[ch]
	}
	if c.CurvePublicKey != "" {
		m["curve_publickey"] = c.CurvePublicKey
	}
	if !c.CurveSecretKey.Empty() {
		m["curve_secretkey"] = c.CurveSecretKey.Reveal()
	}
	for key, raw := range maps.All(c.Extra) {
		if _, ok := m[key]; !ok {
			m[key] = raw
		}
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	return append(raw, '\n'), err
}

// writeFile writes a file under another name and then gives it its own, so
// that nobody reads half of it.
func writeFile(path string, data []byte, perm fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := f.Chmod(perm); err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
