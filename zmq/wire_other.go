//go:build !linux

package zmq

// newSystemWire returns the wire for the connection of p. Only on Linux a write
// without waiting is known to be possible; elsewhere the writer writes.
func newSystemWire(p *Peer) wire { return connWire{p} }
