//go:build linux || darwin

package rkernel

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// completed returns the code after each match was put in, for code with the
// cursor at ^.
func completed(t testing.TB, p *process, marked string) []string {
	t.Helper()
	code, cursor := at(marked)
	reply := complete(t.Context(), p, code, cursor)
	runes := []rune(code)
	var out []string
	for _, match := range reply.Matches {
		out = append(out, string(runes[:reply.CursorStart])+match+string(runes[reply.CursorEnd:]))
	}
	return out
}

func TestCompletionKnowsWhatTheSessionHas(t *testing.T) {
	p := startR(t)
	show(t, p, "`my var` <- 1; my_value <- 2; été <- 3; ตัวแปร <- 4; हिंदी <- 5\n"+
		"df <- data.frame(`a b` = 1, alpha = 2, check.names = FALSE)\n"+
		"odd <- list(`6\" x` = 1, `c:\\\\d` = 2); l <- list(x = list(inner = 1)); e <- new.env(); e$member <- 1\n"+
		"setClass('P', representation(slot_one = 'numeric')); obj <- new('P', slot_one = 1)\n"+
		"fit <- l$fit <- lm(dist ~ speed, cars); e$greet <- function(whom, ...) NULL\n"+
		"setGeneric('describe', function(object, ...) standardGeneric('describe'))\n"+
		"setMethod('describe', 'P', function(object, verbose = FALSE) NULL)\n"+
		"makeActiveBinding('loud', function() { cat('RAN\\n'); list(a = 1) }, globalenv())\n"+
		"wrong <- data.frame(caf = 1, 2); names(wrong)[2] <- 'caf\\xe9'; assign('zip\\xe9', 1)\n"+
		"words <- data.frame(1, 2); names(words) <- c('next', 'f('); latin <- list(1); names(latin) <- iconv('côté', 'UTF-8', 'latin1')")
	tests := []struct{ code, want string }{
		{"zi^", "zip"},
		{"x <- my_va^", "x <- my_value"},
		{"my^", "`my var`"},
		{"`my^", "`my var`"},
		{"ét^", "été"},
		{"ตัว^", "ตัวแปร"}, // the second sign stands above the first
		{"-हि^", "-हिंदी"},
		{"\"😀\"; zi^", "\"😀\"; zip"},
		{"lm(form^", "lm(formula="},
		{"plot(1,\n  # don't (\n  mai^", "plot(1,\n  # don't (\n  main="},
		{"df$a^", "df$`a b`"},
		{"df$al^", "df$alpha"},
		{"df$`a^", "df$`a b`"},
		{"df[[\"a^", "df[[\"a b"},
		{"df[1, c(\"alpha\", \"a^", "df[1, c(\"alpha\", \"a b"},
		{"odd[[\"6^", "odd[[\"6\\\" x"},
		{"odd[['6^", "odd[['6\" x"},
		{"odd[[\"c:\\\\^", "odd[[\"c:\\\\d"},
		{"odd[[r\"(c:^", "odd[[r\"(c:\\d"},
		{"wrong$ca^", "wrong$caf"}, // the other name is none in UTF-8
		{"latin$cô^", "latin$côté"},
		{"words$ne^", "words$`next`"},
		{"words[[1]] + words$f^", "words[[1]] + words$`f(`"},
		{"subset(state.x77, Inc^", "subset(state.x77, Income"},
		{"with(words, ne^", "with(words, `next`"},
		{"wrong$`ca^", "wrong$`caf`"},
		{"wrong[[\"c^", "wrong[[\"caf"},
		{"with(wrong, ca^", "with(wrong, caf"},
		{"l$x$^", "l$x$inner"},
		{"l[[\"x\"]]$in^", "l[[\"x\"]]$inner"},
		{"e$mem^", "e$member"},
		{"obj@slot^", "obj@slot_one"},
		{"stats::lm.f^", "stats::lm.fit"},
		{"stats4::ml^", "stats4::mle"}, // not loaded
		{"utils:::.getH^", "utils:::.getHelpFile"},
		{"stats4:::plo^", "stats4:::plot"},
		{"tcltk::tkd^", "tcltk::tkdestroy"}, // exported by a pattern
		{"datasets::mtc^", "datasets::mtcars"},
		{"library(spl^", "library(splines"},
		{"func^", "function"},
		{"if (a) b els^", "if (a) b else"},
		{"subset(mtcars, cy^", "subset(mtcars, cyl"},
		{"lm(mpg ~ w^, data = mtcars)", "lm(mpg ~ wt, data = mtcars)"},
		{"mtcars |> head(3) |> subset(hp > 1 & di^", "mtcars |> head(3) |> subset(hp > 1 & disp"},
		{"with(df, a^", "with(df, `a b`"},
		{"df[order(al^", "df[order(alpha"},
		// Arguments of the method for the object at hand.
		{"predict(fit, newd^", "predict(fit, newdata="},
		{"fit |> predict(newd^", "fit |> predict(newdata="},
		{"subset(mtcars, cyl == 4, sel^", "subset(mtcars, cyl == 4, select="},
		{"stats::predict(fit, se^", "stats::predict(fit, se.fit="},
		{"merge(df, df, by.^", "merge(df, df, by.x="},
		{"summary(l$fit, corr^", "summary(l$fit, correlation="},
		{"seq(x, y, length^", "seq(x, y, length.out="},
		{"describe(obj, verb^", "describe(obj, verbose="},
		{"e$greet(wh^", "e$greet(whom="},
		{"stats::filter(1:3, rep(1, 2), si^", "stats::filter(1:3, rep(1, 2), sides="},
		{"par(mfr^", "par(mfrow="},
		{"transform(^", "transform(`_data`="},
	}
	for _, test := range tests {
		if got := completed(t, p, test.code); !slices.Contains(got, test.want) {
			t.Errorf("completing %q gives %.10q, want %q among them", test.code, got, test.want)
		}
	}
	v := show(t, p, "stopifnot(!c('stats4', 'tcltk') %in% loadedNamespaces())")
	if v.err != nil {
		t.Error("completing a name of a package loaded it")
	}
	// A function of the user's hides another of its name.
	show(t, p, "filter <- function(.data, ..., .by) NULL")
	if got := completed(t, p, "filter(df, ^"); slices.Contains(got, "filter(df, sides=") || !slices.Contains(got, "filter(df, .by=") {
		t.Errorf("arguments of a function of the user's: %.5q", got)
	}
	if got := completed(t, p, "repea^"); !slices.Equal(got, []string{"repeat"}) {
		t.Errorf("a reserved word: %q", got)
	}
	if got := completed(t, p, "lm(zi^"); !slices.Contains(got, "lm(zip") || slices.Contains(got, "lm(=") {
		t.Errorf("where no argument begins so: %.5q", got)
	}
	// An argument's name can only begin an argument.
	if got := completed(t, p, "lm(mpg ~ w^, data = mtcars)"); slices.Contains(got, "lm(mpg ~ weights=, data = mtcars)") {
		t.Errorf("within an argument: %.5q", got)
	}
	for _, nothing := range []string{"# zi^", "", "nosuch$^", "f()$^", "1 + ^", "plot(f(1)^", "stats4::plo^", "nosuchpackage::a^", "nosuchpackage::`a^"} {
		if got := completed(t, p, nothing); got != nil {
			t.Errorf("completing %q gives %q, want nothing", nothing, got)
		}
	}
}

