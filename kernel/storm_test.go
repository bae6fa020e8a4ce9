package kernel_test

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestStorm(t *testing.T) {
	run(t, func(t *testing.T, opt *kerneltest.Options) {
		kerneltest.Storm(t, kerneltest.Start(t, newScript(), opt), func(prompt string) string {
			return "echo " + prompt
		}, 100)
	})
}
