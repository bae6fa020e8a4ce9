package jupyter

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readKernelFile reads a file with content.
func readKernelFile(t *testing.T, content string) (*ConnectionInfo, *Registration, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kernel.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return ReadKernelFile(path)
}

const (
	newerFile = `{"kernel_id": "7", "transport": "tcp", "registration_ip": "127.0.0.1",
		"registration_port": 51587, "signature_scheme": "hmac-sha256", "key": "a0436f6c"}`
	olderFile = `{"transport": "tcp", "ip": "127.0.0.1", "registration_port": 51587,
		"signature_scheme": "hmac-sha256", "key": "a0436f6c"}`
)

func TestRegistrationFiles(t *testing.T) {
	for content, older := range map[string]bool{
		newerFile: false, olderFile: true,
		strings.Replace(newerFile, "51587", `"51587"`, 1):                                    false,
		strings.Replace(newerFile, "{", `{"shell_port": 1, "hb_port": 2, "ip": "::1",`, 1):   false,
		strings.Replace(olderFile, "{", `{"shell_port": 0, "iopub_port": 0, "extra": 1,`, 1): true,
	} {
		c, r, err := readKernelFile(t, content)
		if err != nil {
			t.Errorf("%s: %v", content, err)
			continue
		}
		if r == nil || r.Older != older || r.Endpoint() != "tcp://127.0.0.1:51587" || c.Ports != [5]int{} {
			t.Errorf("%s: %+v, %+v", content, c, r)
		}
		if _, _, err := parseConnection([]byte(content)); !strings.Contains(content, "shell_port") &&
			(err == nil || !strings.Contains(err.Error(), "registration file")) {
			t.Errorf("%s as a connection file: %v", content, err)
		}
	}
	if c, r, err := readKernelFile(t, testConnection); err != nil || r != nil || c.Ports[Shell] == 0 {
		t.Errorf("a connection file: %+v, %+v, %v", c, r, err)
	}
	for content, want := range map[string]string{
		`{"registration_port": 1, "key": ""}`:                                                    "registration_ip is missing",
		strings.Replace(newerFile, `"kernel_id": "7",`, "", 1):                                   "kernel_id is missing",
		strings.Replace(newerFile, "51587", "0", 1):                                              "registration_port is 0",
		strings.Replace(newerFile, "51587", "-1", 1):                                             "registration_port is no port",
		strings.Replace(newerFile, "51587", `"x"`, 1):                                            "registration_port is no port",
		strings.Replace(newerFile, `"registration_ip": "127.0.0.1"`, `"registration_ip": ""`, 1): "registration_ip is empty",
		strings.Replace(olderFile, `, "key": "a0436f6c"`, "", 1):                                 "key is missing",
		strings.Replace(olderFile, "sha256", "md5", 1):                                           "unknown signature_scheme",
		strings.Replace(olderFile, `"tcp"`, `"udp"`, 1):                                          `transport is "udp"`,
	} {
		if c, _, err := readKernelFile(t, content); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", content, c, err, want)
		}
	}
}