func TestCompletionOfPathsKeepsSpacesAndQuotes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"with space.csv", "qu'ote.txt", "été.txt", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "a folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := startR(t)
	tests := []struct{ typed, want string }{
		{`read.csv("` + dir + `/with^`, `read.csv("` + dir + `/with space.csv`},
		{`read.csv("` + dir + `/with s^")`, `read.csv("` + dir + `/with space.csv")`},
		{`x('` + dir + `/qu^`, `x('` + dir + `/qu\'ote.txt`},
		{`x(r"(` + dir + `/qu^`, `x(r"(` + dir + `/qu'ote.txt`},
		{`x("` + dir + `/a^`, `x("` + dir + `/a folder/`},
		{`"` + dir + `/é^`, `"` + dir + `/été.txt`},
		{`"` + dir + `/.^`, `"` + dir + `/.hidden`},
	}
	for _, test := range tests {
		if got := completed(t, p, test.typed); !slices.Equal(got, []string{test.want}) {
			t.Errorf("completing %q gives %q, want %q", test.typed, got, test.want)
		}
	}
	if got := completed(t, p, `"`+dir+`/nothing^`); got != nil {
		t.Errorf("where there is no file: %q", got)
	}
}

func TestCompletionOfAGenericsArgumentsIsQuick(t *testing.T) {
	p := startR(t)
	show(t, p, "1") // R is up
	before := cpu(t, p)
	got := completed(t, p, "print(x, dig^")
	if !slices.Contains(got, "print(x, digits=") {
		t.Errorf("completing gives %q, want digits=", got)
	}
	if d := cpu(t, p) - before; d > time.Second {
		t.Errorf("it took %v", d)
	}
}

