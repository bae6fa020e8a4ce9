package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/adrastea-kernel/adrastea/rkernel"
)

// version is set by the linker in releases:
// -ldflags "-X main.version=v1.2.3".
var version string

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of this program, of Go and of R",
		Example: `  adrastea version`,
		Args:    noArgs,
		Run: func(*cobra.Command, []string) {
			printVersion()
		},
	}
}

func printVersion() {
	fmt.Printf("adrastea %s\n", buildVersion())
	fmt.Printf("%s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	r, err := rkernel.Find("")
	if err != nil {
		fmt.Println("no R that can be used:", bare(err))
		return
	}
	fmt.Printf("R %s (%s)\n", r.Version, r.Path)
}

// buildVersion returns the version that the linker was told, else that of the
// module (go install ...@v1.2.3), else the commit.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+dirty"
			}
		}
	}
	if commit == "" {
		return "unknown"
	}
	return "devel-" + commit + dirty
}
