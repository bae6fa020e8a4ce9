package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	kernelhistory "github.com/adrastea-kernel/adrastea/kernel/history"
)

// historySize is how many pieces of code the history holds.
const historySize = 1000

// A history is the file of what was entered earlier, one piece of code in each
// line.
type history struct{ path string }

var (
	escapeLine   = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	unescapeLine = strings.NewReplacer(`\\`, `\`, `\n`, "\n")
)

// historyFile returns the history of a language: each has its own, beside that of
// its kernel. Its path is empty where there is no place for it.
func historyFile(language string) *history {
	return &history{strings.TrimSuffix(kernelhistory.DefaultFile(language), ".sqlite")}
}

// load returns the newest entries, oldest first. A file that is too long is cut.
func (h *history) load() []string {
	f, err := os.Open(h.path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var entries []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		entries = append(entries, unescapeLine.Replace(s.Text()))
	}
	if over := len(entries) - historySize; over > 0 {
		entries = entries[over:]
		if s.Err() == nil { // or what could not be read would be lost
			h.rewrite(entries)
		}
	}
	return entries
}

// rewrite replaces the file, in one step.
func (h *history) rewrite(entries []string) {
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(escapeLine.Replace(e) + "\n")
	}
	tmp := h.path + ".new"
	if os.WriteFile(tmp, []byte(b.String()), 0o600) == nil {
		os.Rename(tmp, h.path)
	}
}

// add appends an entry. A history that cannot be written is no reason to trouble
// the user with: the session has it anyway.
func (h *history) add(entry string) {
	if h.path == "" || os.MkdirAll(filepath.Dir(h.path), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	f.WriteString(escapeLine.Replace(entry) + "\n")
}
