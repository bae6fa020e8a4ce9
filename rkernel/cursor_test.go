package rkernel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// asked is a caller that notes the call and answers with fixed strings.
type asked struct {
	asked  string
	answer []string
}

func (a *asked) call(_ context.Context, fn string, args ...string) ([]string, error) {
	a.asked = fmt.Sprintf("%s(%s)", fn, strings.Join(args, "|"))
	return a.answer, nil
}

// at splits code at the cursor, which is written as ^.
func at(code string) (string, int) {
	before, after, _ := strings.Cut(code, "^")
	return before + after, len([]rune(before))
}

func TestCompletionAsksForWhatIsAtTheCursor(t *testing.T) {
	tests := []struct{ code, want string }{
		{"zi^", "complete_name(zi||)"},
		{"x <- zi^ + 1", "complete_name(zi||)"},
		{"lm(form^", "complete_name(lm(form|lm|)"},
		{"f(1)\nlm(y ~ x,\n  # don't\n  dat^", `complete_name(lm(y ~ x,             dat|lm|)`},
		{`f("a, (b", x^`, `complete_name(f("     ", x|f|)`},
		{"stats::lm(^", "complete_name(stats::lm(|stats::lm|)"},
		{"f({ a^", "complete_name(a||)"},
		{"mtcars$m^", "complete_member(mtcars|$|m)"},
		{"mtcars$^", "complete_member(mtcars|$|)"},
		{`l[["a b"]]$x@y^`, `complete_member(l[["a b"]]$x|@|y)`},
		{"f()$x^", "()"},
		{"l[f()]$x^", "()"},
		{"l[i, 1]$x^", "complete_member(l[i, 1]|$|x)"},
		{"`a b`$x^", "complete_member(`a b`|$|x)"},
		{"stats::lm^", "complete_export(stats|::|lm)"},
		{"stats:::^", "complete_export(stats|:::|)"},
		{"library(st^", "complete_package(st)"},
		{"requireNamespace('st^", "complete_package(st)"},
		{"predict(l$fit, ^", "complete_name(predict(l$fit, |predict|l$fit)"},
		{"predict(f(x), ^", "complete_name(predict(f(x), |predict|)"},
		{"predict(object = fit, ^", "complete_name(predict(object = fit, |predict|)"},
		{"y + predict(fit, ^", "complete_name(predict(fit, |predict|fit)"},
		{"zi ^", "()"},
		{".5^", "()"},
		{"predict(fi^", "complete_name(predict(fi|predict|)"},
		{"fit |> predict(^", "complete_name(predict(|predict|fit)"},
		{"lm(x) |> predict(y, ^", "complete_name(predict(y, |predict|)"},
		{"a$b(c[[1]], ^", "complete_name(b(c[[1]], |a$b|c[[1]])"},
		{"library(stats, cha^", "complete_name(library(stats, cha|library|stats)"},
		{`read.csv("dir with space/fi^`, `complete_file(dir with space/fi|")`},
		{`df[["a^`, "complete_element(df|a|\")"},
		{`l$df[, "a^`, "complete_element(l$df|a|\")"},
		{`df[i > 1, c("a", '^`, "complete_element(df||')"},
		{`df[df$x == "a^`, `complete_file(a|")`},
		{`df[paste("a^`, `complete_file(a|")`},
		{`c("a^`, `complete_file(a|")`},
		{"x$`a b^", "complete_backtick(x|$|a b)"},
		{"`a b^", "complete_backtick(||a b)"},
		{"# zi^", "()"},
		{"^", "()"},
		{"x + ^", "()"},
		{"lm(y ~ x[1]^", "()"},
		{"lm(f(y) ^", "()"},
		{"lm('y'\n^", "()"},
		{"lm(if (y) ^", "complete_name(lm(if (y) |lm|)"},
		{"lm(\\(y) ^", "complete_name(lm(\\(y) |lm|)"},
		{"lm(if (y) z else ^", "complete_name(lm(if (y) z else |lm|)"},
		{"?lm^", "complete_name(?lm||)"},
		{".Mach^", "complete_name(.Mach||)"},
		{"1 + .Machine$in^", "complete_member(.Machine|$|in)"},
		{"x[y[1]]$a^", "complete_member(x[y[1]]|$|a)"},
		{"x[[y[[1]]]]$a^", "complete_member(x[[y[[1]]]]|$|a)"},
		{"x[i + 1]$a^", "()"},
		{`x["["]$a^`, `complete_member(x["["]|$|a)`},
		{`x["]"]$a^`, `complete_member(x["]"]|$|a)`},
		{"{ x }$a^", "()"},
		{"f(x, # c\n^", "complete_name(f(x,     |f|x)"},
		{"f(1,\tx^", "complete_name(f(1, x|f|)"},
		{"f(repeat ^", "complete_name(f(repeat |f|)"},
		{"f((x) ^", "()"},
		{"`a b`^", "()"},
		{`library(stats, "a^`, `complete_file(a|")`},
		{"(\\(x) x)(zi^", "complete_name(zi||)"},
		{"x[zi^", "complete_name(zi||)"},
	}
	for _, test := range tests {
		code, cursor := at(test.code)
		q := completionAt([]rune(code), cursor)
		if got := fmt.Sprintf("%s(%s)", q.fn, strings.Join(q.args, "|")); got != test.want {
			t.Errorf("completionAt(%q) asks %s, want %s", test.code, got, test.want)
		}
	}
}

