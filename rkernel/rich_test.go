//go:build linux || darwin

package rkernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/kernel"
)

func TestIRdisplaysFunctionsShowAsInIRkernel(t *testing.T) {
	testenv.RPackage(t, "IRdisplay")
	p := startR(t)
	v := show(t, p, `library(IRdisplay)
display_html("<b>\u00e9</b>")
display_png(as.raw(c(0x89, 0x50)), width = 10)
publish_mimebundle(list("application/json" = '{"a":[1,2]}', "text/plain" = "j"))
clear_output()
stopifnot(isTRUE(getOption("jupyter.in_kernel")))`)
	if v.err != nil {
		t.Fatal(v.err)
	}
	if got := v.shown[0].data["text/html"]; got != "<b>\u00e9</b>" {
		t.Errorf("HTML is %q", got)
	}
	if got := v.shown[1].data["image/png"]; got != "iVA=" {
		t.Errorf("PNG is %q", got)
	}
	if got, _ := json.Marshal(v.shown[1].metadata); string(got) != `{"image/png":{"width":10}}` {
		t.Errorf("metadata is %s", got)
	}
	if got, _ := json.Marshal(v.shown[2].data); string(got) != `{"application/json":{"a":[1,2]},"text/plain":"j"}` {
		t.Errorf("JSON is %s", got)
	}
	if all := v.all(); all[len(all)-1] != "clear|true" {
		t.Errorf("events %q, want clear last", all)
	}
}

func TestABadDisplayIsAnErrorInTheCell(t *testing.T) {
	testenv.RPackage(t, "IRdisplay")
	p := startR(t)
	for code, want := range map[string]string{
		"list('x')":          "a list named by MIME types",
		"list(a = 'x', 'y')": "a list named by MIME types",
		"list(png = 'x')":    "a list named by MIME types",
		"list('text/plain' = 'x'), list(a = sum)": "JSON has no form",
		"list('text/plain' = 'x'), 'gold'":        `the metadata of a display is a list with names, not "gold"`,
	} {
		v := show(t, p, "IRdisplay::publish_mimebundle("+code+")")
		if v.err == nil || !strings.Contains(v.err.Value, want) {
			t.Errorf("%s: %v, want %q (%q)", code, v.err, want, v.all())
		}
	}
	show(t, p, "1").want(t, "result|[1] 1")
}

func TestMetadataFromRIsJSON(t *testing.T) {
	testenv.RPackage(t, "IRdisplay")
	p := startR(t)
	v := show(t, p, `IRdisplay::publish_mimebundle(list("text/plain" = "x"), list(a = list(1L, "q\"\\\n\u0001", TRUE, NA),
  b = c(x = 1.5, y = Inf), c = I(1), d = list(), e = NULL, f = as.Date("2024-01-02"), g = 1e10, h = 0.1))`)
	got, _ := json.Marshal(v.shown[0].metadata)
	const want = `{"a":[1,"q\"\\\n\u0001",true,null],"b":{"x":1.5,"y":null},"c":[1],"d":[],"e":null,` +
		`"f":"2024-01-02","g":10000000000,"h":0.1}`
	if string(got) != want {
		t.Errorf("metadata is\n%s, want\n%s", got, want)
	}
	v = show(t, p, `options(OutDec = ",")
IRdisplay::publish_mimebundle(list("text/plain" = "x"), list(a = 0.5, b = 1/3, c = 2))`)
	if got, _ := json.Marshal(v.shown[0].metadata); string(got) != `{"a":0.5,"b":0.3333333333333333,"c":2}` {
		t.Errorf("with a decimal comma metadata is %s", got)
	}
}

