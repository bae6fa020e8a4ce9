// Package kernel serves a language to Jupyter front ends.
package kernel
