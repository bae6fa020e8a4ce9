package kernel_test

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestStorm(t *testing.T) { run(t, testStorm) }

func testStorm(t *testing.T, opt *kerneltest.Options) {
	ask := func(prompt string) string { return "echo " + prompt }
	kerneltest.Storm(t, kerneltest.Start(t, newScript(), opt), ask, 100)
}
