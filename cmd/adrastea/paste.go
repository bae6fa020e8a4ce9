package main

import (
	"bytes"
	"regexp"
	"strings"
)

// What is pasted into a line of the editor may have many lines. They are edited
// in one, with signs in the place of what a line cannot hold, and nothing runs
// before the user says so.
const (
	newlineSign = '␤' // U+2424 SYMBOL FOR NEWLINE
	tabSign     = '␉' // U+2409 SYMBOL FOR HORIZONTAL TABULATION
)

var (
	toSigns = strings.NewReplacer("\r\n", string(newlineSign), "\r", string(newlineSign),
		"\n", string(newlineSign), "\t", string(tabSign))
	fromSigns = strings.NewReplacer(string(newlineSign), "\n", string(tabSign), "\t")
)

// The sequences that switch a terminal's bracketed paste on and off, and those
// that it then puts around what is pasted.
const (
	pasteOn    = "\x1b[?2004h"
	pasteOff   = "\x1b[?2004l"
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// A pasteFilter stands between the terminal and the line editor. It turns what
// is pasted into text for one line, and keys into those that the editor knows.
type pasteFilter struct {
	pasting bool
	held    []byte // what may be the beginning of a sequence
	pasted  []byte
}

// feed takes what the terminal sent and returns what the editor gets. more says
// that the terminal has sent more, which was not read yet.
func (f *pasteFilter) feed(in []byte, more bool) []byte {
	in = append(f.held, in...)
	f.held = nil
	var out []byte
	for len(in) > 0 {
		mark := pasteBegin
		if f.pasting {
			mark = pasteEnd
		}
		before, after, found := bytes.Cut(in, []byte(mark))
		if !found {
			n := len(in) - prefixAtEnd(in, mark, more)
			if cut := cutKey.FindIndex(in); cut != nil && !f.pasting {
				n = min(n, cut[0])
			}
			before, f.held = in[:n], bytes.Clone(in[n:])
		}
		if f.pasting {
			f.pasted = append(f.pasted, before...)
		} else {
			out = append(out, editorKeys(before)...)
		}
		if !found {
			break
		}
		if f.pasting {
			out = append(out, flatten(f.pasted)...)
			f.pasted = nil
		}
		f.pasting = !f.pasting
		in = after
	}
	return out
}

// prefixAtEnd returns how many bytes at the end of b may be the beginning of
// mark. A lone escape is a key of its own, if nothing follows it.
func prefixAtEnd(b []byte, mark string, more bool) int {
	shortest := 2
	if more {
		shortest = 1
	}
	for n := min(len(mark)-1, len(b)); n >= shortest; n-- {
		if bytes.HasSuffix(b, []byte(mark[:n])) {
			return n
		}
	}
	return 0
}

// Control sequences, which keys send that are no characters.
var (
	anyKey = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]`)
	cutKey = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*$`)
	// With Ctrl and Alt the arrows go by words; other modifiers change nothing.
	wordKey     = regexp.MustCompile(`^\x1b\[1;[3-9]([CD])$`)
	modifiedKey = regexp.MustCompile(`^\x1b\[(?:1;[0-9]+([A-DFH])|([0-9]+);[0-9]+(~))$`)
	knownKey    = regexp.MustCompile(`^\x1b\[([A-DFHZ]|[0-9]+~|1;5[CD])$`)
)

// editorKeys rewrites keys as the editor knows them: the arrow keys of
// application mode, which a program that ran before may have left on, and keys
// with modifiers. Keys that it does not know are dropped, or it would take their
// sequences for text.
func editorKeys(b []byte) []byte {
	for _, key := range "ABCD" {
		b = bytes.ReplaceAll(b, []byte("\x1bO"+string(key)), []byte("\x1b["+string(key)))
	}
	return anyKey.ReplaceAllFunc(b, func(key []byte) []byte {
		key = wordKey.ReplaceAll(key, []byte("\x1b[1;5$1"))
		if knownKey.Match(key) {
			return key
		}
		if modifiedKey.Match(key) {
			return modifiedKey.ReplaceAll(key, []byte("\x1b[$1$2$3"))
		}
		return nil
	})
}

// flatten makes one line of pasted text. Line ends at its end go, so that the
// user has the last word; control characters would be commands to the editor.
func flatten(b []byte) string {
	text := toSigns.Replace(strings.TrimRight(string(b), "\r\n"))
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}
