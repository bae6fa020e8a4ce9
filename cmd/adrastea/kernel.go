package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/adrastea-kernel/adrastea/kernel"
	kernelhistory "github.com/adrastea-kernel/adrastea/kernel/history"
	"github.com/adrastea-kernel/adrastea/rkernel"
)

// kernelOptions are the flags of the kernel command.
type kernelOptions struct {
	connectionFile string
	r              string
	engine         string
	interruptGrace time.Duration
	history        string
}

// engines are what --engine may name. A build with package libzmq adds it.
var engines = map[string]kernel.Engine{"zmq": nil}

func newKernelCommand() *cobra.Command {
	var o kernelOptions
	cmd := &cobra.Command{
		Use:   "kernel",
		Short: "Serve R to a Jupyter front end",
		Long: `Kernel is what the kernelspec runs: front ends start it, people rarely do. It
serves R on the sockets that the connection file names until a front end asks it
to end. The exit status is 0 after that, or what quit(status = ) was given.`,
		Example: `  adrastea kernel --connection-file kernel-4242.json`,
		// jupyter run and jupyter console give what they are given to the kernel too.
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveKernel(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.connectionFile, "connection-file", "f", "", "serve on the sockets that `FILE` names")
	f.StringVar(&o.r, "r", "", "use the R at `PATH` instead of the one on the PATH")
	f.StringVar(&o.engine, "engine", "zmq", "make the sockets with `ENGINE`: "+engineNames())
	f.DurationVar(&o.interruptGrace, "interrupt-grace", 0,
		"end an R that does not react to an interrupt within `DURATION`, such as 10s; 0 waits for ever")
	f.StringVar(&o.history, "history", os.Getenv("ADRASTEA_HISTORY"),
		"keep the input history in `FILE`, \"off\" only in memory (default: ADRASTEA_HISTORY, or the file of this user)")
	cmd.MarkFlagRequired("connection-file")
	cmd.MarkFlagFilename("connection-file", "json")
	return cmd
}

// trait is an option of IPython's kernel, --Class.name=value.
var trait = regexp.MustCompile(`^--\w+\.\w`)

// withoutTraits leaves them out of the kernel's command line: some programs give them
// to whatever kernel they start (testbook).
func withoutTraits(args []string) []string {
	if len(args) == 0 || args[0] != "kernel" {
		return args
	}
	return slices.DeleteFunc(slices.Clone(args), trait.MatchString)
}

// serveKernel is the kernel's process, until it ends.
func serveKernel(ctx context.Context, o *kernelOptions) error {
	engine, ok := engines[o.engine]
	if !ok {
		return fmt.Errorf("--engine: this build has no %q, only %s", o.engine, engineNames())
	}
	if o.interruptGrace < 0 {
		return fmt.Errorf("--interrupt-grace: %v is less than nothing", o.interruptGrace)
	}
	if os.Getenv("GOGC") == "" {
		// A kernel's heap is small, lives for days beside R's, and is busy for
		// moments only: memory matters more than the collector's time.
		debug.SetGCPercent(50)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	r := rkernel.New(&rkernel.Config{R: o.r, Version: buildVersion(), Logger: logger,
		InterruptGrace: o.interruptGrace})
	status, err := kernel.Serve(ctx, r, o.connectionFile, &kernel.Config{
		Engine:  engine,
		Logger:  logger,
		History: kernelhistory.Open(o.historyFile(), &kernelhistory.Config{Logger: logger}),
	})
	if err != nil {
		return err
	}
	if status != 0 {
		return exitStatus(status)
	}
	return nil
}

// historyFile returns the file of the history, or "" for none.
func (o *kernelOptions) historyFile() string {
	switch o.history {
	case "":
		return kernelhistory.DefaultFile("r")
	case "off":
		return ""
	}
	return o.history
}

// engineNames are the engines of this build.
func engineNames() string {
	return strings.Join(slices.Sorted(maps.Keys(engines)), " or ")
}