// Packages read the JSON of a display with jsonlite, which makes frames and matrices
// of what is regular in it: as JSON those have to be what they were.
func TestFramesAndMatricesAsJSONAreLists(t *testing.T) {
	p := startR(t)
	// A class whose numbers are others than R takes them for, as bit64's.
	show(t, p, "as.double.int64 <- function(x, ...) unclass(x) / 2^-1074\n`[[.int64` <- function(x, i) structure(unclass(x)[[i]], class = 'int64')")
	tests := []struct{ code, want string }{
		{"data.frame(a = c(1, NA), f = factor(c('u', 'v')))", `[{"a":1,"f":"u"},{"f":"v"}]`},
		{"local({ d <- data.frame(a = 1); d$l <- list(1:2); d$d <- data.frame(q = 'x'); d$m <- matrix(1:2, 1); d })",
			`[{"a":1,"l":[1,2],"d":{"q":"x"},"m":[1,2]}]`},
		{"data.frame(t = as.POSIXct('2024-01-02 03:04:05', tz = 'UTC'), d = as.Date('2024-01-02'))",
			`[{"t":"2024-01-02 03:04:05","d":"2024-01-02"}]`},
		{"local({ d <- data.frame(n = 1); d$n <- structure(2^-1073, class = 'int64'); list(d, d$n) })", `[[{"n":2}],2]`},
		{"data.frame()", `[]`},
		{"data.frame(a = 1)[0, , drop = FALSE]", `[]`},
		{"matrix(1:6, 2)", `[[1,3,5],[2,4,6]]`},
		{"matrix(list(1, 'a', NULL, TRUE), 2)", `[[1,null],["a",true]]`},
		{"matrix(0.5)", `[[0.5]]`},
		{"array(1:8, c(2, 2, 2))", `[[[1,5],[3,7]],[[2,6],[4,8]]]`},
		{"matrix(0, 0, 2)", `[]`},
		{"table(c('a', 'b', 'a'))", `{"a":2,"b":1}`},
		{"as.list(c(a = 1)[c('a', 'b')])", `{"a":1}`}, // the name of the second is NA
		{"setNames(data.frame(1, 2, 3, 4), c('a', NA, '', 'a'))", `[{"a":1}]`},
	}
	for _, test := range tests {
		v := show(t, p, `getOption("jupyter.base_display_func")(list("application/json" = `+test.code+"))")
		got, _ := json.Marshal(v.shown[0].data["application/json"])
		if string(got) != test.want {
			t.Errorf("%s: %s, want %s", test.code, got, test.want)
		}
	}
}

func TestPagesOfWidgetsAreSelfContained(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"index.html": `<html><head><script src="lib/a%20b.js"></script><link href="lib/s.css" rel="stylesheet">` +
			`<script src="https://example.org/x.js"></script></head><body><img class="i" src="lib/p.png"></body></html>`,
		"lib/a b.js": `var s = "</script></SCRIPT>"; // é`,
		"lib/s.css":  "b {\x00 background: url(\"p.png\") }",
		"lib/p.png":  "\x89PNG",
	}
	if err := os.Mkdir(filepath.Join(dir, "lib"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := startR(t)
	v := show(t, p, "getOption('viewer')('"+dir+"/index.html', height = 300)")
	html := v.html(t)
	for _, want := range []string{`<iframe srcdoc="`, "height:300px", `// é&lt;/script&gt;&lt;style&gt;b {`, `var s = &quot;&lt;\/script&gt;&lt;\/SCRIPT&gt;&quot;; // é`,
		"url(data:image/png;base64,iVBORw==)", "class=&quot;i&quot; src=&quot;data:image/png;base64,iVBORw==&quot;",
		"src=&quot;https://example.org/x.js&quot;"} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in\n%s", want, html)
		}
	}
	if strings.Contains(html, dir) || strings.Contains(html, "src=&quot;lib") {
		t.Errorf("a path of this machine is in\n%s", html)
	}
	// Without a height the frame takes that of its content: see e2e's test of JupyterLab.
	if free := show(t, p, "getOption('viewer')('"+dir+"/index.html')").html(t); strings.Contains(html, "frameElement") || !strings.Contains(free, "frameElement") {
		t.Errorf("%s", free)
	}
}

func TestMethodsOfReprAreUsedOnceItIsLoaded(t *testing.T) {
	testenv.RPackage(t, "repr")
	p := startR(t)
	show(t, p, "print.mine <- function(x, ...) cat('MINE\\n'); x <- structure(1, class = 'mine')")
	v := show(t, p, "x")
	if len(v.shown) != 1 || v.shown[0].data["text/html"] != nil {
		t.Errorf("without repr: %v", v.shown)
	}
	v = show(t, p, "registerS3method('repr_html', 'mine', function(obj, ...) '<i>mine</i>', asNamespace('repr'))\nx")
	if v.err != nil {
		t.Fatalf("package repr: %v", v.err)
	}
	if html := v.html(t); html != "<i>mine</i>" || v.shown[0].data["text/plain"] != "MINE" {
		t.Errorf("with repr: %v", v.shown)
	}
	// What repr does with base R's own values is not what R prints, also where a class
	// names what it is made of, as that of glue().
	for code, text := range map[string]string{
		"1:3": "[1] 1 2 3",
		"print.named <- function(x, ...) cat(unclass(x)); structure('a', class = c('named', 'character'))": "a",
	} {
		v := show(t, p, code)
		v.want(t, "result|"+text)
		if data := v.shown[0].data; len(data) != 1 {
			t.Errorf("%s is shown as %v", code, data)
		}
	}
}

