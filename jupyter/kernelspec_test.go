package jupyter

import (
	"encoding/json"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// hermetic gives the test its own Jupyter directories and returns their parent.
func hermetic(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("HOME", filepath.Join(dir, "home"))
	for _, name := range []string{"JUPYTER_PATH", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR",
		"JUPYTER_PREFER_ENV_PATH", "XDG_DATA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX"} {
		t.Setenv(name, "")
	}
	return dir
}

func TestKernelPath(t *testing.T) {
	dir := hermetic(t)
	t.Setenv("JUPYTER_DATA_DIR", dir+"/data")
	t.Setenv("VIRTUAL_ENV", dir+"/venv")
	t.Setenv("JUPYTER_PATH", strings.Join([]string{dir + "/one", dir + "/two", dir + "/data"}, string(filepath.ListSeparator)))
	rel := func() []string {
		var p []string
		for _, d := range KernelPath() {
			if after, ok := strings.CutPrefix(d, dir); ok {
				p = append(p, after)
			}
		}
		return p
	}
	want := []string{"/one/kernels", "/two/kernels", "/data/kernels", "/venv/share/jupyter/kernels"}
	if got := rel(); !slices.Equal(got, want) {
		t.Errorf("KernelPath() = %q, want %q", got, want)
	}
	t.Setenv("JUPYTER_PATH", "")
	want = []string{"/venv/share/jupyter/kernels", "/data/kernels"}
	if got := rel(); !slices.Equal(got, want) {
		t.Errorf("KernelPath() = %q, want %q", got, want)
	}
	slices.Reverse(want)
	for _, no := range []string{"0", "FALSE", "Off"} {
		t.Setenv("JUPYTER_PREFER_ENV_PATH", no)
		if got := rel(); !slices.Equal(got, want) {
			t.Errorf("with JUPYTER_PREFER_ENV_PATH=%s, KernelPath() = %q, want %q", no, got, want)
		}
	}
}

func TestInstallAndFind(t *testing.T) {
	dir := hermetic(t)
	t.Setenv("JUPYTER_PATH", dir+"/first")
	t.Setenv("JUPYTER_DATA_DIR", dir+"/data")
	spec := &KernelSpec{
		Argv:        []string{"/usr/bin/k", "{connection_file}", "{resource_dir}/x"},
		DisplayName: "K", Language: "r",
		InterruptMode: InterruptByMessage,
	}
	at, err := spec.Install(filepath.Join(DataDir(), "kernels"), "MyKernel", map[string][]byte{"logo-64x64.png": {1}})
	if err != nil || at != dir+"/data/kernels/MyKernel" {
		t.Fatalf("Install = %q, %v", at, err)
	}
	if raw, err := os.ReadFile(at + "/kernel.json"); err != nil || !strings.Contains(string(raw), `"metadata": {}`) {
		t.Errorf("kernel.json = %s, %v", raw, err)
	}
	if _, err := os.Stat(at + "/logo-64x64.png"); err != nil {
		t.Error(err)
	}
	s, err := FindKernelSpec("mykernel")
	if err != nil || s.Dir != at || s.Name != "mykernel" || s.DisplayName != "K" {
		t.Fatalf("FindKernelSpec = %+v, %v", s, err)
	}
	want := []string{"/usr/bin/k", "/tmp/c.json", at + "/x"}
	if got := s.Command("/tmp/c.json"); !slices.Equal(got, want) {
		t.Errorf("Command = %q, want %q", got, want)
	}
	if _, err := spec.Install(dir+"/first/kernels", "mykernel", nil); err != nil {
		t.Fatal(err)
	}
	if s, err := FindKernelSpec("mykernel"); err != nil || s.Dir != dir+"/first/kernels/mykernel" {
		t.Errorf("the first of the path does not win: %+v, %v", s, err)
	}
	if _, err := FindKernelSpec("other"); err == nil || !strings.Contains(err.Error(), "mykernel") {
		t.Errorf("FindKernelSpec of another: %v", err)
	}
	// A file of that name is no kernelspec.
	t.Setenv("JUPYTER_PATH", dir+"/zeroth"+string(filepath.ListSeparator)+dir+"/first")
	if err := os.MkdirAll(dir+"/zeroth/kernels", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/zeroth/kernels/mykernel", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := FindKernelSpec("mykernel"); err != nil || s.Dir != dir+"/first/kernels/mykernel" {
		t.Errorf("behind a file of its name: %+v, %v", s, err)
	}
	if specs := KernelSpecs(); !slices.ContainsFunc(specs, func(s *KernelSpec) bool {
		return s.Name == "mykernel" && s.Dir == dir+"/first/kernels/mykernel"
	}) {
		t.Errorf("KernelSpecs() = %v", specs)
	}
}

func TestBadKernelSpecs(t *testing.T) {
	dir := hermetic(t)
	t.Setenv("JUPYTER_PATH", dir)
	for content, want := range map[string]string{
		`{`:           "unexpected end",
		`{"argv":[]}`: "argv is missing",
		`{"argv":1}`:  "argv is a number, want a list",
	} {
		if err := os.MkdirAll(dir+"/kernels/bad", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/kernels/bad/kernel.json", []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if s, err := FindKernelSpec("bad"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", content, s, err, want)
		}
	}
	for _, name := range []string{"", "a b", "../x", "a/b"} {
		if _, err := FindKernelSpec(name); err == nil {
			t.Errorf("FindKernelSpec(%q): no error", name)
		}
		if _, err := new(KernelSpec).Install(dir, name, nil); err == nil {
			t.Errorf("Install %q: no error", name)
		}
	}
}

