//go:build linux || darwin

package rkernel

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// page returns the text and the HTML of the only page.
func (v *viewer) page(t testing.TB) (text, html string) {
	t.Helper()
	if len(v.pages) != 1 {
		t.Fatalf("%d pages, want 1 (%q, %v)", len(v.pages), v.all(), v.err)
	}
	raw, err := json.Marshal(v.pages[0])
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Source string
		Start  *int
		Data   map[string]string
	}
	if err := json.Unmarshal(raw, &page); err != nil || page.Source != "page" || page.Start == nil {
		t.Fatalf("bad page payload %.200s: %v", raw, err)
	}
	return page.Data["text/plain"], page.Data["text/html"]
}

func TestHelpPagesComeAsTextAndHTML(t *testing.T) {
	p := startR(t)
	for _, code := range []string{"?lm", "help('lm')", "print(help(lm))",
		"options(help_type = 'html'); x <- print(help(lm)); options(help_type = 'text')"} {
		v := show(t, p, code)
		text, html := v.page(t)
		if !strings.Contains(text, "Fitting Linear Models") || strings.Contains(text, "\b") {
			t.Errorf("%s: text is %.200q", code, text)
		}
		if !strings.Contains(html, "Fitting Linear Models</h2>") || strings.Contains(html, "<a href=\"../") {
			t.Errorf("%s: HTML is %.200q", code, html)
		}
		// Front ends set the cells of tables to the right.
		if strings.Contains(html, "<td>") || !strings.Contains(html, `<td style="text-align:left">lm {stats}</td>`) {
			t.Errorf("%s: cells are not set to the left: %.300q", code, html)
		}
		if len(v.shown) != 0 {
			t.Errorf("%s: shows %q besides", code, v.all())
		}
	}
}

// A document that is run without its reader does not fail where help would ask which of
// several pages is meant: the first is shown, as in an R that is not interactive.
func TestHelpThatCannotAskShowsTheFirstPage(t *testing.T) {
	p := startR(t)
	v := show(t, p, "?plot", "2")
	if text, _ := v.page(t); !strings.Contains(text, "Generic X-Y Plotting") {
		t.Errorf("the user's choice is %.200q", text)
	}
	v = &viewer{recorder: newRecorder()}
	v.runCell(t, p, cell{code: "?plot"})
	text, html := v.page(t)
	for _, page := range []string{text, html} {
		if !strings.Contains(page, "Default Scatterplot Function") {
			t.Errorf("without a user it is %.200q", page)
		}
	}
	if said := v.text("stderr"); said != "help: the front end does not allow input; showing the first\n" {
		t.Errorf("says %q", said)
	}
}