func TestHTMLOfHtmltoolsIsShown(t *testing.T) {
	testenv.RPackage(t, "htmltools")
	p := startR(t)
	v := show(t, p, "library(htmltools); tags$b('x < y')")
	if html := v.html(t); html != "<b>x &lt; y</b>" {
		t.Errorf("HTML is %q", html)
	}
	if text := v.shown[0].data["text/plain"]; text != "<b>x &lt; y</b>" {
		t.Errorf("text is %q", text)
	}
	if html := show(t, p, "HTML('<i>x</i>', '<b>y</b>')").html(t); html != "<i>x</i> <b>y</b>" {
		t.Errorf("HTML as it is, is %q", html)
	}
	// print shows what is browsable: there is no result besides.
	v = show(t, p, "browsable(tags$i('shown once'))")
	if html := v.html(t); len(v.shown) != 1 || v.shown[0].kind != "display" || !strings.Contains(html, "shown once") {
		t.Errorf("shown %v", v.shown)
	}
}

func TestPicturesOfKnitrAreShown(t *testing.T) {
	p := startR(t)
	file := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(file, []byte("png"), 0o600); err != nil {
		t.Fatal(err)
	}
	show(t, p, `include_graphics <- function(x) structure(x, class = c("knit_image_paths", "knit_asis"))`)
	html := show(t, p, fmt.Sprintf("include_graphics(c(%q, 'https://example.org/b.svg'))", file)).html(t)
	want := `<img src="data:image/png;base64,cG5n" style="max-width:100%">` + "\n" +
		`<img src="https://example.org/b.svg" style="max-width:100%">`
	if html != want {
		t.Errorf("pictures are %q, want %q", html, want)
	}
	for _, code := range []string{"include_graphics('a.pdf')", "include_graphics(c('a.pdf', 'b.png'))"} {
		if v := show(t, p, code); len(v.shown) != 1 || len(v.shown[0].data) != 1 {
			t.Errorf("%s: a PDF is %v, want its text", code, v.shown)
		}
	}
}

// As magick's print does, which shows the picture and prints what it is, while the
// method for knitr leaves a file in the working directory.
func TestWhatItsPrintDisplaysIsShownOnce(t *testing.T) {
	p := startR(t)
	show(t, p, `print.picture <- function(x, ...) {
    getOption("jupyter.base_display_func")(list("image/png" = as.raw(1:3)))
    cat("4 x 3\n")
    invisible(x)
}
left <- FALSE
knit_print.picture <- function(x, ...) {
    left <<- TRUE
    structure("figure/-1.png", class = c("knit_image_paths", "knit_asis"))
}
one <- structure(1, class = "picture")`)
	for _, code := range []string{"one", "one", "structure(2, class = 'picture')"} {
		v := show(t, p, code)
		v.want(t, "display|<nil> result|4 x 3")
		if data := v.shown[1].data; len(data) != 1 {
			t.Errorf("besides the picture: %v", data)
		}
	}
	show(t, p, "left").want(t, "result|[1] FALSE")
	// What a cell displays before its value is no part of that.
	v := show(t, p, "{ getOption('jupyter.base_display_func')(list('text/plain' = 'x')); data.frame(a = 1) }")
	if html := v.shown[1].data["text/html"]; html == nil {
		t.Errorf("a frame after a display has no table: %v", v.shown)
	}
	// A method for knitr may give the pictures.
	v = show(t, p, "print.picture <- function(x, ...) cat('4 x 3\n'); one")
	if html := v.html(t); html != `<img src="figure/-1.png" style="max-width:100%">` {
		t.Errorf("HTML is %q", html)
	}
}

func TestThePlainTextOfAValueIsWhatRPrints(t *testing.T) {
	p := startR(t)
	show(t, p, "1:4").want(t, "result|[1] 1 2 3 4")
	show(t, p, "matrix(1:2, 1)").want(t, "result|     [,1] [,2]\n[1,]    1    2")
	show(t, p, "options(jupyter.rich_display = FALSE); data.frame(a = 1)").want(t, "result|  a\n1 1")
}