func TestColumnsAreOfferedOfTheDataAtHand(t *testing.T) {
	tests := []struct{ code, want string }{
		{"subset(d, c^", "d"},
		{"subset(d, x > 1 & c^)", "d"},
		{"lm(y ~ c^, data = l$d)", "l$d"},
		{"lm(y ~ c^, weights = f(1), data = d)", "d"},
		{"d |> subset(c^", "d"},
		{"l$d %>%\n  dplyr::filter(x > 1) %>%\n  select(c^", "l$d"},
		{"ggplot(d, aes(c^))", "d"},
		{"ggplot(d) + geom_point(aes(c^))", "d"},
		{"d[c^", "d"},
		{"d[d$x > 1, .(c^", "d"},
		{"with(d, f(g(c^", "d"},
		{"f(g(d), c^", ""},
		{"c^", ""},
		{"(c^", ""},
		{"d; f(c^", ""},
		{"f(\"a\", c^", ""},
		{"mutate(.data = d, c^", "d"},
		{"f(x = d, c^", ""},
		{"f(x)[c^", ""},
		{"d + f(c^", ""},
		{"d[1] |> f(c^", "d[1]"},
		{"(d) |> f(c^", ""},
		{"with(d, subset(d, c^", "d"},
		{"x <- d\ny <- (c^", ""},
	}
	for _, test := range tests {
		code, cursor := at(test.code)
		if got := strings.Join(sourcesAt([]rune(code), cursor-1), " "); got != test.want {
			t.Errorf("sourcesAt(%q) = %q, want %q", test.code, got, test.want)
		}
	}
}

func TestCompletionCountsCodePoints(t *testing.T) {
	tests := []struct {
		code       string
		answer     []string
		start, end int
	}{
		{"\"😀é\"; zi^", []string{"2", "zip"}, 6, 8},
		{"😀 <- mtcars$m^x", []string{"mpg"}, 5, 13},
		{"'é/ü^", []string{"1", "ünder"}, 3, 4},
		{"zi^", nil, 2, 2},
		{"zi^", []string{"nonsense"}, 2, 2},
		{"zi^", []string{"9", "x"}, 2, 2},
	}
	for _, test := range tests {
		code, cursor := at(test.code)
		reply := complete(t.Context(), &asked{answer: test.answer}, code, cursor)
		if reply.CursorStart != test.start || reply.CursorEnd != test.end {
			t.Errorf("complete(%q) replaces [%d, %d), want [%d, %d)", test.code,
				reply.CursorStart, reply.CursorEnd, test.start, test.end)
		}
		if reply.Matches == nil || reply.Metadata == nil || reply.Status != "ok" {
			t.Errorf("complete(%q) = %+v: a list is null", test.code, reply)
		}
	}
}

