package rkernel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (d *debugger) setBreakpoints(ctx context.Context, args *debugArguments) (object, error) {
	path := args.Source.Path
	if path == "" {
		return nil, errors.New("setBreakpoints needs source.path")
	}
	d.mu.Lock()
	prefix, err := d.prefixLocked()
	d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	isCell := strings.HasPrefix(path, prefix)
	var places []place
	if isCell {
		places = d.places(ctx, path)
	}
	set := []object{}
	var lines []int
	for _, b := range args.Breakpoints {
		line, ok := stopLine(places, b.Line)
		answer := object{"verified": ok && isCell, "line": line, "source": object{"path": path}}
		switch {
		case !isCell:
			answer["message"] = "only code of cells can stop"
		case !ok:
			answer["message"] = "no code begins here"
		case !slices.Contains(lines, line):
			lines = append(lines, line)
		}
		set = append(set, answer)
	}
	d.configure(func() { d.sourceLocked(path).lines = lines })
	return object{"breakpoints": set}, nil
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
	around := place{1, int(^uint(0) >> 1)}
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
	case inner || around.last > 1<<30:
		return line, false
	}
	return around.first, true
}

func (d *debugger) setExceptionBreakpoints(_ context.Context, args *debugArguments) (object, error) {
	on := false
	for _, f := range args.Filters {
		if f != "error" {
			return nil, fmt.Errorf("there is no filter %q; there is %q", f, "error")
		}
		on = true
	}
	d.configure(func() { d.onErrors = on })
	return nil, nil
}