func TestRegistrationRoundTrip(t *testing.T) {
	for _, content := range []string{newerFile, olderFile} {
		c, r, err := readKernelFile(t, content)
		if err != nil {
			t.Fatal(err)
		}
		_, launcher, err := readKernelFile(t, content)
		if err != nil {
			t.Fatal(err)
		}
		want := [5]int{1, 2, 3, 4, 5}
		frames, err := r.Announce(NewSession("k"), want)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(frames); !r.Older && n != 3 {
			t.Errorf("the announcement has %d frames, want 3", n)
		}
		frames = append([][]byte{[]byte("id")}, frames...)
		ports, answer, err := launcher.Accept(NewSession("l"), frames)
		if err != nil || ports != want || string(answer[0]) != "id" {
			t.Fatalf("Accept = %v, %q, %v", ports, answer, err)
		}
		if _, _, err := launcher.Accept(NewSession("l"), frames); err == nil {
			t.Error("a replayed announcement is accepted")
		}
		for i := 1; i < len(answer); i++ {
			bad := append([][]byte{}, answer[1:]...)
			bad[i-1] = append(bytes.Clone(bad[i-1]), 'x')
			if err := r.CheckAnswer(bad); err == nil {
				t.Errorf("an answer with frame %d changed is accepted", i)
			}
		}
		if err := r.CheckAnswer(answer[1:]); err != nil {
			t.Errorf("CheckAnswer: %v", err)
		}

		// A kernel that is started with what was written registers again.
		c.Ports = ports
		path := filepath.Join(t.TempDir(), "k.json")
		if err := r.WriteFile(path, c); err != nil {
			t.Fatal(err)
		}
		if c, err := ReadConnectionFile(path); err != nil || c.Ports != want {
			t.Errorf("as a connection file: %+v, %v", c, err)
		}
		c, again, err := ReadKernelFile(path)
		if err != nil || again == nil || again.Older != r.Older || again.KernelID != r.KernelID || c.Ports != [5]int{} {
			t.Errorf("as a registration file: %+v, %+v, %v", c, again, err)
		}
		if err := again.WriteFile(path, c); err != nil {
			t.Fatal(err)
		}
		if c, err := ReadConnectionFile(path); err == nil || !strings.Contains(err.Error(), "has not registered") {
			t.Errorf("without ports, as a connection file: %+v, %v", c, err)
		}
	}
}

func TestBadAnnouncements(t *testing.T) {
	_, r, err := readKernelFile(t, newerFile)
	if err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		`[]`:                "no JSON object",
		`{}`:                "another kernel",
		`{"kernel_id":"8"}`: "another kernel",
		`{"kernel_id":"7"}`: "registration: shell_port is missing, control_port is missing, stdin_port is missing, iopub_port is missing, hb_port is missing",
		`{"kernel_id":"7","shell_port":"1","control_port":2,"stdin_port":"0","iopub_port":"4","hb_port":"5"}`:       "stdin_port is missing or 0",
		`{"kernel_id":"7","shell_port":"1","control_port":"2","stdin_port":"3","iopub_port":"4","hb_port":"99999"}`: "hb_port is no port",
	} {
		if _, _, err := r.Accept(NewSession("l"), r.codec.encodeBare(nil, []byte(content))); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", content, err, want)
		}
	}
	_, older, err := readKernelFile(t, olderFile)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := older.Announce(NewSession("k"), [5]int{1, 2, 3, 0, 5})
	if err != nil {
		t.Fatal(err)
	}
	if ports, answer, err := older.Accept(NewSession("l"), frames); err == nil ||
		!strings.Contains(err.Error(), "iopub_port is missing or 0") {
		t.Errorf("in the older form, without a port: %v, %q, %v", ports, answer, err)
	}
	for _, frames := range [][][]byte{nil, {delimiter}, {delimiter, {}, {}, {}}, {{}, {}, {}}} {
		if _, _, err := r.Accept(NewSession("l"), frames); err == nil {
			t.Errorf("%q is accepted", frames)
		}
	}
}

func TestRefusedRegistration(t *testing.T) {
	_, r, err := readKernelFile(t, olderFile)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewSession("l").New(nil, &handshakeReply{Status: StatusError})
	if err != nil {
		t.Fatal(err)
	}
	frames, err := r.codec.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.CheckAnswer(frames); err == nil || !strings.Contains(err.Error(), `status "error"`) {
		t.Errorf("CheckAnswer of a refusal: %v", err)
	}
}

// TestXeusAnswer is the answer of xeus-zmq, which is no JSON.
func TestXeusAnswer(t *testing.T) {
	_, r, err := readKernelFile(t, newerFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.CheckAnswer(r.codec.encodeBare(nil, []byte("ACK"))); err != nil {
		t.Error(err)
	}
}
