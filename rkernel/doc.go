// Package rkernel is R as a language for package kernel.
package rkernel
