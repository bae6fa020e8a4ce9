package rkernel

import (
	"strings"
	"unicode"
)

// A tokenKind is the kind of a token of R, as far as completion and inspection
// need to tell them apart.
type tokenKind int

const (
	tokenName    tokenKind = iota // a name or a reserved word
	tokenQuoted                   // a name in back-ticks
	tokenNumber                   // a number
	tokenString                   // a string, raw ones included
	tokenComment                  // from # to the end of the line
	tokenOpen                     // ( [ [[ {
	tokenClose                    // ) ] ]] }
	tokenOp                       // anything else
)

// A token is a piece of code, from start to end in runes. An open token is
// one that the code ends within: a string, a quoted name or a comment.
type token struct {
	kind       tokenKind
	start, end int
	open       bool
	// text is the token as it stands, but the content for strings and quoted
	// names, with their escapes.
	text string
	// quote is the rune that ends a string; raw is set for raw strings.
	quote rune
	raw   bool
	// contentStart is where text starts, for strings and quoted names.
	contentStart int
}

// lex cuts R code into tokens. It never fails: code that R would refuse is cut
// somehow, since people complete in the middle of what they are writing.
func lex(code []rune) []token {
	l := &lexer{code: code}
	for l.pos < len(code) {
		l.next()
	}
	return l.tokens
}

type lexer struct {
	code   []rune
	pos    int
	tokens []token
	// brackets are the open ones, to tell ]] from ] ].
	brackets []string
}

func (l *lexer) at(i int) rune {
	if i < len(l.code) {
		return l.code[i]
	}
	return 0
}

func (l *lexer) add(kind tokenKind, end int) {
	l.tokens = append(l.tokens, token{
		kind: kind, start: l.pos, end: end, text: string(l.code[l.pos:end]),
	})
	l.pos = end
}

func (l *lexer) next() {
	switch c := l.code[l.pos]; {
	case unicode.IsSpace(c):
		l.pos++
	case c == '#':
		l.comment()
	case (c == 'r' || c == 'R') && (l.at(l.pos+1) == '"' || l.at(l.pos+1) == '\'') && l.rawString():
	case c == '"' || c == '\'':
		l.quoted(tokenString, c)
	case c == '`':
		l.quoted(tokenQuoted, c)
	case isNameStart(c) && !(c == '.' && unicode.IsDigit(l.at(l.pos+1))):
		l.add(tokenName, l.while(isNamePart))
	case unicode.IsDigit(c) || c == '.':
		l.add(tokenNumber, l.while(isNamePart))
	case strings.ContainsRune("([{", c):
		l.openBracket(c)
	case strings.ContainsRune(")]}", c):
		l.closeBracket(c)
	default:
		l.operator(c)
	}
}

func isNameStart(c rune) bool { return c == '.' || unicode.IsLetter(c) }

func isNamePart(c rune) bool {
	return c == '.' || c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c)
}

// while returns the position of the first rune after pos that is not accepted.
func (l *lexer) while(accept func(rune) bool) int {
	end := l.pos + 1
	for end < len(l.code) && accept(l.code[end]) {
		end++
	}
	return end
}

func (l *lexer) comment() {
	end := l.while(func(c rune) bool { return c != '\n' })
	l.add(tokenComment, end)
	l.tokens[len(l.tokens)-1].open = end == len(l.code)
}

// quoted reads a string or a quoted name; a backslash takes the next rune.
func (l *lexer) quoted(kind tokenKind, quote rune) {
	t := token{kind: kind, start: l.pos, contentStart: l.pos + 1, quote: quote, open: true}
	end := l.pos + 1
	for ; end < len(l.code); end++ {
		if l.code[end] == '\\' {
			end++
		} else if l.code[end] == quote {
			t.open = false
			break
		}
	}
	end = min(end, len(l.code))
	t.text = string(l.code[t.contentStart:end])
	if !t.open {
		end++
	}
	t.end = end
	l.tokens = append(l.tokens, t)
	l.pos = end
}

// rawString reads r"(...)", with any number of dashes and any bracket, and
// reports whether there is one.
func (l *lexer) rawString() bool {
	quote := l.at(l.pos + 1)
	open := l.pos + 2
	for l.at(open) == '-' {
		open++
	}
	closers := map[rune]string{'(': ")", '[': "]", '{': "}"}
	closer, ok := closers[l.at(open)]
	if !ok {
		return false
	}
	dashes := strings.Repeat("-", open-l.pos-2)
	t := token{kind: tokenString, start: l.pos, contentStart: open + 1, quote: quote, raw: true}
	content, found := string(l.code[open+1:]), false
	if i := strings.Index(content, closer+dashes+string(quote)); i >= 0 {
		content, found = content[:i], true
	}
	t.text, t.open = content, !found
	t.end = open + 1 + len([]rune(content))
	if found {
		t.end += 2 + len(dashes)
	}
	l.tokens = append(l.tokens, t)
	l.pos = t.end
	return true
}

func (l *lexer) openBracket(c rune) {
	end := l.pos + 1
	if c == '[' && l.at(end) == '[' {
		end++
	}
	l.add(tokenOpen, end)
	l.brackets = append(l.brackets, l.tokens[len(l.tokens)-1].text)
}

func (l *lexer) closeBracket(c rune) {
	end := l.pos + 1
	if n := len(l.brackets); n > 0 {
		if c == ']' && l.brackets[n-1] == "[[" && l.at(end) == ']' {
			end++
		}
		l.brackets = l.brackets[:n-1]
	}
	l.add(tokenClose, end)
}

// longOperators are those of more than one rune, longer ones first.
var longOperators = []string{
	":::", "<<-", "->>", "::", "<-", "->", "==", "<=", ">=", "!=", "|>", "&&", "||", ":=",
}

// operator reads the operators that matter as one: namespaces, %any%, and the
// ones with an = that is no argument's.
func (l *lexer) operator(c rune) {
	end := l.pos + 1
	if c == '%' {
		if e := l.while(func(c rune) bool { return c != '%' && c != '\n' }); l.at(e) == '%' {
			end = e + 1
		}
	}
	rest := string(l.code[l.pos:min(l.pos+3, len(l.code))])
	for _, op := range longOperators {
		if strings.HasPrefix(rest, op) {
			end = l.pos + len(op)
			break
		}
	}
	l.add(tokenOp, end)
}
