package kernel_test

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// TestLanguageOfTheTests runs the suite for languages over each of those of the
// tests, which together have all optional interfaces.
func TestLanguageOfTheTests(t *testing.T) {
	for name, newLanguage := range languages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := "echo"
			if _, ok := newLanguage().(kernel.CommOpener); !ok {
				target = ""
			}
			kerneltest.TestLanguage(t, newLanguage, kerneltest.Samples{
				Print: "out hello", PrintText: "hello",
				Value: "result 2", ValueText: "2",
				Fail:          "fail no",
				FailThenPrint: "fail no\nout never",
				Ask:           "echo who?", AskPrompt: "who?",
				Loop:       "wait",
				CommTarget: target,
				Debug:      jupyter.DebugRequest{"type": "request", "seq": 1, "command": "event"},
			})
		})
	}
}
