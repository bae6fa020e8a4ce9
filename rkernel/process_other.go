//go:build !linux && !darwin

package rkernel

import (
	"context"
	"log/slog"
	"time"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// A process is one R process; there is none on this system.
type process struct {
	comms          *comms
	debugger       *debugger
	interruptGrace time.Duration
	readyc, done   chan struct{}
}

func newProcess(output, *slog.Logger) *process { return &process{} }

func (*process) start(*Installation, []string) error {
	return &InstallationError{
		Problem: "R can be run on Linux and macOS only",
		Remedy:  "On Windows, use the Windows Subsystem for Linux."}
}

func (*process) message(context.Context, output, string, []string, [][]byte) ([]string, error) {
	panic("BUG: no process was started")
}

func (*process) execute(context.Context, request, cell) (*kernel.Result, error) {
	panic("BUG: no process was started")
}

func (*process) call(context.Context, string, ...string) ([]string, error) {
	panic("BUG: no process was started")
}

func (*process) inquire(context.Context, string, ...string) ([]string, error) {
	panic("BUG: no process was started")
}

func (*process) evaluateAside(context.Context, output, string, string) ([]string, error) {
	panic("BUG: no process was started")
}

func (*process) inform(bool)          { panic("BUG: no process was started") }
func (*process) place() (bool, error) { panic("BUG: no process was started") }
func (*process) stop() *stop          { panic("BUG: no process was started") }
func (*process) resume(string) bool   { panic("BUG: no process was started") }

func (*process) interrupt()               {}
func (*process) shutdown(context.Context) {}
func (*process) hasEnded() bool           { return true }
func (*process) startError() error        { return nil }
func (*process) epitaph() string          { return "" }
