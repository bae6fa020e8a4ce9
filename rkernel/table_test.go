//go:build linux || darwin

package rkernel

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAFrameIsShownAsTextAndTable(t *testing.T) {
	p := startR(t)
	v := show(t, p, `data.frame(n = c(1.5, NA), s = c("<b>", "a  b"), f = factor(c(NA, "u&v")),
  d = as.Date("2024-02-29") + 0:1, t = as.POSIXct("2024-01-01 10:00", tz = "UTC") + 0:1,
  row.names = c("r1", "r\"2"))`)
	v.want(t, "result|"+`      n    s    f          d                   t
r1  1.5  <b> <NA> 2024-02-29 2024-01-01 10:00:00
r"2  NA a  b  u&v 2024-03-01 2024-01-01 10:00:01`)
	html := v.html(t)
	for _, want := range []string{
		">data.frame: 2 rows \u00d7 5 columns</caption>",
		`<th scope="col" style="text-align:right">n</th>`, `<th scope="col" style="text-align:left">&lt;dttm&gt;</th>`,
		">&lt;dbl&gt;</th>", ">&lt;chr&gt;</th>", ">&lt;fct&gt;</th>", ">&lt;date&gt;</th>",
		`<th scope="row">r&quot;2</th>`, `<td style="text-align:right">1.5</td>`,
		`<td style="text-align:right">NA</td>`, ">&lt;b&gt;</td>", "pre-wrap\">a  b</td>",
		">NA</td>", ">u&amp;v</td>", ">2024-02-29</td>", ">2024-01-01 10:00:01</td>",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in\n%s", want, html)
		}
	}
}

