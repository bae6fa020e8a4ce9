package main

import (
	"context"
	"errors"
)

// A foundR is an R that can be used.
type foundR struct {
	Path    string
	Version string
}

func findR(ctx context.Context, path string) (*foundR, error) {
	return nil, errors.New("wip")
}
