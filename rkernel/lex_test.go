package rkernel

import (
	"strings"
	"testing"
)

func TestLexCutsCodeAsRDoes(t *testing.T) {
	tests := []struct{ code, want string }{
		{"x <- 1", "x|<-|1"},
		{"a$b@c", "a|$|b|@|c"},
		{"stats::lm(y ~ x)", "stats|::|lm|(|y|~|x|)"},
		{"x[[y[1]]]", "x|[[|y|[|1|]|]]"},
		{"x[y[1]]", "x|[|y|[|1|]|]"},
		{"x[[1] ]", "x|[[|1|]|]"},
		{`f("a \" b", 'c')`, `f|(|a \" b|,|c|)`},
		{`r"(a " b)" + R"---[x]--]---"`, `a " b|+|x]--`},
		{"`a b`$`c\\`d`", "a b|$|c\\`d"},
		{"# c\nx %in% y", "# c|x|%in%|y"},
		{"\\(x) x |> f()", "\\|(|x|)|x||>|f|(|)"},
		{"été_1 <- .5e-3", "été_1|<-|.5e|-|3"},
		{"rep(1)", "rep|(|1|)"},
		{`r"abc" % b`, `r|abc|%|b`},
		{`r"()" + ""`, `|+|`},
		{`R'[a"b]'`, `a"b`},
	}
	for _, test := range tests {
		var got []string
		for _, token := range lex([]rune(test.code)) {
			got = append(got, token.text)
			if token.open && token.kind != tokenComment {
				t.Errorf("lex(%q): %q is open", test.code, token.text)
			}
		}
		if s := strings.Join(got, "|"); s != test.want {
			t.Errorf("lex(%q) = %s, want %s", test.code, s, test.want)
		}
	}
}

func TestLexKnowsWhatTheCodeEndsWithin(t *testing.T) {
	tests := []struct {
		code string
		kind tokenKind
		text string
	}{
		{`f("a b`, tokenString, "a b"},
		{`f('a\'`, tokenString, `a\'`},
		{`r"-(a)"`, tokenString, `a)"`},
		{"x$`a b", tokenQuoted, "a b"},
		{"1 # x", tokenComment, "# x"},
		{`"`, tokenString, ""},
		{`"\`, tokenString, `\`},
	}
	for _, test := range tests {
		tokens := lex([]rune(test.code))
		last := tokens[len(tokens)-1]
		if !last.open || last.kind != test.kind || last.text != test.text {
			t.Errorf("lex(%q) ends with %+v, want kind %d open with text %q",
				test.code, last, test.kind, test.text)
		}
	}
}

func FuzzLexKeepsEveryRuneInItsPlace(f *testing.F) {
	for _, code := range []string{"", "x[[1]]", `r"(a`, "`a", "'\\", "f(a, \"b\" # c", "]]", "é%x"} {
		f.Add(code, 3)
	}
	f.Fuzz(func(t *testing.T, code string, cursor int) {
		runes := []rune(code)
		pos := 0
		for _, token := range lex(runes) {
			if token.start < pos || token.end <= token.start || token.end > len(runes) {
				t.Fatalf("lex(%q): token %+v after position %d", code, token, pos)
			}
			pos = token.end
		}
		completionAt(runes, clampCursor(runes, cursor))
		objectAt(runes, cursor)
		indentAfter(code)
		sourcesAt(runes, cursor)
	})
}