func TestTablesOfOddFrames(t *testing.T) {
	p := startR(t)
	show(t, p, "format.times <- function(x, ...) paste(x[, 1], 'of', x[, 2])\n"+
		"`[.times` <- function(x, i, j) if (missing(j)) structure(unclass(x)[i, , drop = FALSE], class = 'times') else unclass(x)[i, j]\n"+
		"is.na.times <- function(x) is.na(x[, 1])\n"+
		"format.percent <- function(x, ...) paste(c(unclass(x)), 'percent', if (!is.null(attr(x, 'of'))) 'of all')")
	show(t, p, "d <- data.frame(a = 1:2); d$l <- list(1:3, mtcars); d$m <- matrix(1:4, 2); d$p <- as.POSIXlt(Sys.time() + 1:2)")
	tests := []struct {
		code string
		want []string
	}{
		{"d", []string{"1, 2, 3", "&lt;data.frame [32 \u00d7 11]&gt;", "m.2", "&lt;dttm&gt;"}},
		{"e <- data.frame(a = 1:4); e$l <- list(list(1, 2), matrix(1:4, 2), 1:7, character()); e",
			[]string{">&lt;list [2]&gt;<", ">&lt;matrix [2 \u00d7 2]&gt;<", ">&lt;integer [7]&gt;<", ">&lt;character [0]&gt;<"}},
		{"d$v <- numeric_version(c('1.2', '3')); d", []string{">1.2</td>", "&lt;numeric_version&gt;"}},
		{"d$o <- structure(list(1, mtcars), class = c('of', 'list')); d", []string{"&lt;of&gt;", ">&lt;data.frame [32 \u00d7 11]&gt;</td></tr>"}},
		{"data.frame()", []string{"0 rows \u00d7 0 columns"}},
		{"iris[0, ]", []string{"0 rows \u00d7 5 columns", "Species"}},
		{"data.frame(row.names = c('x', 'y'))", []string{"2 rows \u00d7 0 columns", ">y</th>"}},
		{"as.data.frame(matrix(0, 5, 500))", []string{"5 rows \u00d7 500 columns (first 20 columns shown)", "\u22ef"}},
		{"as.data.frame(matrix(0, 99, 99))", []string{"(first 30 rows, first 20 columns shown)"}},
		{"matrix(0, 99, 99)", []string{"(first 30 rows, first 20 columns shown)"}},
		{"matrix(1:4, 2)", []string{"matrix: 2 rows \u00d7 2 columns", "[,2]", "[2,]"}},
		{"structure(matrix(1:4, 2), classes = 'low')", []string{"matrix: 2 rows \u00d7 2 columns"}},
		{"table(mtcars$cyl, mtcars$gear)", []string{"table: 3 rows \u00d7 3 columns", ">12</td>"}},
		{"xtabs(~ cyl + gear, mtcars)", []string{"<tr><th></th><th scope=\"col\" style=\"text-align:right\">gear</th>", "<tr><th>cyl</th>"}},
		{"table(c('NA', NA), c('u', NA), useNA = 'always')", []string{">NA</th>", "<th scope=\"row\">&lt;NA&gt;</th>", ">u</th>",
			"right\">&lt;NA&gt;</th>"}},
		{"as.table(matrix(c(1, NA), 1))", []string{">1</td><td style=\"text-align:right\"></td></tr>"}},
		{"matrix(0, 2, 0, dimnames = list(who = NULL, what = NULL))", []string{"2 rows \u00d7 0 columns"}},
		{"matrix(1:2, 1, dimnames = list(who = NULL, NULL))", []string{"<tr><th>who</th>"}},
		{"matrix(list(1, 'a', mtcars, NULL), 2)", []string{"NULL", "data.frame"}},
		{"data.frame(x = strrep('long', 1000))", []string{"long\u2026"}},
		{"data.frame(x = strrep('long', 50))", []string{">" + strings.Repeat("long", 50) + "</td>"}},
		{"data.frame(x = 'a\\nb')", []string{"a\nb"}},
		{"data.frame(`n\\b` = c('\\001\\033[1mx\\t', '\\u0085'), check.names = FALSE, row.names = c('a', '\\177'))",
			[]string{`>n\b<`, `>\001\033[1mx` + "\t<", `>\u0085<`, `>\177<`}},
		{"data.frame(x = c('bad\\xe9', iconv('\\u00e9', 'UTF-8', 'latin1')), y = '\U0001F600')",
			[]string{`bad\xe9`, ">\u00e9<", "\U0001F600"}},
		{"z <- data.frame(z = 5:6); z$m <- matrix(7:10, 2); b <- data.frame(x = 3:4); b$y <- z; d <- data.frame(a = 1:2); d$b <- b; d",
			[]string{">b.x<", ">b.y.z<", ">b.y.m.2<", ">1</td><td style=\"text-align:right\">3</td><td style=\"text-align:right\">5</td>" +
				"<td style=\"text-align:right\">7</td><td style=\"text-align:right\">9</td></tr>"}},
		{"d <- data.frame(i = 1:2); d$s <- structure(matrix(1:4, 2), class = 'times'); d", []string{
			">s<", ">&lt;times&gt;<", "<td style=\"text-align:right\">1 of 3</td></tr>", "2 of 4"}},
		{"data.frame(x = `Encoding<-`(c('\\u00e9', 'e'), c('bytes', 'UTF-8')))", []string{`>\xc3\xa9<`, ">e<"}},
		{"data.frame(z = complex(real = c(NaN, NA), imaginary = Inf), d = as.difftime(c(NaN, NA), units = 'mins'))",
			[]string{">NaN+Infi</td><td style=\"text-align:left\">NaN mins<", ">NA</td><td style=\"text-align:left\">NA mins<"}},
		{"d <- data.frame(i = 1:2); d$p <- structure(3:4, class = 'percent'); d", []string{">3 percent<", ">4 percent<"}},
		{"d <- data.frame(i = 1:99); d$p <- structure(1:99, class = 'percent', of = 'all'); d", []string{">30 percent of all<"}},
		{"`[.whole` <- function(x, i) stop('it has no parts'); d <- data.frame(i = 1:99); d$w <- structure(1:99, class = 'whole'); d",
			[]string{">&lt;whole&gt;<", "right\">30</td></tr>"}},
		{"d <- data.frame(a = 1:3); d$z <- scale(d$a); d$m <- matrix(1:6, 3); d", []string{">z<", ">m.1<", ">m.2<"}},
		{"structure(list(a = 1:2, b = 3:4), class = c('tbl_df', 'tbl', 'data.frame'), row.names = 1:2)",
			[]string{"tbl_df: 2 rows \u00d7 2 columns"}},
	}
	for _, test := range tests {
		v := show(t, p, test.code)
		html := v.html(t)
		for _, want := range test.want {
			if !strings.Contains(html, want) {
				t.Errorf("%s: no %q in\n%.2000s", test.code, want, html)
			}
		}
		rows := strings.SplitAfter(html, "<tr>")[1:]
		for _, row := range rows {
			if cells := strings.Count(row, "</th>") + strings.Count(row, "</td>"); cells != strings.Count(rows[0], "</th>") {
				t.Errorf("%s: %d cells in a row of\n%.2000s", test.code, cells, html)
			}
		}
	}
}

