//go:build linux || darwin

package rkernel

import (
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/rkernel/rscript"
)

// nested is code in which brackets and quotes are not what they seem.
const nested = `x <- c(1, # ) " '
  ")", ']', "\")", '"',
  r"---(a)--" )---",
  r"(
    ) "x" (
  )", R'{"}', ` + "`a ( b`" + ` = 2,
  3 %(% 4, y[[z[1]]][2])
f <- function(a = "{
}
", b) {
  if (a == '#') { # }
    a %in% "
      # {
    "
  } else list(a = b[[c(1)]])
}
g <- \(x) {
  x$` + "`" + `
}` + "`" + `
}
été <- c("𝒳)",
  "\\")
1 +
  2
`

// What is said to go on without R, R does not take for complete.
func TestWhatIsOpenIsNotCompleteForR(t *testing.T) {
	t.Parallel()
	p := startR(t)
	for _, file := range append(rscript.Files(), nested) {
		var n Nesting
		code, opens := "", 0
		for line := range strings.Lines(file) {
			code += line
			open := n.Add(strings.TrimSuffix(line, "\n"))
			status := isComplete(t.Context(), p, code).Status
			if open && status != "incomplete" {
				t.Fatalf("open, and %s for R: %q", status, code)
			}
			if open {
				opens++
			}
			if status == "complete" {
				code = ""
			}
		}
		if code != "" || opens == 0 {
			t.Errorf("%d times open, and at the end %q", opens, code)
		}
	}
}