func TestStartingLoadsNoPackageAndKeepsTheOptionsOfR(t *testing.T) {
	p := startR(t)
	v := show(t, p, `cat(sort(loadedNamespaces()), fill = 1000); cat(search())`)
	const want = "stdout|base compiler datasets graphics grDevices methods stats utils\n" +
		".GlobalEnv package:stats package:graphics package:grDevices package:utils package:datasets package:methods Autoloads package:base"
	v.want(t, want)
	t.Setenv("R_DEFAULT_PACKAGES", "NULL")
	p = startR(t)
	show(t, p, "invisible(1)")
	if got := completed(t, p, "lappl^"); len(got) != 1 || got[0] != "lapply" {
		t.Errorf("completing without utils gives %q", got)
	}
	code, cursor := at("lapply^")
	if reply := inspect(t.Context(), p, code, cursor, 0); !reply.Found {
		t.Error("inspecting without utils finds nothing")
	}
	show(t, p, "cat(sort(loadedNamespaces()))").want(t, "stdout|base compiler")
	show(t, p, "graphics::plot(1)").want(t, "display|#1")
	show(t, p, "utils::View(data.frame(a = 1))").html(t)
}

func TestUserExpressionsAreEvaluatedInTheSession(t *testing.T) {
	p := startR(t)
	show(t, p, "x <- 2; d <- data.frame(a = 1)\n"+
		"repr_png.picture <- function(obj, ...) as.raw(1:3); print.picture <- function(x, ...) cat('picture\\n')")
	tests := []struct{ expr, want string }{
		{"x + 1", `{"text/plain":"[1] 3"}`},
		{"cat('unseen'); x", `{"text/plain":"[1] 2"}`},
		{"structure(1, class = 'picture')", `{"text/plain":"picture"}`},
		{"'\u00e9'", `{"text/plain":"[1] \"` + "\u00e9" + `\""}`},
		{"`Encoding<-`('\u00e9', 'bytes')", `{"text/plain":"[1] \"\\\\xc3\\\\xa9\""}`},
	}
	for _, test := range tests {
		data, err := evaluate(t.Context(), p, test.expr)
		if got, _ := json.Marshal(data); err != nil || string(got) != test.want {
			t.Errorf("evaluate(%q) = %s, %v, want %s", test.expr, got, err, test.want)
		}
	}
	data, err := evaluate(t.Context(), p, "d")
	if html, _ := data["text/html"].(string); err != nil || !strings.HasPrefix(html, "<table") {
		t.Errorf("evaluate(d) = %v, %v, want a table", data, err)
	}
	for _, expr := range []string{"stop('no')", "nosuch", "1 +"} {
		_, err := evaluate(t.Context(), p, expr)
		if e, ok := errors.AsType[*kernel.Error](err); !ok || e.Name == "" || e.Value == "" {
			t.Errorf("evaluate(%q): error %v, want R's", expr, err)
		}
	}
	bytes := "stop(errorCondition(`Encoding<-`('\u00e9', 'bytes'), class = `Encoding<-`('\u00e9', 'bytes')))"
	if _, err := evaluate(t.Context(), p, bytes); err == nil {
		t.Errorf("evaluate(%q): no error", bytes)
	}
	show(t, p, "1").want(t, "result|[1] 1")
}