func TestListingsAndFilesArePages(t *testing.T) {
	file := filepath.Join(t.TempDir(), "été.txt")
	if err := os.WriteFile(file, []byte("line one\nline <two>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startR(t)
	tests := []struct{ code, want string }{
		{"data()", "AirPassengers"},
		{"data(package = 'datasets')", "mtcars"},
		{"help(package = 'stats')", "lm.fit"},
		{"help.search('^lm$', fields = 'alias', package = 'stats')", "stats::lm"},
		{"vignette(package = 'grid')", "grid"},
		{"page(1:10)", "1:10"},
		{"file.show('" + file + "', title = 'T')", "line <two>"},
		{"file.show('" + file + "', header = 'H')", "H\n\nline one"},
		{"demo(package = 'graphics')", "plotmath"},
		{"help.start()", "Manuals"},
		// Of R's help server, which sends some of them on.
		{"server <- sprintf('http://127.0.0.1:%d', tools:::httpdPort()); browseURL(paste0(server, '/library/stats/help/lm'))", "Fitting Linear Models"},
		{"browseURL(paste0(server, '/library/graphics/demo'))", "graphics::plotmath"},
		{"browseURL(paste0(server, '/doc/html/Search?package=stats&fields.alias=1&pattern=%5Elm%24'))", "Fitting Linear Models"},
	}
	for _, test := range tests {
		v := show(t, p, test.code)
		if test.code == "vignette(package = 'grid')" && len(v.pages) == 0 {
			continue // Debian's base R has no vignettes without its doc package
		}
		if text, _ := v.page(t); !strings.Contains(text, test.want) {
			t.Errorf("%s: page is %.300q, want %q in it", test.code, text, test.want)
		}
	}
	v := show(t, p, "?no_such_topic")
	if !strings.Contains(v.text("stdout")+v.text("result"), "No documentation for") || len(v.pages) != 0 {
		t.Errorf("?no_such_topic: %q, %d pages", v.all(), len(v.pages))
	}
}

// What a user's files are encoded in is nothing to help pages, which have quotes that
// are in no ISO 8859.
func TestHelpInWhateverEncodingFilesAre(t *testing.T) {
	p := startR(t)
	want, err := p.call(t.Context(), "inspect", "0", "sQuote")
	if err != nil || !strings.Contains(want[0], "see ‘Details’") {
		t.Fatalf("%q, %v", want, err)
	}
	for _, encoding := range []string{"latin1", "UTF-16"} {
		v := show(t, p, "options(encoding = '"+encoding+"'); suppressWarnings(print(?sQuote))")
		if _, html := v.page(t); !strings.Contains(want[1], html) {
			t.Errorf("%s: the page is %s", encoding, html)
		}
		got, err := p.call(t.Context(), "inspect", "0", "sQuote")
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", encoding, got, err)
		}
	}
	if got := runCell(t, p, `getOption("encoding")`); !slices.Equal(got, []string{`result|[1] "UTF-16"`}) {
		t.Errorf("the option is %q", got)
	}
}

func TestALinkIsALinkAndALocalPageIsShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a page.html")
	doc := "<html><head><style>p{}</style></head><body><p>caf\u00e9 &amp; tea</p><script>1</script></body></html>"
	if err := os.WriteFile(file, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startR(t)
	v := show(t, p, "browseURL('https://example.org/?a=1&b=\"x\"')")
	const link = `<a href="https://example.org/?a=1&amp;b=&quot;x&quot;" target="_blank">`
	if html := v.html(t); !strings.HasPrefix(html, link) {
		t.Errorf("the link is %q, want it to begin with %q", html, link)
	}
	for _, nothing := range []string{"/no/such/file.html", filepath.Dir(file)} {
		if html := show(t, p, "browseURL('"+nothing+"')").html(t); !strings.HasPrefix(html, `<a href="`+nothing) {
			t.Errorf("%s: %q, want a link", nothing, html)
		}
	}
	// In what encoding the files of others are.
	for _, encoding := range []string{"native.enc", "latin1"} {
		v = show(t, p, "options(encoding = '"+encoding+"'); browseURL('"+file+"')")
		if text, html := v.page(t); text != "caf\u00e9 & tea" || html != "<p>caf\u00e9 &amp; tea</p>" {
			t.Errorf("%s: page is %q, %q", encoding, text, html)
		}
		v = show(t, p, "file.show('"+file+"')")
		if text, _ := v.page(t); text != doc {
			t.Errorf("%s: file is %q, want %q", encoding, text, doc)
		}
		v = show(t, p, "getOption('viewer')('"+file+"')")
		if html := v.html(t); !strings.Contains(html, "caf\u00e9") {
			t.Errorf("%s: widget is %q", encoding, html)
		}
	}
	signs := filepath.Join(t.TempDir(), "signs.html")
	if err := os.WriteFile(signs, []byte("<ul><li>\n<p>&lsquo;R&rsquo;&#8211;&#x41;&amp;lt;&#xd800;&nbsp;&mdash;</p></li></ul>"), 0o600); err != nil {
		t.Fatal(err)
	}
	v = show(t, p, "browseURL('"+signs+"')")
	if text, _ := v.page(t); text != "* \u2018R\u2019\u2013A&lt;&#xd800; \u2014" {
		t.Errorf("the text of signs is %q", text)
	}
	// A page of scripts, as htmlwidgets has them shown that no viewer is fit for.
	v = show(t, p, `dir <- tempfile(); dir.create(dir); writeLines("draw()", file.path(dir, "a.js"))
writeLines("<html><head><script src=\"a.js\"></script></head><body></body></html>", file.path(dir, "index.html"))
browseURL(file.path(dir, "index.html"))`)
	if html := v.html(t); !strings.Contains(html, "&lt;script&gt;draw()") {
		t.Errorf("a page of scripts is %q", html)
	}
	v = show(t, p, "f <- tempfile(); con <- file(f, 'w'); writeLines(c('tea', 'caf\\u00e9'), con); close(con); file.show(f)")
	if text, _ := v.page(t); text != "tea\ncaf\u00e9" {
		t.Errorf("a latin1 file is %q", text)
	}
	v = show(t, p, "options(encoding = 'UTF-8'); file.show(f)")
	if text, _ := v.page(t); text != "tea\ncaf\\xe9" {
		t.Errorf("a latin1 file that should be UTF-8 is %q", text)
	}
	v = show(t, p, "browseURL(sprintf('http://127.0.0.1:%d/doc/manual/no.html', tools::startDynamicHelp(NA)))")
	if html := v.html(t); !strings.HasPrefix(html, `<a href="http://127.0.0.1:`) {
		t.Errorf("what R's help server sends to CRAN is %q", html)
	}
}

func TestAnEditorIsRefusedAndATableIsViewed(t *testing.T) {
	p := startR(t)
	v := show(t, p, "edit(1)")
	if v.err == nil || !strings.Contains(v.err.Value, "a notebook has no editor") {
		t.Errorf("edit(1): %v, %q", v.err, v.all())
	}
	file := filepath.Join(t.TempDir(), "profile.R")
	v = show(t, p, fmt.Sprintf("file.edit(%q); 'and on'", file))
	if all := v.all(); v.err != nil || len(all) != 2 || !strings.Contains(all[0], "open it in the front end: "+file) {
		t.Errorf("file.edit of a new file: %v, %q", v.err, all)
	}
	if err := os.WriteFile(file, []byte("x <- 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v = show(t, p, fmt.Sprintf("file.edit(%q)", file))
	if text, _ := v.page(t); v.err != nil || text != "x <- 1" {
		t.Errorf("file.edit shows %q, %v", text, v.err)
	}
	v = show(t, p, "View(mtcars)")
	if html := v.html(t); !strings.Contains(html, "Data: mtcars: 32 rows \u00d7 11 columns") {
		t.Errorf("View shows %.200q", html)
	}
	if text := v.shown[0].data["text/plain"].(string); !strings.Contains(text, "Mazda RX4") {
		t.Errorf("View's text is %q", text)
	}
	show(t, p, "bindingIsLocked('View', asNamespace('utils')) && bindingIsLocked('View', as.environment('package:utils'))").want(t, "result|[1] TRUE")
	if v = show(t, p, "View(1:3)"); !strings.Contains(v.html(t), "3 rows") {
		t.Errorf("View(1:3) shows %q", v.all())
	}
}

// An editor that is a program opens a window of its own, or fails at once: there is
// no terminal for it, and what it writes there is no output of the cell.
func TestAnEditorThatIsAProgram(t *testing.T) {
	dir := t.TempDir()
	editor := func(name, script string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%q", file)
	}
	window := editor("window", `echo 'c(4, 5)' >"$1"`)
	// A terminal's editor looks for somebody who types, on standard error at last.
	terminal := editor("terminal", "printf '\\033[2J~\\n'; echo kein Endgerät; [ -p /dev/stderr ] && exec sleep 600; exit 1")
	waiting := editor("waiting", `echo >"$WAITS"; exec sleep 600`)

	p := startR(t)
	show(t, p, "edit(1, editor = "+window+")").want(t, "result|[1] 4 5")
	v := show(t, p, "options(editor = "+window+"); x <- 1; fix(x); x")
	v.want(t, "result|[1] 4 5")
	// What it says is no file of the user's.
	for _, code := range []string{"options(encoding = 'latin1'); edit(1, editor = " + terminal + ")",
		"f <- tempfile(); cat(1, file = f); file.edit(f, editor = " + terminal + ")"} {
		v := show(t, p, code)
		if v.err == nil || !strings.Contains(v.err.Value, "terminal ended with status 1") ||
			!strings.HasSuffix(v.err.Value, "opens its own window\nkein Endgerät") || len(v.all()) != 0 {
			t.Errorf("%s: %v, %q", code, v.err, v.all())
		}
	}
	if v := show(t, p, "edit(1, editor = 'no such editor')"); v.err == nil || !strings.Contains(v.err.Value, "not found") {
		t.Errorf("without an editor: %v, %q", v.err, v.all())
	}

	// It waits until an interrupt ends it.
	waits := filepath.Join(dir, "waits")
	if err := unix.Mkfifo(waits, 0o600); err != nil {
		t.Fatal(err)
	}
	c := begin(p, fmt.Sprintf("Sys.setenv(WAITS = %q); edit(1, editor = %s)", waits, waiting))
	if _, err := os.ReadFile(waits); err != nil { // as soon as the editor runs
		t.Fatal(err)
	}
	p.interrupt()
	if err := c.end(t); !isInterrupt(err) {
		t.Errorf("the interrupted editor: %v", err)
	}
}

// R's functions for its history see the inputs of the session.
func TestTheHistoryIsThatOfTheSession(t *testing.T) {
	dir := t.TempDir()
	saved := filepath.Join(dir, "saved")
	p := startR(t)
	show(t, p, fmt.Sprintf("setwd(%q)", dir))
	show(t, p, "f <- function() {\n\n  browser()\n  'é'\n}\nf()", "ls()", "readline('? ')", "no input", "c")
	if _, err := p.execute(t.Context(), newRecorder(), cell{code: "hidden <- 1"}); err != nil {
		t.Fatal(err)
	}
	show(t, p, "timestamp('now', quiet = TRUE)")
	text, _ := show(t, p, "history()").page(t)
	want := fmt.Sprintf("setwd(%q)\nf <- function() {\n  browser()\n  'é'\n}\nf()\nls()\nreadline('? ')\nc\n"+
		"timestamp('now', quiet = TRUE)\n##------ now ------##\nhistory()", dir)
	if !strings.Contains(text, want) {
		t.Errorf("history() shows\n%s\nwant\n%s", text, want)
	}
	if text, _ := show(t, p, "history(pattern = '^read')").page(t); strings.Count(text, "\n") > 4 || !strings.Contains(text, "readline") {
		t.Errorf("history(pattern =) shows %q", text)
	}
	show(t, p, fmt.Sprintf("savehistory(%q)", saved))
	show(t, p, fmt.Sprintf("cat('of another session\\n', file = %[1]q, append = TRUE); loadhistory(%[1]q)", saved))
	text, _ = show(t, p, "history(Inf)").page(t)
	if !strings.Contains(text, want) || !strings.Contains(text, "of another session\nhistory(Inf)") || strings.Contains(text, "hidden") {
		t.Errorf("the loaded history is %q", text)
	}

	// As from R's console.
	if err := os.WriteFile(filepath.Join(dir, ".Rhistory"), []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	show(t, p, "quit('yes')")
	<-p.done
	kept, err := os.ReadFile(filepath.Join(dir, ".Rhistory"))
	if err != nil || !strings.HasSuffix(string(kept), "of another session\nhistory(Inf)\nquit('yes')\n") {
		t.Errorf(".Rhistory is %q, %v", kept, err)
	}
}

func TestAProfilesOwnPagerStays(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "profile.R")
	if err := os.WriteFile(profile, []byte("options(pager = function(files, ...) cat('MINE\\n'))\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("R_PROFILE_USER", profile)
	p := startR(t)
	show(t, p, "page(1)").want(t, "stdout|MINE\n")
}
