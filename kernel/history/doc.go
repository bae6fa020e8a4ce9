// Package history keeps the history of a kernel in a file, so that it outlives
// the kernel.
//
//	kernel.Serve(ctx, lang, connectionFile, &kernel.Config{
//		History: history.Open(file, nil),
//	})
//
// The file is an SQLite database. Any number of kernels may use it at once; it
// works on network file systems as far as their locks do. It is opened when it
// is first needed, in a goroutine of its own: a kernel neither starts later nor
// runs slower because of it. Inputs are written a quarter of a second after they
// came, those of a burst together, and when they are asked for or the kernel ends.
//
// A file that cannot be used (it is damaged, read-only, locked for long, or
// another program's) is nobody's error: a line in the log says so, and the
// history is that of the session, in memory.
//
// It is a package of its own because a database is a large dependency, which a
// kernel without it does not have.
package history
