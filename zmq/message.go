package zmq

// A Message is one 0MQ message: its frames. On a ROUTER the first frame is
// the routing id of the peer, as in libzmq.
type Message struct {
	// Frames are the parts of the message. The receiver owns them.
	Frames [][]byte
}
