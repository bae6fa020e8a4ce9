// Package zmtp is the wire of 0MQ: ZMTP 3.1 and 3.0, as bytes.
//
// It does no I/O and starts no goroutine. A caller feeds what it read into a
// [Decoder] and takes frames out, appends what it wants to send to a buffer,
// and drives a [Mechanism] with the commands of the handshake. Everything that
// comes from a peer is checked before memory is spent on it, and nothing a
// peer sends can make a function of this package panic.
//
// The specification is https://rfc.zeromq.org/spec/37/ (ZMTP 3.1); section
// names in comments are its own. 3.0 is https://rfc.zeromq.org/spec/23/.
package zmtp
