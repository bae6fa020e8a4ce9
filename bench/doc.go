// Command bench measures adrastea against IRkernel: both on the R of this
// machine, with one client, in runs that alternate, and prints medians, ratios
// and what is wanted of them. `make bench` runs it. Its exit status is 1 when
// something wanted is missed.
//
// A second table has an empty cell in the echo kernel, which is the framework
// without a language, in ipykernel and in xeus-python; -frameworks prints it
// alone.
//
// Only the ratios mean anything on another machine.
package main
