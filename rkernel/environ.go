package rkernel

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var renvironName = regexp.MustCompile(`(?m)^[ \t]*([A-Za-z_][A-Za-z0-9_]*)=`)

// addedByCMD returns the variables that `R CMD` sets before it runs a program,
// from the Renviron of the R in home, where env does not have them. R itself
// reads that file when it starts, and would take their values for the user's.
func addedByCMD(home string, env []string) []string {
	text, err := os.ReadFile(filepath.Join(home, "etc", "Renviron"))
	if err != nil {
		return nil // then R CMD cannot read it either, and says so
	}
	var names []string
	for _, m := range renvironName.FindAllSubmatch(text, -1) {
		name := string(m[1])
		if !slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") }) {
			names = append(names, name)
		}
	}
	return names
}
