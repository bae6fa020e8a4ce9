package rkernel

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
func lex(code []rune) []token { return slices.Collect(tokens(code)) }

// tokens is lex for who keeps none of them: a front end may ask about a long cell
// after each of its lines.
func tokens(code []rune) iter.Seq[token] { return newLexer(code).tokens() }

type lexer struct {
	code   []rune
	pos    int
	text   string // code
	offset int    // of pos in text
	// brackets are the open ones, to tell ]] from ] ].
	brackets []string
}

func newLexer(code []rune) *lexer { return &lexer{code: code, text: string(code)} }

func (l *lexer) tokens() iter.Seq[token] {
	return func(yield func(token) bool) {
		for l.pos < len(l.code) {
			if unicode.IsSpace(l.code[l.pos]) {
				l.take(l.pos + 1)
			} else if !yield(l.next()) {
				return
			}
		}
	}
}

func (l *lexer) at(i int) rune {
	if i < len(l.code) {
		return l.code[i]
	}
	return 0
}

// take returns the text up to end, which becomes the position.
func (l *lexer) take(end int) string {
	from := l.offset
	for ; l.pos < end; l.pos++ {
		_, size := utf8.DecodeRuneInString(l.text[l.offset:])
		l.offset += size
	}
	return l.text[from:l.offset]
}

// token returns the token up to end.
func (l *lexer) token(kind tokenKind, end int) token {
	t := token{kind: kind, start: l.pos, end: end}
	t.text = l.take(end)
	return t
}

// next returns the token at the position, which is no space.
func (l *lexer) next() token {
	switch c := l.code[l.pos]; {
	case c == '#':
		return l.comment()
	case (c == 'r' || c == 'R') && (l.at(l.pos+1) == '"' || l.at(l.pos+1) == '\''):
		if t, ok := l.rawString(); ok {
			return t
		}
		return l.token(tokenName, l.while(isNamePart))
	case c == '"' || c == '\'':
		return l.quoted(tokenString, c)
	case c == '`':
		return l.quoted(tokenQuoted, c)
	case isNameStart(c) && !(c == '.' && unicode.IsDigit(l.at(l.pos+1))):
		return l.token(tokenName, l.while(isNamePart))
	case unicode.IsDigit(c) || c == '.':
		return l.token(tokenNumber, l.while(isNamePart))
	case strings.ContainsRune("([{", c):
		return l.openBracket(c)
	case strings.ContainsRune(")]}", c):
		return l.closeBracket(c)
	default:
		return l.operator(c)
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

func (l *lexer) comment() token {
	t := l.token(tokenComment, l.while(func(c rune) bool { return c != '\n' }))
	t.open = t.end == len(l.code)
	return t
}

// quoted reads a string or a quoted name; a backslash takes the next rune.
func (l *lexer) quoted(kind tokenKind, quote rune) token {
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
	t.end = min(end+1, len(l.code))
	t.text = l.take(t.end)[1:]
	if !t.open {
		t.text = t.text[:len(t.text)-1]
	}
	return t
}

// rawString reads r"(...)", with any number of dashes and any bracket, and
// reports whether there is one.
func (l *lexer) rawString() (token, bool) {
	quote := l.at(l.pos + 1)
	open := l.pos + 2
	for l.at(open) == '-' {
		open++
	}
	closers := map[rune]string{'(': ")", '[': "]", '{': "}"}
	closer, ok := closers[l.at(open)]
	if !ok {
		return token{}, false
	}
	dashes := strings.Repeat("-", open-l.pos-2)
	t := token{kind: tokenString, start: l.pos, contentStart: open + 1, quote: quote, raw: true}
	t.text, t.open = l.text[l.offset+open+1-l.pos:], true
	if i := strings.Index(t.text, closer+dashes+string(quote)); i >= 0 {
		t.text, t.open = t.text[:i], false
	}
	t.end = open + 1 + utf8.RuneCountInString(t.text)
	if !t.open {
		t.end += 2 + len(dashes)
	}
	l.take(t.end)
	return t, true
}

func (l *lexer) openBracket(c rune) token {
	end := l.pos + 1
	if c == '[' && l.at(end) == '[' {
		end++
	}
	t := l.token(tokenOpen, end)
	l.brackets = append(l.brackets, t.text)
	return t
}

func (l *lexer) closeBracket(c rune) token {
	end := l.pos + 1
	if n := len(l.brackets); n > 0 {
		if c == ']' && l.brackets[n-1] == "[[" && l.at(end) == ']' {
			end++
		}
		l.brackets = l.brackets[:n-1]
	}
	return l.token(tokenClose, end)
}

// longOperators are those of more than one rune, longer ones first.
var longOperators = []string{
	":::", "<<-", "->>", "::", "<-", "->", "==", "<=", ">=", "!=", "|>", "&&", "||", ":=",
}

// operator reads the operators that matter as one: namespaces, %any%, and the
// ones with an = that is no argument's.
func (l *lexer) operator(c rune) token {
	end := l.pos + 1
	if c == '%' {
		if e := l.while(func(c rune) bool { return c != '%' && c != '\n' }); l.at(e) == '%' {
			end = e + 1
		}
	}
	for _, op := range longOperators {
		if strings.HasPrefix(l.text[l.offset:], op) {
			end = l.pos + len(op)
			break
		}
	}
	return l.token(tokenOp, end)
}
