// Package client is a Jupyter front end in Go: it starts a kernel or attaches
// to one that runs, executes code, hands over the output as it comes, answers
// the kernel's questions, interrupts, and ends what it started. It works with
// every kernel that speaks the Jupyter protocol.
//
// # Starting and attaching
//
// [Start] starts a kernel from its kernelspec and returns when it is ready;
// [Attach] joins a kernel that runs already, known by its connection file:
//
//	spec, err := jupyter.FindKernelSpec("adrastea")
//	...
//	c, err := client.Start(ctx, spec, nil)
//	...
//	defer c.Close()
//
// [jupyter.FindConnectionFile] finds the connection file of a kernel that somebody
// else has started.
//
// Ready means that the kernel has answered a kernel_info_request and that the
// subscription to its output is known to work, so that nothing a request
// prints can be lost because the front end came too late.
//
// # Executing
//
// [Client.Execute] runs code and returns when the kernel has sent both its
// reply and the idle status that ends the output. Output arrives in between:
//
//	reply, err := c.Execute(ctx, "cat('hello\n')", &client.ExecuteOptions{
//		Output: func(m *jupyter.Message) {
//			if m.Header.MsgType == jupyter.TypeStream { ... }
//		},
//		Input: func(ctx context.Context, q *jupyter.InputRequest) (string, error) {
//			return "Ada", nil
//		},
//	})
//
// Code that fails is no error of Execute: the reply says so. An error means
// that there is no reply, because the context ended or the kernel did.
//
// # Asking
//
// [Client.Complete], [Client.Inspect], [Client.IsComplete], [Client.History],
// [Client.CommInfo] and [Client.KernelInfo] return when the kernel's reply is here,
// which most kernels send only when no code runs. A reply with status "error" or
// "aborted" is a [*ReplyError]; other errors are as those of Execute.
//
// # Debugging
//
// [Client.Debug] sends a request of the Debug Adapter Protocol, and
// [Config.DebugEvent] hears of its events. The bodies are JSON, to be decoded
// into types of the program's own or of a package for that protocol.
//
// # Comms
//
// [Client.OpenComm] opens a comm to the kernel, [Client.AttachComm] joins one that
// is open, [Config.CommOpened] hears of those that the kernel opens. Data, metadata
// and binary buffers go both ways.
//
// # Subshells and messages of any type
//
// [Client.CreateSubshell] makes a shell in which code runs beside other code, as
// [ExecuteOptions.SubshellID] says. What has no method of its own is a message of
// [Client.NewMessage], for [Client.Request] or [Client.Send].
//
// # Interrupting and ending
//
// [Client.Interrupt] interrupts in the way the kernelspec asks for.
// [Client.Shutdown] ends the kernel, gently first. [Client.Close] ends the
// client, and with it, without ceremony, a kernel that it started; a kernel it
// attached to lives on.
//
// [Client.Done] is closed when the kernel has gone: when the process that was
// started exits, or when a kernel that was attached to answers no heartbeat and
// takes no connection. All calls that wait then fail with an [*ExitError].
//
// Somebody else may restart a kernel that was attached to, on the same ports. That
// ends the client too, with [ErrRestarted]: what this program knew of the kernel is
// gone, comms included. It may attach again. (Where the new kernel takes longer to
// come than a heartbeat, it is an *ExitError, as if there were none.)
//
// # Concurrency
//
// All methods may be called from several goroutines at once, also from handlers,
// with two exceptions. Execute waits for output, and output for handlers, so no
// handler must call it. Close and Restart wait for the functions of a Config and a
// CommHandler to return, so those must not call them.
//
// # Limitations
//
// Starting kernels works on Unix only.
//
// Where the connection to a kernel that was attached to breaks, and the kernel is
// still there, calls go on when there is a connection again, but what was on its way
// is lost: give ctx a deadline. A kernel whose replies have the session of the
// request in place of its own, as IRkernel's, counts as another one then.
package client
