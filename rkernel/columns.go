package rkernel

import "slices"

// dataSources returns expressions that may be data whose columns can be named
// at tokens[at]: the objects that the calls around it are given first or as
// data, what is piped into them, and what a subset is taken of. tokens are
// those of the whole code; at is the first one that is not before the cursor.
func dataSources(code []rune, tokens []token, at int) []string {
	var found []string
	cursor := at
	add := func(from, to int) {
		// What is being typed is no source.
		if from >= 0 && from < to && !(from <= cursor && cursor < to) && operandStart(tokens, to) == from {
			if s := source(code, tokens, from, to); !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	for depth := 0; depth < 8; depth++ {
		open := openBefore(tokens, at)
		if open < 1 {
			break
		}
		if tokens[open].text[0] == '[' {
			add(operandStart(tokens, open), open)
			at = open
			continue
		}
		if tokens[open].text != "(" || !isWord(tokens[open-1]) {
			at = open
			continue
		}
		addArguments(tokens, open, add)
		addChain(tokens, functionStart(tokens, open), add)
		at = open
	}
	return found
}

// openBefore returns the index of the innermost bracket that is open before
// tokens[at], or -1.
func openBefore(tokens []token, at int) int {
	depth := 0
	for i := at - 1; i >= 0; i-- {
		switch tokens[i].kind {
		case tokenClose:
			depth++
		case tokenOpen:
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// addArguments adds the first argument of a call and the one named data.
func addArguments(tokens []token, open int, add func(from, to int)) {
	from, first, depth := open+1, true, 0
	for i := open + 1; i <= len(tokens); i++ {
		end := i == len(tokens)
		if !end && tokens[i].kind == tokenOpen {
			depth++
			continue
		}
		if !end && tokens[i].kind == tokenClose && depth > 0 {
			depth--
			continue
		}
		closed := end || tokens[i].kind == tokenClose
		if !closed && (depth > 0 || tokens[i].text != "," || tokens[i].kind != tokenOp) {
			continue
		}
		named := i-from >= 3 && isWord(tokens[from]) && tokens[from+1].text == "="
		switch {
		case named && (tokens[from].text == "data" || tokens[from].text == ".data"):
			add(from+2, i)
		case first && !named:
			add(from, i)
		}
		if closed {
			return
		}
		from, first = i+1, false
	}
}

// addChain adds what is piped, or added as ggplot2 does, into the call that
// begins at tokens[start]: a |> f() %>% g(|, ggplot(a) + geom(|.
func addChain(tokens []token, start int, add func(from, to int)) {
	for start > 1 {
		op := tokens[start-1]
		if !isPipe(op) && (op.kind != tokenOp || op.text != "+") {
			return
		}
		end := start - 1
		if tokens[end-1].kind != tokenClose || tokens[end-1].text != ")" {
			if op.text != "+" {
				add(operandStart(tokens, end), end)
			}
			return
		}
		open := openBefore(tokens, end-1)
		if open < 1 || !isWord(tokens[open-1]) {
			return
		}
		addArguments(tokens, open, add)
		start = functionStart(tokens, open)
	}
}

// subjectOf returns the expression that the call at tokens[open] is about: what is
// piped into it, or else its first argument, if that is complete and has no name. It
// is "" where that is no operand.
func subjectOf(code []rune, tokens []token, start, open int) string {
	from, to := open+1, open+1
	if start > 1 && isPipe(tokens[start-1]) {
		to = start - 1
		from = operandStart(tokens, to)
	} else {
		for depth := 0; to < len(tokens) && (depth > 0 || tokens[to].text != ","); to++ {
			switch tokens[to].kind {
			case tokenOpen:
				depth++
			case tokenClose:
				depth--
			}
		}
	}
	if from < 0 || from >= to || to == len(tokens) || operandStart(tokens, to) != from {
		return ""
	}
	return source(code, tokens, from, to)
}

func isPipe(t token) bool { return t.kind == tokenOp && (t.text == "|>" || t.text == "%>%") }

// sourcesAt returns the data whose columns can be named at a position.
func sourcesAt(code []rune, pos int) []string {
	tokens := lex(code)
	at := slices.IndexFunc(tokens, func(t token) bool { return t.start >= pos })
	if at < 0 {
		at = len(tokens)
	}
	return dataSources(code, tokens, at)
}
