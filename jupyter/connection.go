package jupyter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
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
	Ports           [5]int // by Channel; 0 is yet to be chosen
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
	return endpoint(c.Transport, c.IP, c.Ports[ch])
}

// LogValue shows where the kernel is, and no key.
func (c *ConnectionInfo) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("transport", c.Transport), slog.String("ip", c.IP)}
	for ch, key := range portKeys {
		attrs = append(attrs, slog.Int(key, c.Ports[ch]))
	}
	return slog.GroupValue(attrs...)
}

// FindConnectionFile returns the path of the connection file that name means, as
// the programs of Jupyter take it: a path, the name of a file in [RuntimeDir], or a
// part of that, for instance the id of the kernel. Of several it is the newest, so
// that the empty name means the kernel that was started last.
func FindConnectionFile(name string) (string, error) {
	dir := RuntimeDir()
	if name != "" {
		for _, path := range []string{name, filepath.Join(dir, name)} {
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				return path, nil
			}
		}
	}
	var newest string
	var when time.Time
	entries, _ := os.ReadDir(dir) // one that is not there has none
	for _, e := range entries {
		file := e.Name()
		if !strings.HasPrefix(file, "kernel-") || !strings.HasSuffix(file, ".json") ||
			!strings.Contains(file, name) {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().After(when) {
			newest, when = filepath.Join(dir, file), info.ModTime()
		}
	}
	switch {
	case newest != "":
		return newest, nil
	case name == "":
		return "", fmt.Errorf("jupyter: no connection file of a kernel in %s", dir)
	}
	return "", fmt.Errorf("jupyter: no connection file %q, neither here nor in %s", name, dir)
}

// ReadConnectionFile reads a connection file. Its errors name the file and say
// what is wrong with it, without a word of its content.
func ReadConnectionFile(path string) (*ConnectionInfo, error) {
	c, _, err := readFile(path, parseConnection)
	return c, err
}

// ReadKernelFile reads what a kernel is started with: a connection file or a
// registration file. With the latter, r is not nil and the ports are 0.
func ReadKernelFile(path string) (c *ConnectionInfo, r *Registration, err error) {
	return readFile(path, parseKernelFile)
}

func readFile(path string, parse func([]byte) (*ConnectionInfo, *Registration, error),
) (*ConnectionInfo, *Registration, error) {
	raw, err := os.ReadFile(path)
	if perr, ok := errors.AsType[*fs.PathError](err); ok {
		err = perr.Err
	}
	if err != nil {
		return nil, nil, fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	c, r, err := parse(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	return c, r, nil
}

// parseConnection parses a file that says where a kernel is. A registration
// file says so when its kernel has registered.
func parseConnection(raw []byte) (*ConnectionInfo, *Registration, error) {
	f, err := parseFields(raw)
	if err != nil {
		return nil, nil, err
	}
	_, registers := f.keys["registration_port"]
	if _, bound := f.keys["shell_port"]; registers && !bound {
		return nil, nil, errors.New("this is a registration file, whose kernel has not registered")
	}
	c := &ConnectionInfo{IP: f.needText("ip")}
	c.take(f)
	for ch, key := range portKeys {
		c.Ports[ch] = f.port(key)
	}
	if err := c.finish(f); err != nil {
		return nil, nil, err
	}
	return c, nil, nil
}

// parseKernelFile parses a connection file or a registration file.
func parseKernelFile(raw []byte) (*ConnectionInfo, *Registration, error) {
	f, err := parseFields(raw)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := f.keys["registration_port"]; !ok {
		return parseConnection(raw)
	}
	c := &ConnectionInfo{}
	r := takeRegistration(f, c)
	c.take(f)
	if err := c.finish(f); err != nil {
		return nil, nil, err
	}
	r.transport = c.Transport
	if r.codec, err = NewCodec(c.SignatureScheme, c.Key); err != nil {
		return nil, nil, err
	}
	return c, r, nil
}

// parseFields returns the keys of the JSON object in raw.
func parseFields(raw []byte) (*fields, error) {
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
	return &fields{keys: keys}, nil
}

// take takes what f has besides the address and the ports.
func (c *ConnectionInfo) take(f *fields) {
	c.Transport = f.text("transport", "tcp")
	c.SignatureScheme = f.text("signature_scheme", SchemeHMACSHA256)
	c.Key = NewKey(f.needKey("key"))
	c.KernelName = f.text("kernel_name", "")
	c.CurvePublicKey = f.text("curve_publickey", "")
	c.CurveSecretKey = NewKey(f.text("curve_secretkey", ""))
}

// finish keeps the keys that are left in f, and returns what is wrong.
func (c *ConnectionInfo) finish(f *fields) error {
	if len(f.errs) > 0 {
		return joinLine(f.errs)
	}
	if len(f.keys) > 0 {
		c.Extra = f.keys
	}
	return c.check()
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

// textPort is port for a number that may be written as a string.
func (f *fields) textPort(key string) int {
	if raw, ok := f.keys[key]; ok {
		f.keys[key] = bytes.Trim(raw, `"`)
	}
	return f.port(key)
}

// WriteFile writes c to path, in one step and readable only by its owner.
func (c *ConnectionInfo) WriteFile(path string) error { return c.writeFile(path, nil) }

// writeFile writes c, with r if it is not nil.
func (c *ConnectionInfo) writeFile(path string, r *Registration) error {
	raw, err := c.encode(r)
	if err == nil {
		err = writeFile(path, raw, 0o600)
	}
	if err != nil {
		return fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	return nil
}

func (c *ConnectionInfo) encode(r *Registration) ([]byte, error) {
	m := map[string]any{
		"transport":        c.Transport,
		"ip":               c.IP,
		"signature_scheme": c.SignatureScheme,
		"key":              c.Key.Reveal(),
		"kernel_name":      c.KernelName,
	}
	if r != nil {
		m["registration_port"] = r.Port
		if !r.Older {
			m["registration_ip"], m["kernel_id"] = r.IP, r.KernelID
		}
	}
	for ch, key := range portKeys {
		if r == nil || c.Ports[ch] != 0 {
			m[key] = c.Ports[ch]
		}
	}
	if c.CurvePublicKey != "" {
		m["curve_publickey"] = c.CurvePublicKey
	}
	if !c.CurveSecretKey.Empty() {
		m["curve_secretkey"] = c.CurveSecretKey.Reveal()
	}
	for key, raw := range c.Extra {
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
