//go:build linux

package rkernel

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestConsoleQuit runs every program of testdata/quit.R in an R of its own: what
// it says to the end, and the status it ends with, are those of plain R, and
// nothing is left in the temporary directory.
func TestConsoleQuit(t *testing.T) {
	for _, p := range readPrograms(t, "testdata/quit.R") {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			kernel, plain := startR(t), startPlainR(t)
			wantOut, wantErr, status := plain.last(p.lines)
			rec := newRecorder(p.answers...)
			events := finishCell(t, kernel, rec, p.code)
			exit := "no exit"
			if n := len(events); n > 0 && strings.HasPrefix(events[n-1], "exit|") {
				exit = events[n-1]
			}
			out, errs := consoleText(events)
			p.verdict(t, out, wantOut, errs, wantErr)
			if want := fmt.Sprintf("exit|%d", status); exit != want && p.differs == "" {
				t.Errorf("%s\n%s, want %s", p.code, exit, want)
			}
			if n := len(rec.answers); n > 0 && p.differs == "" {
				t.Errorf("%s\n%d answers were not asked for", p.code, n)
			}
			if p.differs != "" {
				return // it still runs
			}
			if _, err := os.Stat(kernel.pump.tempDir); err == nil {
				t.Errorf("%s\n%s is left behind", p.code, kernel.pump.tempDir)
			}
		})
	}
}
