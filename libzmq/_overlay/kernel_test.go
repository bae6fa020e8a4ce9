//go:build libzmq

package kernel_test

import (
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/libzmq/engine"
)

func init() { kerneltest.Engine = engine.Libzmq }
