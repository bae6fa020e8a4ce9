package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return noEmptyFlags(cmd) },

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

// noArgs is for commands that take flags only.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("'%s' takes no %q (see '%[1]s --help')", cmd.CommandPath(), args[0])
	}
	return nil
}

// noEmptyFlags refuses flags whose value is empty, as that of a shell's variable
// that is not set: without them the command would do something else.
func noEmptyFlags(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" {
			err = fmt.Errorf("--%s: its value is empty (see '%s --help')", f.Name, cmd.CommandPath())
		}
	})
	return err
}
