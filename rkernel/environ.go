package rkernel

import (
	"regexp"
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