func TestInspectionEvaluatesNoBindings(t *testing.T) {
	p := startR(t)
	show(t, p, `makeActiveBinding("loud", function() { cat("RAN\n"); 1 }, globalenv())
delayedAssign("later", { cat("RAN\n"); 1 })
e <- new.env(); makeActiveBinding("loud", function() { cat("RAN\n"); 1 }, e)
l <- list(a = 1:3, f = function(x, ...) NULL); nested <- list(1, list(deep = "down"), named = list(deep = "below"))
df <- data.frame(n = 1:2)
attach(new.env(), name = "package:other"); setGeneric("setdiff", function(x, y, ...) standardGeneric("setdiff"), where = as.environment(2))
setClass("P", slots = c(x = "numeric")); object <- new("P", x = c(5, 6))`)
	tests := []struct {
		code   string
		detail int
		want   []string // nil: nothing found
	}{
		{"lm(y^)", 0, nil},
		{"lm^", 0, []string{"function", "lm(formula, data,", "Fitting Linear Models"}},
		{"lm(y ~ x, ^)", 0, []string{"lm(formula, data,"}},
		{"lm^", 1, []string{"Source", "model.frame"}},
		{"stats::sd^", 0, []string{"Signature:\nsd(x, na.rm = FALSE)", "Standard Deviation"}},
		{"base::plot^", 0, []string{"Generic X-Y Plotting"}},
		{"datasets::cars$dist^", 0, []string{"num [1:50] 2 10 4 22"}},
		{"e^", 0, []string{"\n<environment: ", "loud"}},
		{"df^", 0, []string{"data.frame", "2 obs. of  1 variable"}},
		{"l$a^", 0, []string{"integer", "int [1:3] 1 2 3"}},
		{"l$f^", 1, []string{"f(x, ...)", "function(x, ...) NULL"}},
		{`l[["a"]]$b^`, 0, nil},
		{"nested[[2]]$deep^", 0, []string{`chr "down"`}},
		{"nested[[4]]$deep^", 0, nil},
		{`nested[["named"]]$deep^`, 0, []string{`chr "below"`}},
		{"object@x^", 0, []string{"num [1:2] 5 6"}},
		{"object@y^", 0, nil},
		{"mtcars^", 0, []string{"data.frame", "32 obs. of  11 variables", "Motor Trend"}},
		{"loud^", 0, []string{"Active binding"}},
		{"e$loud^", 0, []string{"Active binding"}},
		{"loud$x^", 0, nil},
		{"later$x$y^", 0, nil},
		{"no_such_name$x^", 0, nil},
		{"later^", 0, []string{"Promise"}},
		{"no_such_name^", 0, nil},
		{"if^", 0, []string{"Control Flow"}},
		{"1:2 %i^n% l", 0, []string{"%in%(x, table)", "Value Matching"}},
		{"l%in%df^", 0, []string{"2 obs. of  1 variable"}},
		{"setdiff^", 0, []string{"setdiff(x, y, ...)", "Set Operations"}}, // base documents it
		{"", 0, nil},
	}
	for _, test := range tests {
		code, cursor := at(test.code)
		reply := inspect(t.Context(), p, code, cursor, test.detail)
		if reply.Found != (test.want != nil) {
			t.Errorf("inspecting %q: found is %v", test.code, reply.Found)
			continue
		}
		plain, _ := reply.Data["text/plain"].(string)
		html, _ := reply.Data["text/html"].(string)
		for _, want := range test.want {
			if !strings.Contains(plain, want) {
				t.Errorf("inspecting %q gives %.300q, want %q in it", test.code, plain, want)
			}
		}
		if reply.Found && !strings.Contains(html, "<") {
			t.Errorf("inspecting %q: no HTML", test.code)
		}
		if strings.Contains(plain, "\b") {
			t.Errorf("inspecting %q gives overstrikes", test.code)
		}
	}
	short, err := p.call(t.Context(), "inspect_object", "0", "lm")
	if err != nil || len(short) != 2 || !strings.Contains(short[0], "lm(formula, data,") || strings.Contains(short[0], "Help:") {
		t.Errorf("inspecting without help gives %.300q, %v", short, err)
	}
	if v := show(t, p, "1"); len(v.all()) != 1 {
		t.Errorf("inspecting evaluated a binding: %q", v.all())
	}
}

