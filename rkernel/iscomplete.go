package rkernel

import (
	"context"
	"strings"

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

// A level is an open bracket, or the outside of all, while code is indented.
type level struct {
	item string // indent of its arguments or statements
	more string // indent of lines on which the last of them goes on
	goes bool   // it has such lines
}

// indentAfter returns the indent of a line that continues code: that of the
// lines beside it, two spaces more than the line with the open bracket or with the
// beginning of what an operator goes on with, and none in a string, whose content
// it would become.
func indentAfter(code string) string {
	runes := []rune(code)
	levels := []level{{}}
	line, end, last := "", 0, token{kind: tokenName}
	for t := range tokens(runes) {
		gap := "\n" + string(runes[end:t.start])
		from := strings.LastIndexByte(gap, '\n') + 1
		begins := from > 1 || end == 0 // its line
		if begins {
			line = gap[from : len(gap)-len(strings.TrimLeft(gap[from:], " "))]
		}
		end = t.end
		if t.kind == tokenComment {
			continue
		}
		if t.open {
			return ""
		}
		in := &levels[len(levels)-1]
		if begins && t.kind != tokenClose {
			if in.goes = goesOn(last); in.goes {
				in.more = line
			} else {
				in.item = line
			}
		}
		switch {
		case t.kind == tokenOpen:
			levels = append(levels, level{item: line + "  "})
		case t.kind == tokenClose && len(levels) > 1:
			levels = levels[:len(levels)-1]
		case t.kind == tokenOp && !goesOn(t):
			in.goes = false
		}
		last = t
	}
	switch in := levels[len(levels)-1]; {
	case goesOn(last) && in.goes:
		return in.more
	case goesOn(last):
		return in.item + "  "
	default:
		return in.item
	}
}

// goesOn says that t is an operator, behind which an expression is not over.
func goesOn(t token) bool { return t.kind == tokenOp && t.text != "," && t.text != ";" }