func TestATableHasTheSizeTheUserAskedFor(t *testing.T) {
	p := startR(t)
	for _, test := range []struct{ options, shown string }{
		{"repr.matrix.max.rows = 3, repr.matrix.max.cols = 2", "(first 3 rows, first 2 columns shown)"},
		{"repr.matrix.max.rows = 1", "(first 1 row, first 2 columns shown)"},
		{"repr.matrix.max.rows = 'all', repr.matrix.max.cols = 0", "(first 30 rows, first 20 columns shown)"},
		{"repr.matrix.max.rows = Inf, repr.matrix.max.cols = Inf", "(first 200 rows shown)"}, // no page could take all
		{"repr.matrix.max.rows = NULL, repr.matrix.max.cols = NULL", "(first 30 rows, first 20 columns shown)"},
	} {
		html := show(t, p, "options("+test.options+"); as.data.frame(matrix(strrep('x', 500), 300, 100))").html(t)
		if !strings.Contains(html, test.shown) || len(html) > 3_000_000 {
			t.Errorf("%s: %d bytes, %.300s", test.options, len(html), html)
		}
	}
}

// What such a method says and a table does not, as the models of an analysis of
// variance and which of its figures are significant, would be lost in front ends.
// Every frame and matrix that a cell shows is a table, in its place: the last one is
// the cell's result.
func TestTablesBeforeTheLastValueAreTables(t *testing.T) {
	p := startR(t)
	show(t, p, "a <- data.frame(x = 1)\nb <- matrix(1:2, 1)\nrownames(b) <- 'r'")
	const a, b = "  x\n1 1", "  [,1] [,2]\nr    1    2"
	for code, want := range map[string]string{
		"a\nb":                   "display|" + a + " result|" + b,
		"a; 'x'; b; invisible()": "display|" + a + " stdout|[1] \"x\"\n display|" + b,
		"a\nprint(b)\ny <- a":    "display|" + a + " stdout|" + b + "\n",
		"for (i in 1) print(a)\n1; message('m'); a; message('n')": "stdout|" + a + "\n[1] 1\n stderr|m\n display|" + a + " stderr|n\n",
		"plot(1)\na\nabline(h = 1)":                               "display|#1 display|" + a + " update|#1",
		"a\nstop('e')":                                            "display|" + a + " error|simpleError",
		"structure(a, class = c('loud', 'data.frame'))\na":        "stdout|LOUD\n result|" + a,
		"a\noptions(jupyter.rich_display = FALSE)\na\noptions(jupyter.rich_display = NULL)": "display|" + a + " stdout|" + a + "\n",
		"id <- addTaskCallback(function(...) { cat('T\\n'); TRUE })\na\nb\ninvisible(removeTaskCallback(id))": "stdout|T\n display|" +
			a + " stdout|T\n display|" + b + " stdout|T\n",
		"{ plot(1); a }\n1": "display|#1 display|" + a + " result|[1] 1",
	} {
		show(t, p, "print.loud <- function(x, ...) { cat('LOUD\\n'); invisible(x) }")
		v := show(t, p, code)
		if v.err != nil {
			v.add("error", v.err.Name)
		}
		v.want(t, want)
		for _, s := range v.shown {
			if _, ok := s.data["text/html"]; !ok && s.id == "" && s.data["text/plain"] != "[1] 1" {
				t.Errorf("%s: %v has no table", code, s.data)
			}
		}
	}
	large := show(t, p, "matrix(1:40000, 4)\n1")
	if all := large.all(); len(all) != 2 || len(all[0]) < 1<<16 || !strings.HasPrefix(all[0], "display|  ") {
		t.Errorf("a large matrix and a number are %d events", len(all))
	}
}

