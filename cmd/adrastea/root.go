package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newRootCommand makes the command with all of its subcommands.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "adrastea",
		Short: "R for Jupyter, and a console for any kernel",
		Long: `Adrastea is an R kernel for Jupyter, in one program that needs nothing but R.

Run 'adrastea install' once, and R is in the list of kernels of JupyterLab and of
every other Jupyter front end. Run 'adrastea console' for R in this terminal,
which needs no Jupyter at all.`,
		Example: `  adrastea install                  make R known to Jupyter, for this user
  adrastea console                  R, here
  adrastea console -e 'summary(cars)'
  adrastea console --kernel python3 any other kernel, here`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.NoArgs(cmd, args); err != nil {
				return fmt.Errorf("%w (see 'adrastea --help')", err)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		// Errors are printed once, by main, and without the help.
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w (see '%s --help')", err, cmd.CommandPath())
	})
	root.AddCommand(newConsoleCommand(), newInstallCommand(), newListCommand(),
		newUninstallCommand(), newDoctorCommand(), newKernelCommand(), newVersionCommand())
	return root
}
