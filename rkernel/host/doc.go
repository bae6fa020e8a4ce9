// Package host turns the process into R. It has no Go API worth the name: a
// program that imports it becomes R when the kernel runs it as
//
//	R CMD <program>
//
// with the variable [Variable] in its environment. A constructor in C sees the
// variable before the Go runtime starts, opens $R_HOME/lib/libR.so, and runs
// R's own main loop with the console callbacks of this package. Go never runs
// in that process.
//
// # Lanes
//
// Standard output and standard error are pipes; whatever is printed, by R, by C
// code or by child processes, goes through them (R1). Everything else is a
// frame on the event socket, and R waits for the acknowledgement of each frame
// that text must not overtake (R2). See lane.c.
//
// # Files
//
//	start.c      the constructor; opening libR
//	shims.h      the part of R's C interface that is used, as one table
//	lane.c       pipes and event socket
//	program.c    programs that R starts
//	idle.c       R's event loop while it waits for the kernel
//	interrupt.c  interrupts, by signal
//	console.c    R's console callbacks; prompts
//	parse.c      the whole cell first, then each expression as R's console does
//	cell.c       evaluation by R's own loop; what becomes of a cell
//	text.c       what R writes meanwhile: the last value's text, errors
//	print.c      what R's own functions print; lines in pieces
//	call.c       R code of ours, in an environment of its own
//	debug.c      the debugger: where a cell stops
//	device.c     the graphics device
//	points.c     clouds of points, drawn fast
//	engine.h     the part of R's graphics engine that these two use
//
// # Limitations
//
// R must have been built with its shared library (--enable-R-shlib), as the
// packages of all distributions are. Without cgo the package is empty and
// [Available] is false.
package host

// Variable is the environment variable that makes a program R. Its value is
// the number of the event socket's descriptor, the id of the kernel's process,
// and the names of the variables that R must not find in its environment, with
// commas between.
const Variable = "ADRASTEA_R_HOST"