func TestAFrameThatPrintsItselfIsShownSo(t *testing.T) {
	p := startR(t)
	show(t, p, "print.mine <- function(x, ...) cat('mine\\n'); setClass('S', contains = 'data.frame')\n"+
		"mine <- structure(data.frame(a = 1:2), class = c('mine', 'data.frame'))\n"+
		"like <- structure(data.frame(a = 1:2), class = c('like', 'tbl_df', 'tbl', 'data.frame'))")
	for _, code := range []string{"mine", "summary(iris)", "anova(lm(mpg ~ wt, mtcars), lm(mpg ~ wt + hp, mtcars))", "new('S', data.frame(a = 1))"} {
		v := show(t, p, code)
		if len(v.shown) != 1 || v.shown[0].data["text/html"] != nil {
			t.Errorf("%s: %+v, want text only", code, v.shown)
		}
	}
	for _, code := range []string{"View(mine)", "like", "print.tbl <- function(x, ...) cat('tibble\\n'); like"} {
		show(t, p, code).html(t)
	}
}

func TestATableOfTenMillionRowsIsABoundedHead(t *testing.T) {
	p := startR(t)
	show(t, p, "big <- data.frame(a = 1:1e7, b = 0.5, c = 'x')")
	before := cpu(t, p)
	// print would format a hundred thousand values; the table must not.
	v := show(t, p, "View(big)")
	if d := cpu(t, p) - before; d > 500*time.Millisecond {
		t.Errorf("it took %v", d)
	}
	html := v.html(t)
	if !strings.Contains(html, "10,000,000 rows \u00d7 3 columns (first 30 rows shown)") {
		t.Errorf("caption: %.200s", html)
	}
	if len(html) > 100_000 {
		t.Errorf("%d bytes of HTML", len(html))
	}
}

