// Package rkernel is R as a language for package kernel.
//
// R runs in a process of its own, with no Go in it (package rkernel/host says
// how), so that fork() is safe, R's jumps cross no Go frame, text written by C
// code and child processes is captured in order, and a crash of R is something
// the kernel can report. Three lanes join the two processes: R's standard
// output, its standard error, and a socket for everything that is not text.
//
// # Usage
//
//	status, err := kernel.Serve(ctx, rkernel.New(nil), connectionFile, nil)
//
// The program contains the C part, since it imports this package, and is run
// again by R's front-end script as the R process. It must be built with cgo.
//
// # What a cell means
//
// A cell does and prints what the same text does and prints at R's console.
// The whole cell is parsed first; a syntax error runs nothing and says where.
// R's own loop then evaluates the expressions one by one, without a frame of
// ours on the stack. The text of the last visible value is the result, and an
// error ends the cell.
//
// # Limitations
//
// Linux; on macOS it builds, and has not been tested. R 4.2 or later, built with its
// shared library.
package rkernel
