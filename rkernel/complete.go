package rkernel

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A caller evaluates a function of our private R environment while R is idle.
type caller interface {
	call(ctx context.Context, fn string, args ...string) ([]string, error)
}

func noMatches(code string, cursor int) *jupyter.CompleteReply {
	cursor = clampCursor([]rune(code), cursor)
	return &jupyter.CompleteReply{
		Status: "ok", Matches: []string{}, CursorStart: cursor, CursorEnd: cursor,
		Metadata: map[string]any{},
	}
}

func clampCursor(code []rune, cursor int) int { return min(max(cursor, 0), len(code)) }

// complete asks R. A failure is an empty reply: a front end that asked for
// completions has no use for an error.
func complete(ctx context.Context, r caller, code string, cursor int) *jupyter.CompleteReply {
	reply := noMatches(code, cursor)
	runes := []rune(code)
	cursor = reply.CursorEnd
	q := completionAt(runes, cursor)
	if q.fn == "" {
		return reply
	}
	if q.fn == "complete_name" {
		q.sources = sourcesAt(runes, cursor-len([]rune(q.partial)))
	}
	answer, err := r.call(ctx, q.fn, q.args...)
	if err != nil || len(answer) == 0 {
		return reply
	}
	if q.counted {
		n, err := strconv.Atoi(answer[0])
		if err != nil || n < 0 || n > cursor {
			return reply
		}
		q.replace, answer = n, answer[1:]
	}
	if q.within {
		answer = slices.DeleteFunc(answer, isArgument)
	}
	if len(q.sources) > 0 && q.replace == len([]rune(q.partial)) {
		answer = withColumns(ctx, r, q, answer)
	}
	reply.CursorStart = cursor - q.replace
	for _, match := range answer {
		reply.Matches = append(reply.Matches, q.prefix+match)
	}
	if len(reply.Matches) == 0 {
		reply.CursorStart = cursor
	}
	return reply
}

// withColumns puts the columns of the data at hand behind the arguments, which
// come first, and before the other names.
func withColumns(ctx context.Context, r caller, q query, names []string) []string {
	columns, err := r.call(ctx, "complete_columns", append([]string{q.partial}, q.sources...)...)
	if err != nil {
		return names
	}
	arguments := 0
	for arguments < len(names) && isArgument(names[arguments]) {
		arguments++
	}
	others := slices.DeleteFunc(slices.Clone(names[arguments:]), func(name string) bool {
		return slices.Contains(columns, name)
	})
	return slices.Concat(names[:arguments], columns, others)
}

// isArgument says that a match names an argument.
func isArgument(match string) bool { return strings.HasSuffix(match, "=") }

// A query is the function to ask for completions and how to use its answer.
type query struct {
	fn   string
	args []string
	// replace is the number of runes before the cursor that a match replaces.
	// If counted is set, the answer begins with that number instead.
	replace int
	counted bool
	// prefix is put before each match: like R's own completer, we replace a
	// whole a$b, not b alone.
	prefix string
	// partial is what was typed of a name, and sources are data whose columns it
	// may be.
	partial string
	sources []string
	// within says that the cursor is within an argument, not at the beginning of one.
	within bool
}

// completionAt decides what is completed at the cursor.
func completionAt(code []rune, cursor int) query {
	code = code[:cursor]
	tokens := lex(code)
	if len(tokens) == 0 {
		return query{}
	}
	last := len(tokens) - 1
	t := tokens[last]
	switch {
	case t.kind == tokenComment && t.open:
		return query{}
	case t.kind == tokenString && t.open:
		return stringQuery(code, tokens)
	case t.kind == tokenQuoted && t.open:
		q := query{fn: "complete_backtick", replace: cursor - t.start}
		expr, op := operandBefore(code, tokens, last)
		q.args = []string{expr, op, t.text}
		return q.withOperand(code, tokens, last)
	}
	partial, at := "", last+1
	if t.kind == tokenName && t.end == cursor {
		partial, at = t.text, last
	}
	if at > 0 && (isMember(tokens[at-1]) || isNamespace(tokens[at-1])) {
		return memberQuery(code, tokens, at, partial)
	}
	return nameQuery(code, tokens, at, partial)
}

// operandBefore returns the expression and the operator before tokens[at], if
// that is a member of something.
func operandBefore(code []rune, tokens []token, at int) (expr, op string) {
	if at < 2 || !isMember(tokens[at-1]) && !isNamespace(tokens[at-1]) {
		return "", ""
	}
	start := operandStart(tokens, at-1)
	if start < 0 {
		return "", ""
	}
	if isNamespace(tokens[at-1]) {
		return tokens[at-2].text, tokens[at-1].text
	}
	return source(code, tokens, start, at-1), tokens[at-1].text
}

