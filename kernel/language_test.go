package kernel_test

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestLanguageOfTheTests(t *testing.T) {
	kerneltest.TestLanguage(t, func() kernel.Language { return newScript() }, kerneltest.Samples{
		Print: "out hello", PrintText: "hello",
		Value: "result 2", ValueText: "2",
		Fail:          "fail no",
		FailThenPrint: "fail no\nout never",
		Ask:           "echo who?", AskPrompt: "who?",
		Loop: "wait",
	})
}
