// Package client is a Jupyter front end in Go.
package client
