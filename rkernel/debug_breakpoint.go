package rkernel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A breakpoint is a SourceBreakpoint of the Debug Adapter Protocol.
type breakpoint struct {
	Line         int    `json:"line"`
	Condition    string `json:"condition,omitempty"`    // R code that is to be true, "" if there is none
	HitCondition string `json:"hitCondition,omitempty"` // how often it is to be met; see hitTest
	LogMessage   string `json:"logMessage,omitempty"`   // what to say instead of a stop
}

func (d *debugger) setBreakpoints(ctx context.Context, args *debugArguments) (object, error) {
	if args.Source.Path == "" {
		return nil, errors.New("setBreakpoints needs source.path")
	}
	path, unavailable := d.sourcePath(args.Source.Path)
	var places []place
	if unavailable == nil {
		places = d.places(ctx, path)
	}
	flaws := d.flaws(ctx, args.Breakpoints)
	answers := []object{}
	var set []breakpoint
	for i, b := range args.Breakpoints {
		line, ok := stopLine(places, b.Line)
		b.Line = line
		same := slices.IndexFunc(set, func(o breakpoint) bool { return o.Line == line })
		wrong := flaws[i]
		switch {
		case unavailable != nil:
			wrong = unavailable.Error()
		case !ok:
			wrong = "no code begins here"
		case wrong != "":
		case same < 0:
			set = append(set, b)
		case set[same] != b:
			wrong = fmt.Sprintf("line %d has another breakpoint", line)
		}
		answer := object{"verified": wrong == "", "line": line, "source": args.Source}
		if wrong != "" {
			answer["message"] = wrong
		}
		answers = append(answers, answer)
	}
	d.configure(func() { d.sourceLocked(path).breakpoints = set })
	return object{"breakpoints": answers}, nil
}

// flaws says for each breakpoint what is wrong with its conditions, "" if nothing is, as
// far as R can tell now.
func (d *debugger) flaws(ctx context.Context, breakpoints []breakpoint) []string {
	flaws := make([]string, len(breakpoints))
	conditions := make([]string, len(breakpoints))
	for i, b := range breakpoints {
		if _, err := hitTest(b.HitCondition); err != nil {
			flaws[i] = err.Error()
		}
		conditions[i] = b.Condition
	}
	if !slices.ContainsFunc(conditions, func(c string) bool { return c != "" }) {
		return flaws
	}
	answer, err := d.ask(ctx, "debug_flaws", conditions...)
	if err != nil || len(answer) != len(flaws) {
		return flaws // R is busy: where the condition cannot be evaluated the cell stops
	}
	for i, flaw := range answer {
		if flaws[i] == "" && flaw != "" {
			flaws[i] = "the condition is not valid: " + flaw
		}
	}
	return flaws
}

var hitCondition = regexp.MustCompile(`^\s*(>=|>|==?|<=?|%|)\s*([0-9]{1,9})\s*$`)

// hitTest makes R code of a hit condition, in which n is how often the breakpoint was
// met: a number means that often or more, and % each time that n is a multiple of it.
// "" remains "".
func hitTest(condition string) (code string, err error) {
	if condition == "" {
		return "", nil
	}
	m := hitCondition.FindStringSubmatch(condition)
	if m == nil || m[1] == "%" && strings.Trim(m[2], "0") == "" {
		return "", fmt.Errorf("%q does not count hits: 5 and >= 5 do, > 5, == 5, <= 5, < 5, and %% 5 for each fifth", condition)
	}
	switch m[1] {
	case "%":
		return fmt.Sprintf("n %%%% %s == 0", m[2]), nil
	case "":
		m[1] = ">="
	case "=":
		m[1] = "=="
	}
	return fmt.Sprintf("n %s %s", m[1], m[2]), nil
}

// said is what a breakpoint says: its message, or in category "stderr" what is wrong with
// it. parts are the category, the path of the source, the line, and the text.
func (d *debugger) said(parts [][]byte) error {
	if len(parts) != 4 {
		return errors.New("a breakpoint says four parts")
	}
	line, _ := strconv.Atoi(string(parts[2])) // they are integers in R
	d.event("output", object{
		"category": string(parts[0]), "output": string(parts[3]) + "\n",
		"source": object{"path": string(parts[1])}, "line": line,
	})
	return nil
}

// A place is a statement at which code can stop, by its first and last line.
type place struct{ first, last int }

// places are those of a source, or nil if R cannot tell now.
func (d *debugger) places(ctx context.Context, path string) []place {
	code, err := d.code(path)
	if err != nil {
		return nil
	}
	answer, err := d.ask(ctx, "debug_places", code)
	if err != nil {
		return nil // it is not valid, or R is busy
	}
	places := []place{}
	for ; len(answer) >= 2; answer = answer[2:] {
		first, _ := strconv.Atoi(answer[0]) // they are integers in R
		last, _ := strconv.Atoi(answer[1])
		places = append(places, place{first, last})
	}
	return places
}

// stopLine returns the line at which a breakpoint on line stops: of the statement that
// begins there; of the next one in the innermost statement around it, or of that one
// if nothing in it can stop. It reports false where nothing follows, as at a closing
// brace. Without places any line does.
func stopLine(places []place, line int) (int, bool) {
	if places == nil {
		return line, true
	}
	cell := place{1, math.MaxInt}
	around := cell
	for _, p := range places {
		if p.first == line {
			return line, true
		}
		if p.first < line && line <= p.last && p.first >= around.first {
			around = p
		}
	}
	next, inner := 0, false
	for _, p := range places {
		if p == around || p.first < around.first || p.last > around.last {
			continue
		}
		inner = inner || p.first > around.first
		if p.first > line && (next == 0 || p.first < next) {
			next = p.first
		}
	}
	switch {
	case next > 0:
		return next, true
	case inner || around == cell:
		return line, false
	}
	return around.first, true
}

// A stopFilters is what stops besides breakpoints.
type stopFilters struct {
	errors   bool // that end a cell
	warnings bool // that no code handles
}

func (d *debugger) setExceptionBreakpoints(_ context.Context, args *debugArguments) (object, error) {
	var stops stopFilters
	for _, f := range args.Filters {
		switch f {
		case "error":
			stops.errors = true
		case "warning":
			stops.warnings = true
		default:
			return nil, fmt.Errorf(`there is no filter %q; there are "error" and "warning"`, f)
		}
	}
	d.configure(func() { d.stops = stops })
	return nil, nil
}
