package libzmq

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// exported returns the names that the package in a folder exports.
func exported(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no package in %s: %v", dir, err)
	}
	names := make(map[string]bool)
	add := func(ids ...*ast.Ident) {
		for _, id := range ids {
			if id.IsExported() {
				names[id.Name] = true
			}
		}
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(d.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						add(spec.Name)
					case *ast.ValueSpec:
						add(spec.Names...)
					}
				}
			}
		}
	}
	return names
}

// TestEveryNameOfZMQ checks that what package zmq exports is here as well, and
// that a Socket has the same methods.
func TestEveryNameOfZMQ(t *testing.T) {
	here := exported(t, ".")
	for name := range exported(t, "../zmq") {
		if !here[name] {
			t.Errorf("package zmq has %s, this one has not", name)
		}
	}
	ours := reflect.TypeFor[*Socket]()
	for want := range reflect.TypeFor[*zmq.Socket]().Methods() {
		got, ok := ours.MethodByName(want.Name)
		if !ok || signature(got.Type) != signature(want.Type) {
			t.Errorf("a zmq.Socket has the method %s, a %s; ours has not", want.Name, signature(want.Type))
		}
	}
}

// signature is the type of a method without its receiver.
func signature(t reflect.Type) string {
	var in, out []reflect.Type
	for p := range t.Ins() {
		in = append(in, p)
	}
	for p := range t.Outs() {
		out = append(out, p)
	}
	return reflect.FuncOf(in[1:], out, t.IsVariadic()).String()
}

// TestZMQExamples runs the examples of package zmq with this package: nothing
// in them changes but the import. Those with a handler, which libzmq's sockets
// have not, are in a file of another name.
func TestZMQExamples(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../zmq/example*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("package zmq has no examples: %v", err)
	}
	dir := t.TempDir()
	overlay := map[string]map[string]string{"Replace": {filepath.Join(here, "example_test.go"): ""}}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.NewReplacer("package zmq_test", "package libzmq_test",
			`"github.com/adrastea-kernel/adrastea/zmq"`, `zmq "github.com/adrastea-kernel/adrastea/libzmq"`)
		copied := filepath.Join(dir, filepath.Base(file))
		if err := os.WriteFile(copied, []byte(changed.Replace(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
		overlay["Replace"][filepath.Join(here, filepath.Base(file))] = copied
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, text, 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"test", "-count=1", "-vet=off", "-overlay", list, "-run=^Example",
		// These print what libzmq does not tell of a peer.
		"-skip=^Example(CurveServer|PlainServer|Socket_Monitor)$"}
	if raceDetector() { // what is built already
		args = append(args, "-race")
	}
	if out, err := exec.CommandContext(t.Context(), "go", append(args, ".")...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			if s.Key == "-race" {
				return s.Value == "true"
			}
		}
	}
	return false
}
