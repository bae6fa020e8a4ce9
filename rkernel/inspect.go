package rkernel

import (
	"context"
	"strconv"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

func nothingFound() *jupyter.InspectReply {
	return &jupyter.InspectReply{
		Status: "ok", Data: jupyter.MIMEBundle{}, Metadata: map[string]any{},
	}
}

func inspect(ctx context.Context, r caller, code string, cursor, detail int) *jupyter.InspectReply {
	reply := nothingFound()
	path := objectAt([]rune(code), cursor)
	if path == nil {
		return reply
	}
	args := append([]string{strconv.Itoa(min(max(detail, 0), 1))}, path...)
	answer, err := r.call(ctx, "inspect", args...)
	if err != nil && ctx.Err() == nil { // a long help page, on a busy machine
		answer, err = r.call(ctx, "inspect_object", args...)
	}
	if err != nil || len(answer) != 2 {
		return reply
	}
	reply.Found = true
	reply.Data = jupyter.MIMEBundle{"text/plain": answer[0], "text/html": answer[1]}
	return reply
}

// objectAt returns the path to the object at the cursor: a name, then pairs of
// an operator ($ @ [[ :: :::) and a name. nil means there is none.
func objectAt(code []rune, cursor int) []string {
	cursor = clampCursor(code, cursor)
	tokens := lex(code)
	at := -1
	for i, t := range tokens {
		if t.start > cursor {
			break
		}
		if cursor <= t.end && (isWord(t) || at < 0 && isOperator(t)) {
			at = i
		}
		if t.kind == tokenComment && t.start < cursor {
			return nil
		}
	}
	if at >= 0 {
		if path := pathTo(tokens, at); path != nil {
			return path
		}
	}
	before := tokensBefore(code, cursor)
	if site, ok := enclosingCall(before); ok {
		return pathTo(before, site.open-1)
	}
	return nil
}

// isOperator says that t is an operator that a package can define: %in%, :=.
func isOperator(t token) bool {
	return t.kind == tokenOp && len(t.text) > 1 && (t.text[0] == '%' || t.text == ":=")
}

// pathTo follows the members and subsets that lead to the word tokens[at].
func pathTo(tokens []token, at int) []string {
	start := operandStart(tokens, at+1)
	if start < 0 {
		return []string{unescapeName(tokens[at])}
	}
	path := []string{unescapeName(tokens[start])}
	for i := start + 1; i <= at; {
		switch t := tokens[i]; {
		case isMember(t) || isNamespace(t):
			path = append(path, t.text, unescapeName(tokens[i+1]))
			i += 2
		case t.kind == tokenOpen && t.text == "[[" && tokens[i+2].kind == tokenClose &&
			(tokens[i+1].kind == tokenString || tokens[i+1].kind == tokenNumber):
			path = append(path, "[[", tokens[i+1].text)
			i += 3
		default: // a subset whose result is not worth computing
			return nil
		}
	}
	return path
}

// unescapeName returns the name that a word stands for.
func unescapeName(t token) string {
	if t.kind != tokenQuoted || !strings.Contains(t.text, `\`) {
		return t.text
	}
	return strings.NewReplacer("\\`", "`", `\\`, `\`).Replace(t.text)
}
