//go:build linux || darwin

package rkernel

import (
	"fmt"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// R obeys the rules of kernel.Language, in a kernel.
func TestLanguageRules(t *testing.T) {
	kerneltest.TestLanguage(t, func() kernel.Language { return New(nil) }, kerneltest.Samples{
		Print: `cat("héllo\n")`, PrintText: "héllo\n",
		Value: "1 + 1", ValueText: "[1] 2",
		Fail:          `stop("no")`,
		FailThenPrint: "stop('no')\ncat('never\n')",
		Ask:           `cat(readline("who? "))`, AskPrompt: "who? ",
		Loop:  "while (TRUE) {}",
		Debug: jupyter.DebugRequest{"type": "request", "seq": 1, "command": "debugInfo", "arguments": map[string]any{}},
	})
}

// Prompts, answers, interrupts and late answers at random moments.
func TestStorm(t *testing.T) {
	for _, transport := range []string{"", "tcp"} {
		t.Run("transport="+transport, func(t *testing.T) {
			c := kerneltest.Start(t, New(nil), &kerneltest.Options{Transport: transport})
			kerneltest.Storm(t, c, func(prompt string) string {
				return fmt.Sprintf("cat(readline(%q))", prompt)
			}, 100)
		})
	}
}
