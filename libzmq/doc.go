// Package libzmq has the interface of package zmq over libzmq, the C library:
// sockets that are channels, by forwarding. A program changes its engine by
// changing one import.
//
// A libzmq socket may be used by one thread at a time, and a goroutine cannot
// select over it. So one thread, the [Forwarder], owns the sockets and polls
// them; what it receives goes to a channel for each socket, and what is to be
// sent comes from one queue that orders the messages of all of its sockets.
// Because it cannot wait for that queue and poll at the same time, a second
// goroutine wakes it through an inproc PAIR. docs/forwarding.md tells where
// this comes from, what it costs, and how it is proven.
//
//	s, err := libzmq.NewSocket(libzmq.Dealer, nil)
//	...
//	select {
//	case s.Send() <- libzmq.Message{Frames: [][]byte{[]byte("hello")}}:
//	case <-s.Done():
//	}
//
// Package zmq does without all of this. This package is for programs that
// hold libzmq sockets already, which [Forwarder.Adopt] takes, or that need a
// transport that only libzmq has.
//
// # Differences
//
// libzmq hands over for us, and does not tell what becomes of a message. So:
//
//   - Completions and Stats say that libzmq took a message, not that the
//     operating system did. What libzmq has not written, Close loses;
//     Shutdown waits for it.
//   - A message waits in two queues, ours and libzmq's, and SendQueue bounds
//     each; SendQueueBytes bounds ours only. What PUB and XPUB drop for a full
//     peer under the policy DropNewest is not counted.
//   - Under the policy DropNewest, a bound PUSH, DEALER, REQ or PAIR drops what is
//     sent while it has no peer.
//   - Under the policy Block, a full peer holds up the others of its ROUTER,
//     PUB or XPUB, never other sockets. With SendQueue < 0, XPUB and PUB do so
//     too, and a ROUTER leaves everything to libzmq, without a bound.
//   - MaxMessageSize disconnects for a single frame that is larger; a message
//     that is larger is discarded. MaxHandshakes does nothing. StallTimeout
//     works on tcp only.
//   - Over ipc, libzmq loses what a sender that has left had handed over, as far
//     as the receive queue was full (libzmq issue 4660). Where senders come and go,
//     RecvQueue has to hold all that they send.
//   - Message.From and Event.Peer are a Peer that knows nothing, always the same.
//     Credentials.Address has port 0, since libzmq does not tell which it is.
//   - DropOldest, Handler, NotifyPeers, Properties, manual subscriptions and a
//     welcome message of several frames are refused.
//   - Where libzmq says nothing there is no error: an endpoint may be connected
//     twice, and what is not subscribed to be unsubscribed.
//   - Events have no Err, but for MessageDropped. They may name an address where
//     Connect was given a name. PeerDetached also tells of a connection that never
//     became a peer, and EndpointClosed of each attempt to connect that has failed.
//   - libzmq is done with a socket that was connected to an inproc name which
//     nobody has bound when its forwarder ends; to close it takes a second.
//   - libzmq may end the process when the system refuses it a thread.
package libzmq