func memberQuery(code []rune, tokens []token, at int, partial string) query {
	expr, op := operandBefore(code, tokens, at)
	if expr == "" {
		return query{}
	}
	fn := "complete_member"
	if isNamespace(tokens[at-1]) {
		fn = "complete_export"
	}
	q := query{fn: fn, args: []string{expr, op, partial}, replace: len([]rune(partial))}
	return q.withOperand(code, tokens, at)
}

// withOperand widens q to replace the expression that tokens[at] is a member
// of, too.
func (q query) withOperand(code []rune, tokens []token, at int) query {
	if q.args[1] == "" {
		return q
	}
	start := tokens[operandStart(tokens, at-1)].start
	end := len(code) - q.replace
	q.prefix = string(code[start:end])
	q.replace += end - start
	return q
}

// packageFunctions take the name of a package as their first argument, which
// the first two also take unquoted.
var packageFunctions = map[string]bool{
	"library": true, "require": true, "requireNamespace": false, "loadNamespace": false,
}

// nameQuery completes a name, and in a call its arguments: R's completer is
// given the call from its function on, and we look at the function and at what the
// call is about.
func nameQuery(code []rune, tokens []token, at int, partial string) query {
	from := len(code) - len([]rune(partial))
	function, subject := "", ""
	within := false
	site, inCall := enclosingCall(tokens[:at])
	if inCall {
		before := at - 1
		for tokens[before].kind == tokenComment {
			before--
		}
		if partial == "" && endsValue(tokens, before) {
			return query{}
		}
		within = before != site.open && tokens[before].text != ","
		if packageFunctions[tokens[site.open-1].text] && site.first {
			return query{fn: "complete_package", args: []string{partial}, replace: len([]rune(partial))}
		}
		from = tokens[site.function].start
		if start := operandStart(tokens, site.open); start >= 0 {
			function = source(code, tokens, start, site.open)
			subject = subjectOf(code, tokens, start, site.open)
		}
	} else if at > 0 && tokens[at-1].kind == tokenOp && tokens[at-1].text == "?" {
		from = tokens[at-1].start
	}
	if from == len(code) {
		return query{}
	}
	text := withoutText(code, tokens, from)
	return query{
		fn: "complete_name", args: []string{text, function, subject},
		counted: true, partial: partial, within: within,
	}
}

// endsValue says that a value ends with tokens[i], which is in a call, so that only an
// operator, a comma or a bracket can follow.
func endsValue(tokens []token, i int) bool {
	switch t := tokens[i]; t.kind {
	case tokenNumber, tokenString, tokenQuoted:
		return true
	case tokenName:
		return t.text != "else" && t.text != "in" && t.text != "repeat"
	case tokenClose:
		if t.text != ")" {
			return true
		}
		head := tokens[openBefore(tokens, i)-1].text // that of a lambda is \
		return !slices.Contains([]string{"if", "while", "for", "function", `\`}, head)
	}
	return false
}

// stringQuery completes within a string: an element of an object, a package,
// or else a path.
func stringQuery(code []rune, tokens []token) query {
	last := len(tokens) - 1
	t := tokens[last]
	runes := len([]rune(t.text))
	quote := string(t.quote)
	if t.raw {
		quote = ""
	}
	if open := subsetAt(tokens, last); open > 0 {
		if start := operandStart(tokens, open); start >= 0 {
			return query{
				fn:      "complete_element",
				args:    []string{source(code, tokens, start, open), t.text, quote},
				replace: runes,
			}
		}
	}
	if site, ok := enclosingCall(tokens[:last]); ok && site.first {
		if _, ok := packageFunctions[tokens[site.open-1].text]; ok {
			return query{fn: "complete_package", args: []string{t.text}, replace: runes}
		}
	}
	return query{fn: "complete_file", args: []string{t.text, quote}, counted: true}
}

// subsetAt returns the index of the bracket of the subset that a string names an
// element of: x["|, x[, "|, x[c("a", "|. It is -1 if there is none.
func subsetAt(tokens []token, at int) int {
	if at < 2 || tokens[at-1].kind != tokenOpen && (tokens[at-1].kind != tokenOp || tokens[at-1].text != ",") {
		return -1
	}
	open := openBefore(tokens, at)
	if open > 1 && tokens[open].text == "(" && tokens[open-1].text == "c" {
		open = openBefore(tokens, open-1)
	}
	if open < 1 || tokens[open].text[0] != '[' {
		return -1
	}
	return open
}
