// Package kerneltest tests kernels: it is a front end that fails the test on
// any message that it did not expect, and on any that nobody has read.
//
// [Start] starts a kernel and connects a [Client]:
//
//	func TestHello(t *testing.T) {
//		c := kerneltest.Start(t, lang, nil)
//		req := c.Execute("1+1")
//		c.ExpectBusy(req)
//		c.ExpectInput(req, "1+1", 1)
//		c.ExpectResult(req, "2")
//		c.ExpectReply(req)
//		c.ExpectIdle(req)
//	}
//
// Each message that a client receives or sends is compared with the schema of
// the protocol, too: see [CheckMessage] and [Client.SendUnchecked].
//
// By default the sockets are in memory: nothing depends on the network or on
// real time, so that tests can run in a testing/synctest bubble, and the client
// sees the messages of all sockets in the order in which the kernel sent them.
// With [Options.Transport] the same tests run over tcp or ipc.
package kerneltest
