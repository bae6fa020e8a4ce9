package adrastea_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeShowsTheEchoExample keeps the README's kernel the one that is
// compiled and tested.
func TestReadmeShowsTheEchoExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("examples/echo/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, found := strings.Cut(string(source), ")\n\n")
	if !found {
		t.Fatal("examples/echo/main.go has no imports")
	}
	if !strings.Contains(string(readme), "```go\n"+body+"```") {
		t.Error("README.md does not show examples/echo/main.go as it is, after its imports")
	}
}
