package rkernel

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
)

// A stop is where the cell has stopped for the debugger.
type stop struct {
	number      string // of the stops of this R
	calls       string // how many R functions run
	path, line  string // of the cell's expression that runs
	left        bool   // R was told to go on
	interrupted bool   // or to end the cell
}

// errBusy says that a cell runs, and has not stopped.
var errBusy = errors.New("R is running a cell")

// stopped is R saying that its cell has stopped, and with which error, if it is one.
func (d *debugger) stopped(why, message string) {
	body := object{"reason": why, "threadId": threadID, "allThreadsStopped": true}
	if message != "" {
		body["text"] = strings.TrimSpace(message)
	}
	d.event("stopped", body)
}

// resumed is R saying that its cell goes on, or the end of R: what was seen at the stop
// is gone.
func (d *debugger) resumed() {
	d.mu.Lock()
	d.nodes = nil
	d.mu.Unlock()
	d.event("continued", object{"threadId": threadID, "allThreadsContinued": true})
}

func (d *debugger) threads(context.Context, *debugArguments) (object, error) {
	return object{"threads": []object{{"id": threadID, "name": "R"}}}, nil
}

var errNotStopped = errors.New("R has not stopped")

func resumeBy(how string) func(*debugger, context.Context, *debugArguments) (object, error) {
	return func(d *debugger, _ context.Context, _ *debugArguments) (object, error) {
		if p := d.r.running(); p == nil || !p.resume(how) {
			return nil, errNotStopped
		}
		return object{"allThreadsContinued": true}, nil
	}
}

// pause has the cell stop before the next statement that can.
func (d *debugger) pause(context.Context, *debugArguments) (object, error) {
	p := d.r.running()
	if p == nil {
		return nil, errors.New("R is not running")
	}
	if _, err := p.place(); !errors.Is(err, errBusy) {
		return nil, errors.New("no cell is running that could be stopped")
	}
	if !d.isAttached() {
		return nil, errors.New("no front end is attached")
	}
	p.inform(true)
	return nil, nil
}

func (d *debugger) stackTrace(ctx context.Context, args *debugArguments) (object, error) {
	p := d.r.running()
	if p == nil {
		return nil, errNotStopped
	}
	s := p.stop()
	if s == nil {
		return nil, errNotStopped
	}
	answer, err := d.ask(ctx, "debug_stack", s.calls, s.path, s.line)
	if err != nil {
		return nil, err
	}
	frames := []object{}
	for ; len(answer) >= 7; answer = answer[7:] {
		var n [5]int // number; first line and column, last line and column
		for i, k := range []int{0, 3, 4, 5, 6} {
			n[i], _ = strconv.Atoi(answer[k]) // they are integers in R
		}
		frames = append(frames, object{
			"id": n[0] + 1, "name": answer[1],
			"source": object{"name": filepath.Base(answer[2]), "path": answer[2]},
			"line":   n[1], "column": n[2], "endLine": n[3], "endColumn": n[4],
		})
	}
	total := len(frames)
	frames = frames[min(max(args.StartFrame, 0), total):]
	if args.Levels > 0 {
		frames = frames[:min(args.Levels, len(frames))]
	}
	return object{"stackFrames": frames, "totalFrames": total}, nil
}