func TestAFunctionOfTheUsersGivesTheHTMLOfAClass(t *testing.T) {
	p := startR(t)
	v := show(t, p, `repr_html.mine <- function(obj, ...) paste0("<i>", unclass(obj), "</i>")
structure(7, class = c("mine", "other"))`)
	if html := v.html(t); html != "<i>7</i>" {
		t.Errorf("HTML is %q", html)
	}
	// Also of a kind of frames, which have a table.
	v = show(t, p, `repr_html.money <- function(obj, ...) "<i>money</i>"
structure(data.frame(a = 1), class = c("money", "data.frame"))`)
	if html := v.html(t); html != "<i>money</i>" {
		t.Errorf("HTML of a frame is %q", html)
	}
	// In any form that repr knows; of a list JSON is made.
	v = show(t, p, `repr_json.forms <- function(obj, ...) list(a = 1:2, b = "x")
repr_vega5.forms <- function(obj, ...) '{"c":[3]}'
repr_jpg.forms <- function(obj, ...) as.raw(1:3)
repr_javascript.forms <- function(obj, ...) c("alert(1)", "alert(2)")
print.forms <- function(x, ...) cat("forms\n")
structure(1, class = "forms")`)
	const want = `{"application/javascript":"alert(1)\nalert(2)","application/json":{"a":[1,2],"b":"x"},` +
		`"application/vnd.vega.v5+json":{"c":[3]},"image/jpeg":"AQID","text/plain":"forms"}`
	if got, _ := json.Marshal(v.shown[0].data); string(got) != want {
		t.Errorf("forms are %s, want %s", got, want)
	}
	// And of all frames, whether repr is there or not.
	show(t, p, `repr_html.data.frame <- function(obj, ...) "<i>mine</i>"`)
	for _, code := range []string{"data.frame(a = 1)", "if (nzchar(system.file(package = 'repr'))) loadNamespace('repr')\ndata.frame(a = 1)"} {
		v := show(t, p, code)
		if html := v.shown[len(v.shown)-1].data["text/html"]; html != "<i>mine</i>" {
			t.Errorf("%s: HTML is %q", code, html)
		}
	}
	show(t, p, `rm(repr_html.data.frame)
if (isNamespaceLoaded("repr")) unloadNamespace("repr")`)
	// Who writes one hears of its errors; the value is shown all the same.
	v = show(t, p, `repr_html.broken <- function(obj, ...) stop("no way")
repr_json.broken <- function(obj, ...) list(sum)
repr_markdown.broken <- function(obj, ...) "*broken*"
print.broken <- function(x, ...) cat("broken\n")
structure(1, class = "broken"); 1
structure(1, class = "broken")`)
	v.want(t, "stdout|broken\n[1] 1\n result|broken stderr|repr_html() of this value failed: no way\n"+
		"repr_json() of this value failed: JSON has no form for an object of type builtin\n")
	if data := v.shown[0].data; data["text/markdown"] != "*broken*" {
		t.Errorf("besides what fails: %v", data)
	}
	// One for knitr gives HTML or Markdown.
	show(t, p, `knit_print.known <- function(x, ...) structure(unclass(x), class = "knit_asis")
print.known <- function(x, ...) cat("known\n")`)
	for text, mime := range map[string]string{"<b>known</b>": "text/html", "*known*": "text/markdown"} {
		v := show(t, p, fmt.Sprintf("structure(%q, class = 'known')", text))
		if data := v.shown[0].data; len(data) != 2 || data[mime] != text {
			t.Errorf("a method for knitr gives %v, want %s", data, mime)
		}
	}
	// Whole documents are put into a frame of their own.
	show(t, p, `repr_html.document <- function(obj, ...) unclass(obj); print.document <- function(x, ...) cat("document\n")`)
	for html, want := range map[string]any{"<!DOCTYPE html><HTML lang='en'></HTML>": map[string]any{"isolated": true}, "<p>a</p>": nil} {
		v := show(t, p, fmt.Sprintf("structure(%q, class = 'document')", html))
		if got := v.shown[0].metadata["text/html"]; !reflect.DeepEqual(got, want) {
			t.Errorf("the metadata of %s are %v, want %v", html, got, want)
		}
	}
	// None can ask: R's loop is not where it could take the answer.
	v = show(t, p, `repr_html.asking <- function(obj, ...) { browser(); readline("? ") }
print.asking <- function(x, ...) cat("asking\n")
structure(1, class = "asking")`, "an answer")
	v.want(t, "result|asking stderr|browser: nobody can be asked now; continuing\n"+
		"repr_html() of this value failed: nobody can be asked while R shows or completes something\n")
	show(t, p, `isNamespaceLoaded("repr")`).want(t, "result|[1] FALSE")
}

