package main

import (
	"fmt"
	"maps"
	"testing"
)

// TestDoctorJudgesACell is about what keeps R from text and plots in a kernel that
// starts, of which few machines have any.
func TestDoctorJudgesACell(t *testing.T) {
	const broken = "In plot.new() : no device\nCalls: plot"
	for name, c := range map[string]struct {
		facts  map[string]string // that differ from a healthy R's
		blank  bool              // nothing is drawn
		stderr string
		want   string
	}{
		"healthy": {},
		"characters": {
			facts: map[string]string{"utf8": "FALSE", "locale": "C"},
			want:  "[{R problem R 4: its characters are not UTF-8: C Install a UTF-8 locale (on Debian and Ubuntu: apt install locales), or set LC_ALL=C.UTF-8.}]",
		},
		"no cairo": {
			facts: map[string]string{"cairo": "FALSE", "letters": ""}, blank: true,
			want: "[{R problem R 4: it cannot draw plots: it was built without cairo Use an R whose capabilities(\"cairo\") is TRUE.}]",
		},
		"no plot": {
			blank: true, stderr: broken,
			want: "[{R note R 4 says when it starts: In plot.new() : no device If that is not wanted, look at its start-up files, ~/.Rprofile among them.}" +
				" {R problem R 4: a plot did not come out as an image: In plot.new() : no device Try plot(1) in this R, and what it says.}]",
		},
		"no fonts": {
			facts: map[string]string{"letters": "FALSE"},
			want:  "[{R problem R 4: there is no font for the text of plots Install fonts (on Debian and Ubuntu: apt install fontconfig fonts-dejavu-core).}]",
		},
	} {
		trial := trial{
			facts: map[string]string{"utf8": "TRUE", "locale": "C.UTF-8", "cairo": "TRUE", "letters": "TRUE"},
			drawn: !c.blank, stderr: c.stderr,
		}
		maps.Copy(trial.facts, c.facts)
		var f findings
		trial.judge(&f, "R 4", problem)
		if c.want == "" {
			c.want = "[]"
		}
		if got := fmt.Sprint(f); got != c.want {
			t.Errorf("%s: found\n%s\nwant\n%s", name, got, c.want)
		}
	}
	for failure, want := range map[string]string{
		"RStartError: no libR.so": "Install this R again: its library libR cannot be used.",
		"Error: no":               "Look at what R says when it starts: R --no-save; and at its start-up files, ~/.Rprofile among them.",
	} {
		if got := (&trial{failure: failure}).remedy(); got != want {
			t.Errorf("after %s: %q, want %q", failure, got, want)
		}
	}
}
