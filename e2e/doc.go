// Package e2e proves the kernel from outside: with Jupyter's own test suite and
// clients, in a terminal, and with whatever else may happen to a process that
// listens on five ports. It holds no code but tests.
//
// The tests are Python, since the front ends are. `go test ./e2e` builds the
// binary, runs every test_*.py with pytest, and reports each of their tests as
// one of its own.
package e2e
