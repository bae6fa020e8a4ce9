// Package kernel serves a language to Jupyter front ends.
//
// # Usage
//
// Whoever writes a kernel implements [Language], which is four methods, and
// calls [Serve]; examples/echo is the smallest one. The framework does the rest:
// it binds the sockets, answers the heartbeat and the control channel whatever
// the language does, runs requests one after another, puts status messages
// around each, and ends in order.
//
// A language that can do more implements optional interfaces, which are found by
// type assertion: [Completer], [Inspector], [CompletenessChecker], [Evaluator],
// [CommOpener], [ConcurrentCommOpener], [Interrupter], [Subsheller], [Debugger],
// [BusyAnswerer]. What a language cannot do is answered with what the protocol has
// for it (no matches, nothing found, unknown).
//
// # Output
//
// A [Request] carries an [Output], through which the language shows things while
// the request runs. It may be used later too, from callbacks and background
// processes: its messages keep their parent. Output that no request asked for
// goes through the Output of [Language.Start].
//
// Everything that leaves a kernel, on whichever socket, leaves in the order in
// which it was published (on systems other than Linux, on each socket by itself).
// Stream text is joined for up to 50 ms, but nothing overtakes it. When the
// subscribers are slow, up to [Config.Backlog] bytes wait for them; then the
// methods of Output block. Nothing is dropped, but a subscriber that accepts
// nothing for [Config.StallTimeout] is cut off. Before the first subscription
// nothing blocks: the newest Backlog bytes are kept for it.
//
// # Input
//
// [Request.Input] asks the user who sent the request, and nobody else. It ends
// with the answer, with an interrupt, or with the end of the kernel, whichever
// comes first. Answers to earlier prompts, and answers of other clients, are
// dropped.
//
// # Interrupts
//
// An interrupt_request, SIGINT and [Server.Interrupt] are the same thing: they
// cancel the context of the request that runs, with cause [ErrInterrupted]. When
// nothing runs they do nothing. A language whose code can handle an interrupt
// and run on implements [Interrupter], and does not look at its context.
//
// # Errors
//
// A cell that fails is an [*Error] that Execute returns: the framework publishes
// it and replies with it. After it, the execute requests that were received
// already are aborted, unless the request was silent or had stop_on_error off. A
// panic of the language is an error of the request in which it happened; its stack
// goes to [Config.Logger], which is there only if it was set.
//
// # The end
//
// A kernel ends by a shutdown_request, by [Result.Exit], by [Server.Close], by
// the end of Run's context and, under Serve, by SIGTERM, SIGHUP and the death of
// the process that started it. The context of the request that runs is
// cancelled with cause [ErrShutdown], [Language.Shutdown] is called, and what
// still waits is answered; the reply to the shutdown_request, and its idle, come
// last. A language that does not end within [Config.ShutdownGrace] is abandoned.
//
// # Packages beside this one
//
// Package history keeps the input history in a file; without it the history is
// that of the session. Package kerneltest has a front end for tests of kernels.
//
// # Limitations
//
// The inputs of a subshell are forgotten with it.
package kernel
