package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// consoleOptions are the flags of the console command.
type consoleOptions struct {
	kernel   string
	existing string
	code     []string
	r        string
	plots    string
	quiet    bool
}

func newConsoleCommand() *cobra.Command {
	var o consoleOptions
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Work with R, or any Jupyter kernel, in this terminal",
		Long: `Console opens a prompt in this terminal. By default it starts R from this
program itself, which needs no kernel to be installed; --kernel starts any kernel
that is installed, --existing joins one that runs.

Without a terminal it runs what comes through the pipe, a line at a time as if it
were typed: a question that the code asks is answered by the next line. With -e
it runs that code, and questions are answered from standard input. The output of
the code goes to standard output, its messages and errors to standard error. The
exit status is 0, or 1 after the first error and when output cannot be written,
or what quit(status = ) was given, or 130 after an interrupt.

At the prompt:
  Enter       run the code, or go on in the next line if it is not complete
  Tab         complete; twice: list the candidates
  Up, Down    earlier input that begins with what is typed; Ctrl-R searches
  Ctrl-C      interrupt the code; at a prompt, discard the line; twice at an
              empty prompt, quit
  Ctrl-D      quit
  Ctrl-Z      go back to the shell, whose fg returns

Plots are saved to files, whose names are printed, and shown in terminals that
can: kitty, Ghostty, iTerm2, WezTerm, foot and mlterm.`,
		Example: `  adrastea console
  adrastea console -e 'x <- rnorm(100)' -e 'summary(x)'
  echo '1 + 1' | adrastea console
  adrastea console --kernel python3
  adrastea console --existing kernel-4242.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q is no flag; to run a file: %s <FILE", args[0], cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runConsole(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.kernel, "kernel", "", "start the installed kernel `NAME`")
	f.StringVar(&o.existing, "existing", "",
		"join the kernel of connection file `FILE`, a path or a part of a name in Jupyter's runtime directory")
	f.StringArrayVarP(&o.code, "expr", "e", nil, "run `CODE` and exit; may be given several times")
	f.StringVar(&o.r, "r", "", "use the R at `PATH` instead of the one on the PATH")
	f.StringVar(&o.plots, "plots", "", "save plots in `DIR` (default: a new temporary directory)")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not print the banner")
	cmd.MarkFlagsMutuallyExclusive("kernel", "existing", "r")
	cmd.MarkFlagDirname("plots")
	cmd.RegisterFlagCompletionFunc("kernel", completeKernelNames)
	return cmd
}

// completeKernelNames completes the value of --kernel in a shell.
func completeKernelNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, s := range jupyter.KernelSpecs() {
		names = append(names, s.Name+"\t"+s.DisplayName)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// A console is a session in a terminal, or without one, with one kernel.
type console struct {
	client  *client.Client
	session string // the id of this front end
	out     *output
	editor  editor     // asks the user; nil without a terminal
	input   *lineInput // answers questions where editor is nil

	interrupts *interrupts
	// interrupted says that the code that runs, or ran last, was interrupted.
	interrupted atomic.Bool
	// nextInput is what the kernel wants the next prompt to begin with.
	nextInput    string
	isComplete   willingness // of the kernel, to say whether code is complete
	own          bool        // the kernel is ours, started by us or not
	emptyAnswers int         // questions of this cell that found the input at its end
}

// runConsole is the console command.
func runConsole(ctx context.Context, o *consoleOptions) error {
	for _, code := range o.code {
		if !utf8.ValidString(code) {
			return fmt.Errorf("--expr %q is not UTF-8", code)
		}
	}
	ctx, stop := withSignals(ctx)
	defer stop()
	c := &console{
		session:    jupyter.NewID(),
		interrupts: newInterrupts(),
		out:        newOutput(newPlotSaver(o.plots)),
	}
	defer c.interrupts.close()

	if err := c.open(ctx, o); err != nil {
		return err
	}
	defer c.client.Close()
	err := c.converse(ctx, o)
	if _, ok := errors.AsType[exitStatus](err); !ok && err != nil {
		err = c.ended(ctx, err)
	}
	if ctx.Err() != nil {
		c.out.mute() // a signal ended the console, and nobody asks how the code ends
	}
	c.shutdown()
	return err
}

// converse runs what is to be run, with the user or without.
func (c *console) converse(ctx context.Context, o *consoleOptions) error {
	typed := isTerminal(os.Stdin)
	if typed && len(o.code) == 0 {
		return c.interact(ctx, o.quiet)
	}
	if typed { // to answer questions
		ed, err := newPlainEditor(c.interrupts)
		if err != nil {
			return err
		}
		c.editor = ed
	} else {
		c.input = newLineInput(os.Stdin, c.interrupts)
	}
	if len(o.code) > 0 {
		return c.runScript(ctx, newLines(o.code))
	}
	return c.runScript(ctx, c.input)
}

// open connects to the kernel. SIGINT ends the attempt. An error is the end of the
// console.
func (c *console) open(ctx context.Context, o *consoleOptions) (err error) {
	ctx, end := c.interrupts.within(ctx)
	cfg := &client.Config{SessionID: c.session, Message: c.late}
	if o.existing != "" {
		c.client, err = attach(ctx, o.existing, cfg)
	} else {
		c.client, err = start(ctx, o, cfg)
	}
	if end() && err == nil { // too late for the attempt
		c.shutdown()
		c.client.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		return c.ended(ctx, err)
	}
	if c.client.Info().Implementation == "adrastea" {
		c.isComplete, c.own = answered, true // our own kernel always does
	}
	return nil
}

// late shows output that comes when no code of ours runs: of the language while
// it starts, of callbacks and background processes. What other front ends do is
// theirs.
func (c *console) late(m *jupyter.Message) {
	parent, err := m.Parent()
	if err == nil && (parent.Session == c.session || parent.Session == "") {
		c.out.show(m)
	}
}

// attach joins the kernel of a connection file, which as in Jupyter may be
// named without its directory.
func attach(ctx context.Context, file string, cfg *client.Config) (*client.Client, error) {
	path, err := jupyter.FindConnectionFile(file)
	if err != nil {
		return nil, err
	}
	conn, err := jupyter.ReadConnectionFile(path)
	if err != nil {
		return nil, err
	}
	c, err := client.Attach(ctx, conn, cfg)
	if err != nil {
		return nil, fmt.Errorf("join the kernel of %s: %s", file, bare(err))
	}
	return c, nil
}

// start starts the kernel that was asked for, or our own.
func start(ctx context.Context, o *consoleOptions, cfg *client.Config) (*client.Client, error) {
	if o.kernel != "" {
		spec, err := jupyter.FindKernelSpec(o.kernel)
		if err != nil {
			return nil, err
		}
		cfg.Encryption = client.EncryptionAuto
		return client.Start(ctx, spec, cfg)
	}
	spec, err := ownSpec(o.r)
	if err != nil {
		return nil, err
	}
	// Our own kernel needs no ports, which others could take or try.
	cfg.Transport = "ipc"
	return client.Start(ctx, spec, cfg)
}

// shutdown ends a kernel that the console started. One that was joined goes on.
func (c *console) shutdown() {
	if c.client.ConnectionFile() == "" {
		return
	}
	// Not the console's context: that has ended if a signal ended the console.
	c.client.Shutdown(context.Background())
}

// isR reports whether the kernel's language is R.
func (c *console) isR() bool { return strings.EqualFold(c.client.Info().LanguageInfo.Name, "R") }

// leaveTimeout is how long a kernel that has asked for its end may take to end
// by itself: some never do. Our own does, with a status that must not be lost
// because the machine is busy.
const (
	leaveTimeout    = 2 * time.Second
	ownLeaveTimeout = time.Minute
)

// leave ends the console because the kernel asked for it, with the status that
// the kernel exits with.
func (c *console) leave(ctx context.Context) error {
	if c.client.ConnectionFile() == "" {
		return exitStatus(0)
	}
	patience := leaveTimeout
	if c.own {
		patience = ownLeaveTimeout
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.client.Done():
	case <-timer.C:
		c.client.Shutdown(ctx)
	case <-ctx.Done():
	}
	return exitStatus(c.kernelStatus())
}

// kernelStatus returns the exit status of a kernel that has ended, as a shell
// would see it.
func (c *console) kernelStatus() int {
	if exit, ok := errors.AsType[*client.ExitError](c.client.Err()); ok {
		return shellStatus(exit)
	}
	return 0
}

func shellStatus(exit *client.ExitError) int {
	if exit.Signal != 0 {
		return 128 + int(exit.Signal)
	}
	return max(0, exit.Code)
}

// ended turns the failure of a request into the end of the console. A kernel
// that broke is told about, and its status is the console's.
func (c *console) ended(ctx context.Context, err error) error {
	if sig, ok := errors.AsType[signalError](context.Cause(ctx)); ok {
		return exitStatus(128 + int(sig.Signal))
	}
	if exit, ok := errors.AsType[*client.ExitError](err); ok && shellStatus(exit) > 1 {
		c.out.note("%s", bare(err))
		return exitStatus(shellStatus(exit))
	}
	return err
}
