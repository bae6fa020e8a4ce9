package rkernel

// A Nesting follows R code line by line, to tell without R what goes on. The zero
// value is the beginning of code.
type Nesting struct {
	brackets []string // that are open
	rest     string   // the code from the quote on that is open, or empty
}

// Add takes the next line, without its end, and reports whether the code so far ends
// within a string, a quoted name or an open bracket: then it is not complete, and all
// that R could still say of it is that it is wrong already. It takes time for the line
// alone, but within a string for all of that.
func (n *Nesting) Add(line string) (open bool) {
	code := n.rest + line + "\n"
	l := newLexer([]rune(code))
	l.brackets = n.brackets
	n.rest = ""
	for t := range l.tokens() {
		if t.open {
			n.rest = string(l.code[t.start:])
		}
	}
	n.brackets = l.brackets
	return n.rest != "" || len(n.brackets) > 0
}