func TestTypingLeavesTheLastErrorAlone(t *testing.T) {
	p := startR(t)
	show(t, p, "stop('mine')")
	completed(t, p, "nosuch$a^")
	completed(t, p, "if (x^")
	inspect(t.Context(), p, "nosuch::a", 9, 0)
	isComplete(t.Context(), p, `'\q'`)
	show(t, p, "cat(geterrmessage())").want(t, "stdout|Error: mine\n")
}

func TestIsCompleteAnswersAsRsParserDoes(t *testing.T) {
	p := startR(t)
	tests := []struct{ code, status, indent string }{
		{"", "complete", ""},
		{"1 + 1", "complete", ""},
		{"# a comment", "complete", ""},
		{"f <- function(x) {\n  x\n}", "complete", ""},
		{"x <- r\"(a\nb)\"", "complete", ""},
		{"a; b", "complete", ""},
		{"f <- function(x) {", "incomplete", "  "},
		{"if (a) {\n  b(", "incomplete", "    "},
		{"x <-", "incomplete", "  "},
		{"1 +", "incomplete", "  "},
		{"x |>", "incomplete", "  "},
		{"'abc", "incomplete", ""},
		{"r\"---(abc)--\"", "incomplete", ""},
		{"`a", "incomplete", ""},
		{"\\(x)", "incomplete", ""},
		{"function(x)", "incomplete", ""},
		{"f(1, # c", "incomplete", "  "},
		{"f(1,\r\n  2)\r\n", "complete", ""},
		{"f(1,\r\n  2,\r\n", "incomplete", "  "},
		{"}", "invalid", ""},
		{"x y", "invalid", ""},
		{"'\\q'", "invalid", ""},
		{"\\", "invalid", ""},
		{"été <- '日本'", "complete", ""},
	}
	show(t, p, "invisible(Sys.setenv(LANGUAGE = 'de'))")
	for _, test := range tests {
		got := isComplete(t.Context(), p, test.code)
		if got.Status != test.status || got.Indent != test.indent {
			t.Errorf("isComplete(%q) = %q, indent %q, want %q, %q",
				test.code, got.Status, got.Indent, test.status, test.indent)
		}
	}
}
