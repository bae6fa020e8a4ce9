//go:build libzmq

package main

import "github.com/adrastea-kernel/adrastea/libzmq/engine"

func init() { engines["libzmq"] = engine.Libzmq }
