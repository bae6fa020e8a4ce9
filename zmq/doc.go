// Package zmq is 0MQ in pure Go: sockets that are channels.
//
// A [Socket] is made for a pattern, binds and connects endpoints, and then is
// two channels: Recv carries what arrives, Send takes what is to go out. To
// wait for a message, a timeout and the end of the program at the same time is
// a select statement; no goroutine has to stand between 0MQ and channels.
//
//	s, err := zmq.NewSocket(zmq.Dealer, nil)
//	...
//	if err := s.Connect("tcp://127.0.0.1:5555"); err != nil { ... }
//	select {
//	case s.Send() <- zmq.Message{Frames: [][]byte{[]byte("hello")}}:
//	case <-s.Done():
//	}
//	select {
//	case m, ok := <-s.Recv():
//		...
//	case <-ctx.Done():
//		...
//	}
//
// It speaks ZMTP 3.1 and 3.0 over tcp and ipc and works with libzmq in both
// directions. It needs no cgo.
//
// docs/zmq.md, in the repository, says how it differs from libzmq, and what a
// program that moves here from another library has to look at.
//
// # Channels
//
// Recv and Send return the same channel every time; a direction that a pattern
// lacks is nil. The socket closes the receive channel, exactly once, after the
// last message, with Err set before. The user may close the send channel of a
// socket that one goroutine sends on: it means that there is no more to send,
// and the socket flushes and closes itself. With several senders, Shutdown is
// the way.
//
// A send after Close does not hang in a select with Done. What was accepted
// and could not be delivered is counted in Stats.
//
// # Flow
//
// Each peer has a queue of its own, bounded in messages and octets, and a
// writer of its own: a peer that does not read holds up nobody else. What
// happens when its queue is full is the pattern's policy, or the one that
// Config.Full names; nothing is dropped without being counted and told to the
// completion of Deliver.
//
// A user who does not read the receive channel makes the socket stop reading
// from its peers. Nothing else depends on it: writes, our own PINGs and the
// end of the socket go on. A PING that follows an unread message in the
// stream is answered when that message has been taken. A peer whose patience ends
// before that disconnects; ours with the peer stands still meanwhile.
//
// # Security
//
// Config.Security says how the ends of a connection prove who they are. With
// NULL, the default, they do not; with PLAIN the client shows a user name and
// a password, in the clear; with CURVE both have keys, and everything between
// them is encrypted and authenticated, with keys that are made for the
// connection and forgotten after it. A server asks an Authenticator whether a
// client may connect, and Peer.User says later who it was.
//
//	key, err := zmq.ParseCurveKey(secret)
//	...
//	s, err := zmq.NewSocket(zmq.Router, &zmq.Config{
//		Security: zmq.CurveServer(key, zmq.AllowKeys(alice, bob)),
//	})
//
// # Limitations
//
// The keys of a connection that has ended stay in memory until the garbage
// collector uses it again: Go cannot wipe them for sure.
//
// Two processes that bind the same ipc path at the same moment, where a dead
// process has left its file, may both succeed: then one of them is reached by
// nobody.
//
// On systems other than Linux a peer's writer writes all that goes to it over tcp
// and ipc: Deliver returns before, and an Outbox keeps the order of what goes to
// one peer, not that across its sockets.
//
// ZMTP 2.0 and 1.0 are refused. The draft socket types of libzmq (CLIENT,
// SERVER, RADIO, DISH and others) are not implemented.
package zmq
