package main

import (
	"context"
	"errors"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

func serveKernel(ctx context.Context, conn *jupyter.ConnectionInfo, o *kernelOptions) error {
	return errors.New("wip")
}
