package adrastea_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/adrastea-kernel/adrastea/"

// allowed says which packages of this module a folder may import, outside its
// own tests. A folder that is not listed may import anything.
var allowed = map[string][]string{
	"zmq/internal/zmtp": {},
	"zmq":               {"zmq/internal"},
	"zmq/zmqtest":       {"zmq"},
	"jupyter":           {"internal/jsontext"},
	"kernel":            {"zmq", "jupyter", "internal/jsontext"},
	"kernel/history":    {"kernel", "jupyter"},
	"kernel/kerneltest": {"kernel", "zmq", "jupyter"},
	"client":            {"zmq", "jupyter", "internal/child"},
	"rkernel":           {"kernel", "jupyter", "rkernel", "internal/child"},
	"rkernel/host":      {},
	"rkernel/rscript":   {},
}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

// TestImportsGoOneWay holds the direction that docs/design.md draws.
func TestImportsGoOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		folder := strings.TrimPrefix(p.ImportPath, module)
		may, ok := allowed[folder]
		if !ok {
			continue
		}
		seen++
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, module)
			if ours && !slices.ContainsFunc(may, func(m string) bool { return within(name, m) }) {
				t.Errorf("%s imports %s; docs/design.md says which way imports go", folder, name)
			}
		}
	}
	if seen == 0 {
		t.Error("found none of the packages it is about")
	}
}

// within reports whether folder is root or lies below it.
func within(folder, root string) bool {
	return folder == root || strings.HasPrefix(folder, root+"/")
}