func TestADisplayIsReplacedByItsId(t *testing.T) {
	p := startR(t)
	v := show(t, p, `display <- getOption("jupyter.base_display_func")
display(list("text/plain" = "0 %"), display_id = "state")
display(list("text/plain" = "other"))
display(list("text/html" = "<b>9 %</b>"), list(isolated = TRUE), display_id = "state", update = TRUE)`)
	if v.err != nil {
		t.Fatal(v.err)
	}
	if got := []string{v.shown[0].kind + v.shown[0].id, v.shown[1].kind + v.shown[1].id, v.shown[2].kind + v.shown[2].id}; !slices.Equal(
		got, []string{"displaystate", "display", "updatestate"}) {
		t.Errorf("shown %q", got)
	}
	if v.shown[2].data["text/html"] != "<b>9 %</b>" || v.shown[2].metadata["isolated"] != true {
		t.Errorf("the update is %+v", v.shown[2])
	}
	show(t, p, `display(list("text/html" = NULL))`).want(t, "")
	for _, code := range []string{"display_id = ''", "display_id = 1", "update = TRUE", "display_id = c('a', 'b')"} {
		v := show(t, p, `display(list("text/plain" = "x"), `+code+")")
		if v.err == nil || len(v.shown) != 0 || v.err.Traceback[0] != "Error: "+v.err.Value || !strings.Contains(v.err.Value, "display_id") {
			t.Errorf("%s: %v, %q", code, v.err, v.all())
		}
	}
}

// A collection of garbage may come while the kernel's own code runs, of which
// nothing is shown: what a finalizer of the user's says then is.
func TestAFinalizerIsHeardWheneverItRuns(t *testing.T) {
	p := startR(t)
	show(t, p, `leave <- function() reg.finalizer(new.env(), function(e) {
  cat("gone\n"); message("for good"); stop("in vain")
})
collect <- function() {
  leave()
  invisible(gc())
  cat("a method's own words\n")
}
repr_html.probe <- function(obj, ...) { collect(); "<b>probe</b>" }
print.probe <- function(x, ...) cat("<probe>\n")
.DollarNames.probe <- function(x, pattern) { collect(); "member" }
probe <- structure(list(), class = "probe")`)
	v := show(t, p, "probe")
	v.want(t, "result|<probe> stdout|gone\n stderr|for good\nError in (function (e)  : in vain\n")
	if got := v.html(t); got != "<b>probe</b>" {
		t.Errorf("HTML is %q", got)
	}

	v = show(t, p, "1") // the cell that is spoken of after its end
	if got := completed(t, p, "probe$m^"); !slices.Equal(got, []string{"probe$member"}) {
		t.Errorf("completing gives %q", got)
	}
	v.wait(t, "in vain")
	v.want(t, "result|[1] 1 stdout|gone\n stderr|for good\nError in (function (e)  : in vain\n")
}

// R prints a value and then the warnings that it has put off. So do front ends.
func TestWarningsFollowTheValue(t *testing.T) {
	const warning = "stderr|Warning message:\nw \n"
	p := startR(t)
	show(t, p, `w <- function(x = NA) { warning("w", call. = FALSE); x }
setClass("Formal", representation(x = "numeric"))
setMethod("show", "Formal", function(object) cat("<formal>\n"))
print.loud <- function(x, ...) { cat("<loud>\n"); w() }
told <- function(f) invisible(addTaskCallback(function(...) { f(); FALSE }))`)
	for code, want := range map[string]string{
		"w()":                                    "result|[1] NA " + warning,
		"w(); 1":                                 "stdout|[1] NA\n " + warning + " result|[1] 1",
		"x <- w()":                               warning,
		"w('a'); w('b')":                         "stdout|[1] \"a\"\n " + warning + " result|[1] \"b\" " + warning,
		"{ w(); w() }":                           "result|[1] NA stderr|Warning messages:\n1: w \n2: w \n",
		"{ w(); new('Formal', x = 1) }":          "result|<formal> " + warning,
		"structure(1, class = 'loud')":           "result|<loud> " + warning,
		"data.frame(a = w())":                    "result|   a\n1 NA " + warning,
		"data.frame(a = w()); 2":                 "display|   a\n1 NA " + warning + " result|[1] 2",
		"{ told(function() cat('T\\n')); w() }":  "result|[1] NA " + warning + " stdout|T\n",
		"{ told(function() message('T')); w() }": "result|[1] NA " + warning + "T\n",
	} {
		show(t, p, code).want(t, want)
	}
	// One that goes through the pipe, since it is long.
	v := show(t, p, "w(strrep('x', 1e5))")
	if all := v.all(); len(all) != 2 || !strings.HasPrefix(all[0], "result|[1] \"xxx") || all[1] != warning {
		t.Errorf("a long value: %.200q", all)
	}
	if v = show(t, p, "{ w(); stop('s') }"); v.err == nil || !strings.Contains(strings.Join(v.err.Traceback, "\n"), "s\nIn addition: Warning message:\nw ") {
		t.Errorf("with an error: %v, %q", v.err, v.all())
	}
}
