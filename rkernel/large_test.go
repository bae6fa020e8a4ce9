//go:build linux || darwin

package rkernel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Large cells take time in proportion: R's console parses an expression anew
// for each of its lines, and a cell of 20,000 lines would take minutes.
func TestLargeCells(t *testing.T) {
	p := startR(t)
	const n = 20000
	for name, test := range map[string]struct{ code, want string }{
		"lines":    {strings.Repeat("x <- 1\n", n) + "x", "result|[1] 1"},
		"function": {"f <- function(x) {\n" + strings.Repeat("  x <- x + 1\n", n) + "  x\n}\nlength(body(f))", fmt.Sprintf("result|[1] %d", n+2)},
		"string":   {"nchar(\"" + strings.Repeat("line\n", n) + "\")", fmt.Sprintf("result|[1] %d", 5*n)},
		"constant": {"\"" + strings.Repeat("line\n", n) + "\"\nnchar(.Last.value)", fmt.Sprintf("result|[1] %d", 5*n)},
		"many":     {strings.Repeat("x <- 1;", 5*n) + "x", "result|[1] 1"},
		"one line": {"x <- c(" + strings.Repeat("1,", n) + "1); length(x)", fmt.Sprintf("result|[1] %d", n+1)},
		"comments": {strings.Repeat("# nothing\n", n) + "'end'", `result|[1] "end"`},
		"octets":   {"nchar('" + strings.Repeat("a", 17<<20) + "')", "result|[1] 17825792"}, // more than 3 count
		"name":     {"`" + strings.Repeat("a", 9000) + "` <- 3\n`" + strings.Repeat("a", 9000) + "`", "result|[1] 3"},
	} {
		t.Run(name, func(t *testing.T) {
			got := runCell(t, p, test.code)
			if name == "constant" {
				got = got[1:] // the constant itself
			}
			if !slices.Equal(got, []string{test.want}) {
				t.Errorf("%.300q, want %q", got, test.want)
			}
		})
	}
	t.Run("syntax error", func(t *testing.T) {
		got := runCell(t, p, "f <- function() {\n"+strings.Repeat("  1\n", n)+"  x y\n}")
		want := fmt.Sprintf("error|parseError|unexpected symbol|Error: <cell>:%d:5: unexpected symbol\n", n+2)
		if len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%.300q, want %q", got, want)
		}
	})
	t.Run("incomplete", func(t *testing.T) {
		got := runCell(t, p, strings.Repeat("x <- 1\n", n)+"f(")
		if len(got) != 1 || !strings.HasPrefix(got[0], "error|parseError|unexpected end of input") {
			t.Errorf("%.300q", got)
		}
	})
	if got := runCell(t, p, "1"); !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("afterwards: %q", got)
	}
}
