//go:build !unix

package zmq

// rawSockaddrUnix has the size of Windows's sockaddr_un.
type rawSockaddrUnix struct {
	Path [108]int8
}
