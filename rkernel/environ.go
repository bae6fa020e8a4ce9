package rkernel

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var utf8Locale = regexp.MustCompile(`(?i)utf-?8`)

// utf8Environ returns env, changed so that R's characters are UTF-8: front ends
// speak nothing else, and a service often starts with no locale at all. The
// language and the other parts of the locale stay as they are.
func utf8Environ(env []string) []string {
	values := map[string]string{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	all, ctype := values["LC_ALL"], values["LC_CTYPE"]
	effective := all
	if effective == "" {
		effective = ctype
	}
	if effective == "" {
		effective = values["LANG"]
	}
	if utf8Locale.MatchString(effective) {
		return env
	}
	var kept []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if name == "LC_CTYPE" || name == "LC_ALL" || name == "LANG" && all != "" {
			continue
		}
		kept = append(kept, v)
	}
	if all != "" {
		kept = append(kept, "LANG="+all) // what LC_ALL said about the rest
	}
	return append(kept, "LC_CTYPE=C.UTF-8")
}

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
