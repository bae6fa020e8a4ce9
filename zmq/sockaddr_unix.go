//go:build unix

package zmq

import "syscall"

type rawSockaddrUnix = syscall.RawSockaddrUnix