func TestInspectionFindsTheObjectAtTheCursor(t *testing.T) {
	tests := []struct {
		code string
		want []string
	}{
		{"l^m(y)", []string{"lm"}},
		{"lm^(y)", []string{"lm"}},
		{"lm(^)", []string{"lm"}},
		{"lm(y ~ 1, ^", []string{"lm"}},
		{"stats::lm^", []string{"stats", "::", "lm"}},
		{"x$a$b^$c", []string{"x", "$", "a", "$", "b"}},
		{"x$a^$b", []string{"x", "$", "a"}},
		{`x[["a b"]]$c^`, []string{"x", "[[", "a b", "$", "c"}},
		{"x[[2]]$c^", []string{"x", "[[", "2", "$", "c"}},
		{"x[[i]]$c^", nil},
		{"x[1]$c^", nil},
		{"`a b`^", []string{"a b"}},
		{"`a\\`b\\\\c`^", []string{"a`b\\c"}},
		{"`lm^", nil},
		{"x[[1, 2]]$c^", nil},
		{"lm^# c", []string{"lm"}},
		{"a ^<- 1", nil},
		{"# lm^", nil},
		{"1 + ^", nil},
		{"^", nil},
		{"é😀; lm^", []string{"lm"}},
	}
	for _, test := range tests {
		code, cursor := at(test.code)
		if got := objectAt([]rune(code), cursor); !slices.Equal(got, test.want) {
			t.Errorf("objectAt(%q) = %q, want %q", test.code, got, test.want)
		}
	}
}

func TestInspectionWithoutAnAnswerFindsNothing(t *testing.T) {
	reply := inspect(t.Context(), &asked{}, "lm", 1, 0)
	if reply.Found || reply.Data == nil || reply.Metadata == nil {
		t.Errorf("inspect = %+v, want found false and no null", reply)
	}
}

func TestIncompleteCodeComesWithTheNextIndent(t *testing.T) {
	tests := []struct{ code, want string }{
		{"f <- function(x) {", "  "},
		{"f <- function(x) {\n  x", "  "},
		{"f <- function(x) {\n  if (x) {", "    "},
		{"x <-", "  "},
		{"x |>\n  f() |>", "  "},
		{"x |>\n  f(function(y) {\n    z\n  }) |>", "  "},
		{"x <- 1\ny +", "  "},
		{"x +\n  y\nz +", "  "},
		{"'abc", ""},
		{"g(a,", "  "},
		{"g(a,\n  b,", "  "},
		{"g(a,\r\n  b,\r\n", "  "},
		{"g(\n    a,\n    b,", "    "},
		{"g(a,\n  b +\n    c,", "  "},
		{"g(a, function(x) {\n  x\n},", "  "},
		{"function(x,\n         y,", "         "},
		{"{\n  g(a,\n    b)\n", "  "},
		{"{\n  a # b {", "  "},
		{"{\n\n", "  "},
		{"{\n  a;\n", "  "},
		{"g(\n  a +\n      b, c +", "    "},
		{"}\nf(", "  "}, // while R is busy, and does not say that it is wrong
	}
	for _, test := range tests {
		reply := isComplete(t.Context(), &asked{answer: []string{"incomplete"}}, test.code)
		if reply.Indent != test.want {
			t.Errorf("isComplete(%q).Indent = %q, want %q", test.code, reply.Indent, test.want)
		}
	}
}

// slow is a caller that has no answer from inspect, as when a help page takes
// too long.
type slow struct{ asked }

func (s *slow) call(ctx context.Context, fn string, args ...string) ([]string, error) {
	if fn == "inspect" {
		return nil, errors.New("interrupted")
	}
	return s.asked.call(ctx, fn, args...)
}

func TestInspectionWithoutHelpIsBetterThanNone(t *testing.T) {
	reply := inspect(t.Context(), &slow{asked{answer: []string{"text", "html"}}}, "lm", 1, 0)
	if !reply.Found || reply.Data["text/plain"] != "text" {
		t.Errorf("inspect = %+v", reply)
	}
}