func TestSupportsCurve(t *testing.T) {
	for metadata, want := range map[string]bool{
		`{}`:                                        false,
		`{"supported_encryption": null}`:            false,
		`{"supported_encryption": "curve"}`:         true,
		`{"supported_encryption": " Curve "}`:       true,
		`{"supported_encryption": "tls"}`:           false,
		`{"supported_encryption": []}`:              false,
		`{"supported_encryption": ["tls", 1]}`:      false,
		`{"supported_encryption": [1, "CURVE"]}`:    true,
		`{"supported_encryption": {"curve": true}}`: false,
	} {
		var s KernelSpec
		if err := json.Unmarshal([]byte(`{"metadata":`+metadata+`}`), &s); err != nil {
			t.Fatal(err)
		}
		if got := s.SupportsCurve(); got != want {
			t.Errorf("SupportsCurve() with %s = %v, want %v", metadata, got, want)
		}
	}
}

func TestSpecDirsShowsWhatIsBrokenAndHidden(t *testing.T) {
	dir := hermetic(t)
	t.Setenv("JUPYTER_PATH", dir+"/first")
	t.Setenv("JUPYTER_DATA_DIR", dir+"/data")
	for path, text := range map[string]string{
		"first/kernels/K/kernel.json":     `{"argv": ["a"]}`,
		"data/kernels/k/kernel.json":      `{"argv": ["b"]}`,
		"data/kernels/C/kernel.json":      `{"argv": ["c"], "interrupt_mode": "message"}`,
		"data/kernels/a b/kernel.json":    `{"argv": ["d"]}`,
		"data/kernels/broken/kernel.json": `{"argv": `,
		"data/kernels/empty/readme":       "",
		"data/kernels/file":               "",
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, d := range SpecDirs() {
		if !strings.HasPrefix(d.Dir, dir) {
			continue // what the system has
		}
		line := d.Name + " " + strings.TrimPrefix(d.Dir, dir)
		if d.Err != nil {
			line += " broken"
		}
		if d.Shadowed {
			line += " shadowed"
		}
		got = append(got, line)
	}
	want := []string{"k /first/kernels/K", "c /data/kernels/C", "broken /data/kernels/broken broken", "k /data/kernels/k shadowed"}
	if !slices.Equal(got, want) {
		t.Errorf("SpecDirs() = %q, want %q", got, want)
	}
	got = nil
	for _, s := range KernelSpecs() {
		if rel, ok := strings.CutPrefix(s.Dir, dir); ok {
			got = append(got, strings.Join([]string{s.Name, rel, s.InterruptMode}, " "))
		}
	}
	want = []string{"c /data/kernels/C message", "k /first/kernels/K signal"}
	if !slices.Equal(got, want) {
		t.Errorf("KernelSpecs() = %q, want %q", got, want)
	}
}

func TestNamesOfKernelspecsStayInTheirDirectory(t *testing.T) {
	hermetic(t)
	for _, name := range []string{"", ".", "..", "a/b", "a b", "é"} {
		if _, err := (&KernelSpec{}).Install(t.TempDir(), name, nil); err == nil {
			t.Errorf("Install(%q): no error", name)
		}
		if _, err := FindKernelSpec(name); err == nil || !strings.Contains(err.Error(), "no name") {
			t.Errorf("FindKernelSpec(%q): %v", name, err)
		}
	}
}

// A service has no HOME, and yet its files belong into the home of its user.
func TestHomeDirWithoutHOME(t *testing.T) {
	t.Setenv("HOME", "")
	for _, name := range []string{"JUPYTER_DATA_DIR", "XDG_DATA_HOME"} {
		t.Setenv(name, "")
	}
	u, err := user.Current()
	if err != nil || u.HomeDir == "" {
		t.Fatalf("the system knows no home of this user: %v, %v", u, err)
	}
	if got := HomeDir(); got != u.HomeDir {
		t.Errorf("HomeDir: got %q, want %q", got, u.HomeDir)
	}
	if dir := DataDir(); !strings.HasPrefix(dir, u.HomeDir+string(filepath.Separator)) {
		t.Errorf("DataDir: got %q, want it below %q", dir, u.HomeDir)
	}
}
