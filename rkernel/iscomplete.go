package rkernel

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

func isComplete(ctx context.Context, r caller, code string) *jupyter.IsCompleteReply {
	code = unixLines(code)
	answer, err := r.call(ctx, "is_complete", code)
	if err != nil || len(answer) != 1 {
		return &jupyter.IsCompleteReply{Status: "unknown"}
	}
	reply := &jupyter.IsCompleteReply{Status: answer[0]}
	if reply.Status == "incomplete" {
		reply.Indent = indentAfter(code)
	}
	return reply
}

// seemsComplete tells without R what it can: code that ends within a string or
// an open bracket, or after an operator, goes on.
func seemsComplete(code string) *jupyter.IsCompleteReply {
	depth, last := 0, token{}
	for t := range tokens([]rune(code)) {
		switch t.kind {
		case tokenComment:
			continue
		case tokenOpen:
			depth++
		case tokenClose:
			depth--
		}
		last = t
	}
	if depth > 0 || last.open || last.kind == tokenOp && last.text != ";" {
		return &jupyter.IsCompleteReply{Status: "incomplete", Indent: indentAfter(code)}
	}
	return &jupyter.IsCompleteReply{Status: "unknown"}
}

// indentAfter returns the indent of a line that continues code: that of the
// last line, two spaces more after an open bracket or an operator, and none in
// a string, whose content it would become.
func indentAfter(code string) string {
	text := strings.TrimRight(code, " \t\r\n")
	line := text[strings.LastIndexByte(text, '\n')+1:]
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	start := utf8.RuneCountInString(text[:len(text)-len(line)])
	depth, last := 0, token{kind: tokenName}
	for t := range tokens([]rune(code)) {
		switch {
		case t.kind == tokenComment:
			continue
		case t.open:
			return ""
		case t.start < start:
			continue
		case t.kind == tokenOpen:
			depth++
		case t.kind == tokenClose:
			depth = max(depth-1, 0)
		}
		last = t
	}
	if depth > 0 || last.kind == tokenOp {
		indent += "  "
	}
	return indent
}
