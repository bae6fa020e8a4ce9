package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/rkernel"
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
		"join the kernel of connection file `FILE`, a path or a name in Jupyter's runtime directory")
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
		return c.ended(ctx, err)
	}
	defer c.client.Close()
	err := c.converse(ctx, o)
	if _, ok := errors.AsType[exitStatus](err); !ok && err != nil {
		return c.ended(ctx, err)
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
	if !typed {
		c.input = newLineInput(os.Stdin, c.interrupts)
	}
	switch {
	case len(o.code) > 0 && typed:
		ed, err := newPlainEditor(c.interrupts)
		if err != nil {
			return err
		}
		c.editor = ed
		return c.runScript(ctx, newLines(o.code))
	case len(o.code) > 0:
		return c.runScript(ctx, newLines(o.code))
	case !typed:
		return c.runScript(ctx, c.input)
	}
	return c.interact(ctx, o.quiet)
}

// open connects to the kernel. SIGINT ends it.
func (c *console) open(ctx context.Context, o *consoleOptions) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	interrupt, end := c.interrupts.wait()
	defer end()
	opened := make(chan struct{})
	defer close(opened)
	go func() {
		select {
		case <-interrupt:
			cancel(signalError{syscall.SIGINT})
		case <-opened:
		}
	}()
	cfg := &client.Config{SessionID: c.session, Message: c.late}
	if o.existing != "" {
		c.client, err = attach(ctx, o.existing, cfg)
	} else {
		c.client, err = start(ctx, o, cfg)
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
	conn, err := jupyter.ReadConnectionFile(findConnectionFile(file))
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

// interact is the console with a user.
func (c *console) interact(ctx context.Context, quiet bool) error {
	language := c.client.Info().LanguageInfo.Name
	ed, err := newEditor(historyFile(language), c.interrupts)
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer ed.close()
	c.editor = ed
	if banner := strings.TrimSpace(c.client.Info().Banner); banner != "" && !quiet {
		c.out.text(banner + "\n\n")
	}
	// The end of the kernel ends a prompt. Code that runs hears of it by itself,
	// and has the kernel's last words.
	prompts, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-c.client.Done():
			cancel(c.client.Err())
		case <-prompts.Done():
		}
	}()
	return c.converseWithUser(ctx, prompts)
}

// converseWithUser reads code and runs it until the user or the code quits.
// prompts is the context of prompts.
func (c *console) converseWithUser(ctx, prompts context.Context) error {
	interrupts := 0 // in a row, at an empty prompt
	for {
		code, err := c.readCode(prompts)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err == errInterrupt:
			if interrupts++; interrupts == 2 {
				return nil
			}
			c.out.note("Ctrl-C once more, or Ctrl-D, to quit")
			continue
		case err != nil && !errors.Is(err, errInterrupt):
			return err
		}
		interrupts = 0
		if err != nil || strings.TrimSpace(code) == "" {
			continue
		}
		c.editor.remember(code)
		if _, err := c.execute(ctx, code); err != nil {
			return err
		}
	}
}

// readCode reads lines until the kernel takes them for complete.
func (c *console) readCode(ctx context.Context) (string, error) {
	prompt, more := "> ", "+ "
	if !c.isR() {
		prompt, more = ">>> ", "... "
	}
	c.interrupts.forget() // one that came too late for what ran before
	code := ""
	var nesting rkernel.Nesting // of code, if that is R's
	opts := lineOptions{code: true, text: c.nextInput}
	c.nextInput = ""
	for {
		before := code
		opts.complete = func(line string, pos int) (int, int, []string) {
			return c.candidates(ctx, before, line, pos)
		}
		line, err := c.out.ask(ctx, c.editor, prompt, opts)
		if err != nil {
			return "", err
		}
		code += line
		if strings.TrimSpace(code) == "" {
			return code, nil
		}
		// The kernel parses all of code anew each time that it is asked.
		if c.isR() && nesting.Add(line) && c.editor.hasInput() {
			code, prompt, opts.text = code+"\n", more, ""
			continue
		}
		done, indent, err := c.completeness(ctx, code)
		if errors.Is(err, errInterrupt) {
			return "", errInterruptTyped
		}
		if err != nil {
			return "", err
		}
		if done {
			return code, nil
		}
		if c.isR() {
			indent = "" // R's console leaves indenting to its user
		}
		code += "\n"
		prompt, opts.text = more, indent
	}
}

// candidates asks the kernel for completions of line, which follows the lines
// before it. At the start of a line the Tab key indents.
func (c *console) candidates(
	ctx context.Context, before, line string, pos int,
) (start, end int, matches []string) {
	if strings.TrimSpace(string([]rune(line)[:pos])) == "" {
		indent := "    "
		if c.isR() {
			indent = "  "
		}
		return pos, pos, []string{indent}
	}
	ctx, cancel := context.WithTimeout(ctx, completeTimeout)
	defer cancel()
	offset := len([]rune(before))
	reply, err := c.client.Complete(ctx, before+line, offset+pos)
	if err != nil {
		return pos, pos, nil
	}
	for _, m := range reply.Matches {
		if !strings.ContainsFunc(m, func(r rune) bool { return r < ' ' }) {
			matches = append(matches, m)
		}
	}
	return reply.CursorStart - offset, reply.CursorEnd - offset, matches
}
