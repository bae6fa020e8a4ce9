package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"
)

// A severity says how much a finding matters.
type severity string

const (
	fine    severity = "ok"
	note    severity = "note"    // good to know
	warning severity = "warning" // works, but not for long or not as wished
	problem severity = "problem" // does not work
)

// A finding is one thing the doctor found out, and what to do about it.
type finding struct {
	Area     string   `json:"area"`
	Severity severity `json:"severity"`
	Text     string   `json:"text"`
	Remedy   string   `json:"remedy,omitempty"`
}

// findings are what one part of the examination found.
type findings []finding

func (f *findings) add(area string, s severity, text, remedy string) {
	*f = append(*f, finding{area, s, text, remedy})
}

// doctorOptions are the flags of the doctor command.
type doctorOptions struct{ json bool }

func newDoctorCommand() *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what keeps R from working in Jupyter, and what to do",
		Long: `Doctor looks at every R of this machine, starts a kernel with each and runs a cell
that draws; looks at the kernelspecs, Jupyter's directories, the locale, and the
front ends that are installed. It says what it found and what to do about it, and
changes nothing.

The exit status is 1 if something does not work, else 0.`,
		Example: `  adrastea doctor
  adrastea doctor --json            for programs`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return doctor(cmd.Context(), &o, os.Stdout)
		},
	}
	cmd.Flags().BoolVar(&o.json, "json", false, "print the findings as JSON")
	return cmd
}

// doctor is the doctor command.
func doctor(ctx context.Context, o *doctorOptions, w io.Writer) error {
	all := examine(ctx)
	problems := 0
	for _, f := range all {
		if f.Severity == problem {
			problems++
		}
	}
	var err error
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		err = enc.Encode(map[string]any{"ok": problems == 0, "version": buildVersion(), "findings": all})
	} else {
		err = printFindings(w, all, problems)
	}
	if err == nil && problems > 0 {
		err = exitStatus(1)
	}
	return err
}

// examine makes every check. The slow ones, which start other programs, run side
// by side.
func examine(ctx context.Context) findings {
	var rs, places, fronts findings
	var paths *jupyterPaths
	var wg sync.WaitGroup
	wg.Go(func() { rs = examineR(ctx) })
	wg.Go(func() { fronts, paths = examineFrontEnds(ctx) })
	wg.Go(func() { places = examinePlaces() })
	wg.Wait()
	specs := examineSpecs(paths)
	var all findings
	for _, part := range []findings{rs, specs, places, fronts} {
		all = append(all, part...)
	}
	return all
}

// printFindings prints them for people, one line each and what to do below.
func printFindings(w io.Writer, all findings, problems int) error {
	var b strings.Builder
	area := ""
	for _, f := range all {
		if f.Area != area {
			if area != "" {
				b.WriteByte('\n')
			}
			area = f.Area
			fmt.Fprintln(&b, area)
		}
		fmt.Fprintf(&b, "  %-8s %s\n", f.Severity, f.Text)
		for line := range strings.SplitSeq(f.Remedy, "\n") {
			if line != "" {
				fmt.Fprintf(&b, "           -> %s\n", line)
			}
		}
	}
	switch problems {
	case 0:
		b.WriteString("\nNo problem was found.\n")
	case 1:
		b.WriteString("\nOne problem was found.\n")
	default:
		fmt.Fprintf(&b, "\n%d problems were found.\n", problems)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
