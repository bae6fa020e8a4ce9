//go:build !cgo || !(linux || darwin)

package host

// Available says that this binary can become R: it was built without cgo, so
// it cannot.
const Available = false
