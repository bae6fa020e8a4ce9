//go:build linux

package rkernel

import (
	"encoding/json"
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

// In Turkish the capital of i is İ, and I is that of ı: tags and names in capitals are
// those of small letters all the same.
func TestPagesInTurkish(t *testing.T) {
	setLocales(t, "tr_TR.UTF-8")
	t.Setenv("LC_ALL", "tr_TR.UTF-8")
	p := startR(t)
	html := show(t, p, `dir <- tempfile(); dir.create(dir); setwd(dir)
cat("a {}", file = "s.css"); cat("'</SCRIPT>'", file = "s.js"); cat("GIF", file = "P.GIF")
cat('<LINK HREF="s.css"><SCRIPT SRC="s.js"></SCRIPT><IMG SRC="P.GIF">', file = "p.html")
getOption("viewer")("p.html", height = 300)`).html(t)
	for _, want := range []string{"style&gt;a {}", "&lt;script&gt;'&lt;\\/SCRIPT&gt;'", "data:image/gif;base64,R0lG"} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in\n%s", want, html)
		}
	}
	v := show(t, p, `cat('<TITLE>no</TITLE><SCRIPT>no</SCRIPT><LI>one<LI>two', file = "p.html"); browseURL("p.html")`)
	if text, _ := v.page(t); text != "* one  * two" {
		t.Errorf("the text is %q", text)
	}
	v = show(t, p, `structure("P.GIF", class = "knit_image_paths")`)
	if html := v.html(t); !strings.Contains(html, "data:image/gif;base64,R0lG") {
		t.Errorf("a picture is %s", html)
	}
}

// Numbers in JSON have a point, and those in CSS, wherever the user's have a comma.
func TestJSONWithDecimalCommas(t *testing.T) {
	setLocales(t, "de_DE.UTF-8")
	p := startR(t)
	v := show(t, p, `x <- suppressWarnings(Sys.setlocale("LC_NUMERIC", "de_DE.UTF-8"))
getOption("jupyter.base_display_func")(list("application/json" = list(1.5, pi, 1e-7, -2, NA)))`)
	if len(v.shown) != 1 || v.err != nil {
		t.Fatalf("%q, %v", v.all(), v.err)
	}
	got, err := json.Marshal(v.shown[0].data["application/json"])
	if want := `[1.5,3.1415926535897931,1e-07,-2,null]`; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	html := show(t, p, `cat("a", file = f <- tempfile(fileext = ".html")); getOption("viewer")(f, height = 99.5)`).html(t)
	if strings.Contains(html, ",5px") {
		t.Errorf("a frame is %s", html)
	}
}
