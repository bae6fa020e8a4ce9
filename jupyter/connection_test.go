package jupyter

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const testConnection = `{"control_port": 50160, "shell_port": 57503, "transport": "tcp",
 "signature_scheme": "hmac-sha256", "stdin_port": 52597, "hb_port": 42540, "ip": "127.0.0.1",
 "iopub_port": 40885, "key": "a0436f6c", "jupyter_session": "x.ipynb", "kernel_name": "adrastea"}`

func TestConnectionFileRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runtime")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "kernel-1.json")
	if err := os.WriteFile(path, []byte(testConnection), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadConnectionFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Ports != [...]int{57503, 50160, 52597, 40885, 42540} || c.Key.Reveal() != "a0436f6c" {
		t.Errorf("read %+v", c)
	}
	if got := c.Endpoint(IOPub); got != "tcp://127.0.0.1:40885" {
		t.Errorf("Endpoint = %q", got)
	}
	c.Ports[Shell] = 65535
	again := filepath.Join(dir, "again.json")
	if err := c.WriteFile(again); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(again); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", st.Mode(), err)
	}
	d, err := ReadConnectionFile(again)
	if err != nil || d.Ports[Shell] != 65535 || string(d.Extra["jupyter_session"]) != `"x.ipynb"` ||
		d.KernelName != "adrastea" || d.Key.Reveal() != c.Key.Reveal() {
		t.Errorf("read again %+v, %v", d, err)
	}
	if got := slices.Collect(maps.Keys(d.Extra)); len(got) != 1 {
		t.Errorf("unknown keys: %q", got)
	}
	c.Transport, c.IP = "ipc", "/run/kernel-1-ipc"
	c.CurvePublicKey, c.CurveSecretKey = "public", NewKey("secret")
	if err := c.WriteFile(again); err != nil {
		t.Fatal(err)
	}
	d, err = ReadConnectionFile(again)
	if err != nil || d.Endpoint(Shell) != "ipc:///run/kernel-1-ipc-65535" ||
		d.CurvePublicKey != "public" || d.CurveSecretKey.Reveal() != "secret" {
		t.Errorf("read with CURVE keys, over ipc: %+v, %v", d, err)
	}
	if err := c.WriteFile(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("WriteFile in the place of a directory: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 1 {
		t.Errorf("a file that could not be written left behind: %v, %v", entries, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestFindConnectionFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("JUPYTER_RUNTIME_DIR", dir)
	if path, err := FindConnectionFile(""); err == nil ||
		!strings.Contains(err.Error(), "no connection file of a kernel in "+dir) {
		t.Errorf("FindConnectionFile in an empty directory = %q, %v", path, err)
	}
	elsewhere := filepath.Join(t.TempDir(), "mine")
	for i, path := range []string{
		elsewhere, filepath.Join(dir, "kernel-4712.json"), filepath.Join(dir, "kernel-4711.json"),
		filepath.Join(dir, "jpserver-4711.json"), filepath.Join(dir, "kernel-4711-ipc-1"),
	} {
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Unix(int64(1e9+i), 0)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "4712"), 0o700); err != nil { // no file
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		elsewhere: elsewhere, "kernel-4712.json": "kernel-4712.json", "4712": "kernel-4712.json",
		"jpserver-4711.json": "jpserver-4711.json", "47": "kernel-4711.json", "": "kernel-4711.json",
	} {
		if want != elsewhere {
			want = filepath.Join(dir, want)
		}
		if path, err := FindConnectionFile(name); err != nil || path != want {
			t.Errorf("FindConnectionFile(%q) = %q, %v; want %q", name, path, err, want)
		}
	}
	if path, err := FindConnectionFile("no"); err == nil || !strings.Contains(err.Error(), `"no"`) {
		t.Errorf("FindConnectionFile of nothing = %q, %v", path, err)
	}
}

func TestEndpoints(t *testing.T) {
	tests := []struct{ transport, ip, want string }{
		{"tcp", "0.0.0.0", "tcp://0.0.0.0:5"},
		{"tcp", "::1", "tcp://[::1]:5"},
		{"tcp", "[::1]", "tcp://[::1]:5"},
		{"ipc", "/run/user/1/kernel-x-ipc", "ipc:///run/user/1/kernel-x-ipc-5"},
	}
	for _, tt := range tests {
		c := &ConnectionInfo{Transport: tt.transport, IP: tt.ip}
		c.Ports[Heartbeat] = 5
		if got := c.Endpoint(Heartbeat); got != tt.want {
			t.Errorf("Endpoint of %s %s = %q, want %q", tt.transport, tt.ip, got, tt.want)
		}
	}
}

func TestBadConnectionFiles(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(testConnection, old) {
			t.Fatalf("no %s in the test's file", old)
		}
		return strings.Replace(testConnection, old, new, 1)
	}
	tests := []struct{ content, want string }{
		{"", "the file is empty"},
		{" \n", "the file is empty"},
		{"{", "not JSON"},
		{"[]", "not a JSON object"},
		{"\xff", "not UTF-8"},
		{testConnection[:100], "not JSON"},
		{"{}", "ip is missing, key is missing, shell_port is missing, control_port is missing"},
		{edit(`"shell_port": 57503,`, ""), "shell_port is missing"},
		{edit(`"key": "a0436f6c",`, ""), "key is missing"},
		{edit(`"key": "a0436f6c"`, `"key": null`), "key is missing"},
		{edit(`"ip": "127.0.0.1"`, `"ip": ""`), "ip is empty"},
		{edit(`57503`, `70000`), "shell_port is no port (a number from 0 to 65535)"},
		{edit(`57503`, `-1`), "shell_port is no port"},
		{edit(`57503`, `"57503"`), "shell_port is no port"},
		{edit(`57503`, `1.5`), "shell_port is no port"},
		{edit(`57503`, `50160`), "shell_port and control_port are both 50160"},
		{edit(`"transport": "tcp"`, `"transport": "udp"`), `transport is "udp", want tcp or ipc`},
		{edit(`"transport": "tcp"`, `"transport": 7`), `transport is not a string`},
		{edit("hmac-sha256", "hmac-md5"), `unknown signature_scheme "hmac-md5"`},
		{edit(`"key": "a0436f6c",`, `"key": "a0436f6c", "curve_publickey": "x",`), "of curve_publickey and curve_secretkey only one is there"},
		{edit(`"key": "a0436f6c",`, `"key": "a0436f6c", "curve_secretkey": "x",`), "of curve_publickey and curve_secretkey only one is there"},
		{edit(`"key": "a0436f6c",`, `"key": "a0436f6c", "curve_secretkey": 1,`), "curve_secretkey is not a string"},
		{`{"registration_port": 1, "registration_ip": "127.0.0.1", "key": ""}`, "registration file"},
	}
	path := filepath.Join(t.TempDir(), "c.json")
	for _, tt := range tests {
		if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := ReadConnectionFile(path)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %+v, %v, want %q", tt.content, c, err, tt.want)
		} else if strings.Contains(err.Error(), "a0436f6c") {
			t.Errorf("the key is in %q", err)
		}
	}
	_, err := ReadConnectionFile(path + "x")
	if !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), path) != 1 {
		t.Errorf("a missing file: %v", err)
	}
}

func TestEmptyKeyAndPortZero(t *testing.T) {
	c, _, err := parseConnection([]byte(`{"ip":"x","key":"","transport":null,"shell_port":0,"control_port":0,
		"stdin_port":0,"iopub_port":0,"hb_port":0}`))
	if err != nil || !c.Key.Empty() || c.Transport != "tcp" || c.SignatureScheme != SchemeHMACSHA256 {
		t.Errorf("parseConnection = %+v, %v", c, err)
	}
}

func FuzzConnectionInfo(f *testing.F) {
	f.Add([]byte(testConnection))
	f.Add([]byte(`{"ip":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _, err := parseConnection(b)
		if (c == nil) == (err == nil) {
			t.Fatalf("parseConnection = %v, %v", c, err)
		}
		if err != nil {
			return
		}
		raw, err := c.encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := parseConnection(raw); err != nil {
			t.Fatalf("written again: %v", err)
		}
	})
}
