//go:build cgo && (linux || darwin)

package host

// #cgo CFLAGS: -std=gnu11 -Wall -Wextra -Wno-unused-parameter
// #cgo LDFLAGS: -ldl -lm
import "C"

// Available says that this binary can become R.
const Available = true
