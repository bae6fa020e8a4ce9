package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

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
// its kernel. Its path is empty where there is no place for it, or shall be none.
func historyFile(language string) *history {
	if os.Getenv("ADRASTEA_HISTORY") == "off" {
		return &history{}
	}
	return &history{strings.TrimSuffix(kernelhistory.DefaultFile(language), ".sqlite")}
}

// load returns the newest entries, oldest first. A file that is too long is cut.
func (h *history) load() []string {
	f, err := os.Open(h.path)
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := readEntries(f)
	if over := len(entries) - historySize; over > 0 {
		h.cut()
		entries = entries[over:]
	}
	return entries
}

func readEntries(f *os.File) ([]string, error) {
	var entries []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		entries = append(entries, unescapeLine.Replace(s.Text()))
	}
	return entries, s.Err()
}

// open opens the file for this console alone. What others do at the same time waits,
// or is done: one of them may put a new file in its place.
func (h *history) open(flag int) (*os.File, error) {
	for {
		f, err := os.OpenFile(h.path, flag, 0o600)
		if err != nil {
			return nil, err
		}
		for unix.Flock(int(f.Fd()), unix.LOCK_EX) == unix.EINTR {
		} // where files cannot be locked, it has to work without
		mine, err := f.Stat()
		there, err2 := os.Stat(h.path)
		if err != nil || err2 != nil || os.SameFile(mine, there) {
			return f, nil
		}
		f.Close()
	}
}

// cut replaces the file by its newest entries, in one step.
func (h *history) cut() {
	f, err := h.open(os.O_RDONLY)
	if err != nil {
		return
	}
	defer f.Close()
	entries, err := readEntries(f) // again: others may have added some, or cut it
	if err != nil || len(entries) <= historySize {
		return // what could not be read would be lost
	}
	var b strings.Builder
	for _, e := range entries[len(entries)-historySize:] {
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
	if os.MkdirAll(filepath.Dir(h.path), 0o700) != nil {
		return
	}
	f, err := h.open(os.O_APPEND | os.O_CREATE | os.O_WRONLY)
	if err != nil {
		return
	}
	defer f.Close()
	f.WriteString(escapeLine.Replace(entry) + "\n")
}
