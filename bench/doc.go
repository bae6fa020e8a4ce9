// Command bench measures adrastea against IRkernel: both on the R of this
// machine, with one client, in runs that alternate, and prints medians, ratios
// and what is wanted of them. `make bench` runs it. Its exit status is 1 when
// something wanted is missed.
//
// Further tables have an empty cell in the echo kernel, which is the framework
// without a language, in ipykernel and in xeus-python; a cell that prints 20,000
// lines; and what one message costs. -frameworks prints them alone.
//
// Only the ratios mean anything on another machine.
package main
