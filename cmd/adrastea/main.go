// Command adrastea is an R kernel for Jupyter and a console for any kernel.
package main

func main() {}
