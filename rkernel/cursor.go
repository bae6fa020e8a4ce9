package rkernel

import (
	"slices"
	"strings"
)

// tokensBefore cuts the code before the cursor, which counts runes.
func tokensBefore(code []rune, cursor int) []token {
	return lex(code[:clampCursor(code, cursor)])
}

func isMember(t token) bool { return t.kind == tokenOp && (t.text == "$" || t.text == "@") }

func isNamespace(t token) bool { return t.kind == tokenOp && (t.text == "::" || t.text == ":::") }

func isWord(t token) bool { return t.kind == tokenName || t.kind == tokenQuoted && !t.open }

// operandStart returns the index of the first token of the expression that
// ends before tokens[end], such as the a$b[[1]] of a$b[[1]]$c, or -1. Only
// names, members, namespaces and subsets by constants and names qualify:
// evaluating those to complete them has no effect that users would mind,
// while calling their functions would.
func operandStart(tokens []token, end int) int {
	i := end - 1
	for i >= 0 {
		switch t := tokens[i]; {
		case t.kind == tokenClose:
			open := subsetStart(tokens, i)
			if open < 0 {
				return -1
			}
			i = open - 1
			continue
		case isWord(t):
			if i > 0 && (isMember(tokens[i-1]) || isNamespace(tokens[i-1])) {
				i -= 2
				continue
			}
			return i
		}
		return -1
	}
	return -1
}

// subsetStart returns the index of the bracket that closes at tokens[end], if
// there are only constants, names and simple operators within, or -1.
func subsetStart(tokens []token, end int) int {
	depth := 1
	for i := end - 1; i >= 0; i-- {
		switch t := tokens[i]; {
		case t.kind == tokenClose && (t.text == "]" || t.text == "]]"):
			depth++
		case t.kind == tokenOpen && (t.text == "[" || t.text == "[["):
			if depth--; depth == 0 {
				return i
			}
		case t.kind == tokenName, t.kind == tokenNumber, t.kind == tokenString,
			t.kind == tokenQuoted, isMember(t), isNamespace(t):
		case t.kind == tokenOp && strings.Contains(",:-", t.text):
		default:
			return -1
		}
	}
	return -1
}

// source returns the code of tokens[from:to].
func source(code []rune, tokens []token, from, to int) string {
	return string(code[tokens[from].start:tokens[to-1].end])
}

// A callSite is the call that a position is an argument of.
type callSite struct {
	function int // index of the first token of its function
	open     int // index of its opening parenthesis
	first    bool
}

// enclosingCall finds the innermost call that tokens end within.
func enclosingCall(tokens []token) (callSite, bool) {
	depth, first := 0, true
	for i, t := range slices.Backward(tokens) {
		switch {
		case t.kind == tokenClose:
			depth++
		case t.kind == tokenOpen && depth > 0:
			depth--
		case t.kind == tokenOpen && t.text == "{":
			return callSite{}, false
		case t.kind == tokenOpen:
			if t.text == "(" && i > 0 && isWord(tokens[i-1]) {
				return callSite{function: functionStart(tokens, i), open: i, first: first}, true
			}
			first = false
		case depth == 0 && t.kind == tokenOp && t.text == ",":
			first = false
		}
	}
	return callSite{}, false
}

// functionStart returns the index of the first token of the function that is
// called at tokens[open].
func functionStart(tokens []token, open int) int {
	if open >= 3 && isNamespace(tokens[open-2]) {
		return open - 3
	}
	return open - 1
}

// withoutText returns the code from a position on with comments and the
// contents of strings blanked, so that what reads it finds no brackets and
// commas there. Every rune keeps its place.
func withoutText(code []rune, tokens []token, from int) string {
	out := slices.Clone(code)
	for _, t := range tokens {
		switch t.kind {
		case tokenComment:
			blank(out[t.start:t.end])
		case tokenString:
			blank(out[t.start:t.end])
			out[t.start], out[t.end-1] = '"', '"'
		}
	}
	for i, c := range out {
		if c == '\n' || c == '\r' || c == '\t' {
			out[i] = ' '
		}
	}
	return string(out[from:])
}

func blank(code []rune) {
	for i := range code {
		code[i] = ' '
	}
}
