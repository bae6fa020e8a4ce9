//go:build linux

package rkernel

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

// setLocales makes the C library know these locales only, and C.UTF-8, for the time
// of a test.
func setLocales(t *testing.T, names ...string) {
	t.Helper()
	localedef := testenv.Command(t, "localedef")
	if matches, _ := filepath.Glob("/usr/share/i18n/locales/de_DE*"); len(matches) == 0 {
		testenv.Missing(t, "the source of locales, Debian's package locales,")
	}
	dir := t.TempDir()
	for _, name := range names {
		language, encoding, _ := strings.Cut(name, ".")
		made, err := exec.Command(localedef, "-i", language, "-f", encoding, filepath.Join(dir, name)).CombinedOutput()
		if err != nil {
			t.Fatalf("localedef: %v\n%s", err, made)
		}
	}
	t.Setenv("LOCPATH", dir)
}

// R in a locale of another encoding has UTF-8 in everything it says: the names of
// months and days too, which the C library has in the encoding of the locale, and what
// its children say.
func TestLocalesInOtherEncodings(t *testing.T) {
	setLocales(t, "de_DE.UTF-8", "de_DE.ISO-8859-1", "fr_FR.ISO-8859-1")
	const german, french = "Nicht-numerisches Argument", "argument non numérique"
	for _, test := range []struct{ variables, want string }{
		{"LANG=de_DE.ISO-8859-1", "März März " + german},
		{"LC_ALL=de_DE.ISO-8859-1 LANG=C", "März März " + german},
		{"LANG=C.UTF-8 LC_TIME=de_DE.ISO-8859-1", "März März non-numeric argument"},
		{"LANG=fr_FR.ISO-8859-1 LC_TIME=de_DE.UTF-8", "März März " + french},
		// There is no French with UTF-8.
		{"LANG=fr_FR.ISO-8859-1", "March March " + french},
		{"LC_ALL=fr_FR.ISO-8859-1 LC_TIME=de_DE.UTF-8", "March March " + french},
		{"LC_ALL=C LC_TIME=de_DE.UTF-8", "March March non-numeric argument"},
	} {
		t.Run(test.variables, func(t *testing.T) {
			for _, name := range []string{"LC_ALL", "LC_CTYPE", "LC_TIME", "LANG", "LANGUAGE"} {
				t.Setenv(name, "")
			}
			for _, variable := range strings.Fields(test.variables) {
				name, value, _ := strings.Cut(variable, "=")
				t.Setenv(name, value)
			}
			got := runCell(t, startR(t), `cat(format(as.Date("2026-03-01"), "%B"),
    system("date -d 2026-03-01 +%B", intern = TRUE),
    tryCatch(log("a"), error = conditionMessage))`)
			if len(got) != 1 || !strings.HasPrefix(got[0], "stdout|"+test.want) {
				t.Errorf("%q, want it to begin with %q", got, test.want)
			}
		})
	}
}