func TestTablesAsLaTeXAndMarkdownOnRequest(t *testing.T) {
	p := startR(t)
	v := show(t, p, `options(adrastea.table.mimetypes = c("text/html", "text/latex", "text/markdown"))
data.frame("a_b" = c(1.5, 10), c = c("x|y & 50%", "{\\n}~^<"), row.names = c("r1", "r$2"))`)
	const latex = `\begin{tabular}{lrl}
\hline
 & a\_b & c \\
\hline
r1 & 1.5 & x|y \& 50\% \\
r\$2 & 10.0 & \{\textbackslash{}n\}\textasciitilde{}\textasciicircum{}\textless{} \\
\hline
\end{tabular}`
	const markdown = `|  | a\_b | c |
|:--|--:|:--|
| r1 | 1.5 | x\|y & 50% |
| r\$2 | 10.0 | \{\\n\}\~^\< |`
	data := v.shown[0].data
	if data["text/latex"] != latex {
		t.Errorf("LaTeX is\n%s, want\n%s", data["text/latex"], latex)
	}
	if data["text/markdown"] != markdown {
		t.Errorf("Markdown is\n%s, want\n%s", data["text/markdown"], markdown)
	}
	if data["text/html"] == nil {
		t.Error("no HTML")
	}
	v = show(t, p, `options(adrastea.table.mimetypes = "text/markdown"); matrix(1:400, 100)`)
	if got, _ := v.shown[0].data["text/markdown"].(string); strings.Count(got, "\n") != 32 || v.shown[0].data["text/html"] != nil {
		t.Errorf("of a long matrix: %v", v.shown[0].data)
	}
	v = show(t, p, "table(cyl = mtcars$cyl, gear = mtcars$gear)")
	if got, _ := v.shown[0].data["text/markdown"].(string); !strings.HasPrefix(got, "| cyl / gear | 3 | 4 | 5 |\n") {
		t.Errorf("of a cross table: %q", got)
	}
	v = show(t, p, "matrix(1:4, 2)[0, ]")
	if got := v.shown[0].data["text/markdown"]; got != "|  | \\[,1\\] | \\[,2\\] |\n|:--|--:|--:|" {
		t.Errorf("of a matrix without rows: %q", got)
	}
	v = show(t, p, "data.frame(sep = 1:2, collapse = 3:4)")
	if got := v.shown[0].data["text/markdown"]; got != "| sep | collapse |\n|--:|--:|\n| 1 | 3 |\n| 2 | 4 |" {
		t.Errorf("of columns with names of arguments: %q", got)
	}
	v = show(t, p, "as.data.frame(matrix(1, 1, 21))")
	if got, _ := v.shown[0].data["text/markdown"].(string); !strings.HasPrefix(got, "| V1 | V2 |") ||
		!strings.HasSuffix(got, "\n"+strings.Repeat("| 1 ", 20)+"| \u22ef |") {
		t.Errorf("of a wide frame: %q", got)
	}
	for _, odd := range []string{"data.frame()", "data.frame(a = 1:2)[, 0]", "matrix(list(1, 'a'), 1)"} {
		if v := show(t, p, odd); v.err != nil || v.shown[0].data["text/markdown"] == nil {
			t.Errorf("%s: %v, %+v", odd, v.err, v.shown)
		}
	}
	v = show(t, p, `options(adrastea.table.mimetypes = c("text/latex", "text/markdown"))
data.frame("a\n\nb" = c("[1]", "*"), check.names = FALSE)`)
	const lines = "\\hline\na b \\\\\n\\hline\n{[}1] \\\\\n{*} \\\\\n\\hline\n" // \\ has options: \\* and \\[1cm]
	if got, _ := v.shown[0].data["text/latex"].(string); !strings.Contains(got, lines) {
		t.Errorf("of rows that begin like options: %q", got)
	}
	if got := v.shown[0].data["text/markdown"]; got != "| a b |\n|:--|\n| \\[1\\] |\n| \\* |" {
		t.Errorf("of a name of several lines: %q", got)
	}
	show(t, p, "options(adrastea.table.mimetypes = NULL)")
	if v := show(t, p, "data.frame(a = 1)"); v.shown[0].data["text/latex"] != nil || v.shown[0].data["text/html"] == nil {
		t.Errorf("without the option: %v", v.shown[0].data)
	}
}

// Classes that a user writes in a cell have their methods everywhere, as those of
// packages have.
func TestMethodsOfTheUsersOwnAreUsed(t *testing.T) {
	p := startR(t)
	show(t, p, "format.money <- function(x, ...) paste0('$', unclass(x))\n"+
		"`[.money` <- function(x, i) structure(unclass(x)[i], class = 'money')\n"+
		".DollarNames.account <- function(x, pattern) 'balance'\n"+
		"account <- structure(list(), class = 'account')")
	v := show(t, p, "d <- data.frame(n = 1:2); d$m <- structure(3:4, class = 'money'); d")
	v.want(t, "result|  n  m\n1 1 $3\n2 2 $4")
	if html := v.html(t); !strings.Contains(html, ">$3</td>") {
		t.Errorf("no $3 in\n%s", html)
	}
	if got := completed(t, p, "account$b^"); !slices.Equal(got, []string{"account$balance"}) {
		t.Errorf("completing gives %q", got)
	}
}
