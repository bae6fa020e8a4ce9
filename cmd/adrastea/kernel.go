package main

import (
	"github.com/spf13/cobra"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// kernelOptions are the flags of the kernel command.
type kernelOptions struct {
	connectionFile string
	r              string
}

func newKernelCommand() *cobra.Command {
	var o kernelOptions
	cmd := &cobra.Command{
		Use:   "kernel",
		Short: "Serve R to a Jupyter front end",
		Long: `Kernel is what the kernelspec runs: front ends start it, people rarely do. It
serves R on the sockets that the connection file names until a front end asks it
to end. The exit status is 0 after that, or what quit(status = ) was given.`,
		Example: `  adrastea kernel --connection-file kernel-4242.json`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := jupyter.ReadConnectionFile(o.connectionFile)
			if err != nil {
				return err
			}
			return serveKernel(cmd.Context(), conn, &o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.connectionFile, "connection-file", "f", "", "serve on the sockets that `FILE` names")
	f.StringVar(&o.r, "r", "", "use the R at `PATH` instead of the one on the PATH")
	cmd.MarkFlagRequired("connection-file")
	cmd.MarkFlagFilename("connection-file", "json")
	return cmd
}
