package main

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestEcho(t *testing.T) {
	kerneltest.TestLanguage(t, func() kernel.Language { return echo{} }, kerneltest.Samples{
		Value: "hello", ValueText: "hello",
	})
}
