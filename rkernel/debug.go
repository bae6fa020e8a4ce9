package rkernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

var _ kernel.Debugger = (*R)(nil)

// A debugger serves a front end's debugger: the Debug Adapter Protocol, and what
// Jupyter adds to it. While a front end is attached, cells are executed so that they
// can stop; where, and what happens then, is the matter of host/debug.c and
// rscript/debug.R. There is one thread: R's.
//
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#debug-request
// https://microsoft.github.io/debug-adapter-protocol/specification
type debugger struct {
	r *R

	mu       sync.Mutex
	out      debugOutput             // for events: that of the last request; guarded by mu
	attached bool                    // guarded by mu
	onErrors bool                    // errors stop; guarded by mu
	seq      int                     // of the last reply or event; guarded by mu
	dir      string                  // of the cells' sources, "" before it is made; guarded by mu
	sources  map[string]*debugSource // by path; guarded by mu
	nodes    []debugNode             // variablesReference n is nodes[n-1]; guarded by mu
	globals  []object                // as they were seen last; guarded by mu
}

// A debugOutput is where events go, and what evaluated code shows.
type debugOutput interface {
	output
	DebugEvent(e jupyter.DebugEvent) error
}

// A debugSource is the source of a cell, or a file.
type debugSource struct {
	number int // its name in R
	path   string
	code   *string // nil if it was never dumped
	lines  []int   // of its breakpoints
}

// An object is one of JSON.
type object = map[string]any

// threadID is the id of R's thread.
const threadID = 1

func newDebugger(r *R) *debugger { return &debugger{r: r, sources: map[string]*debugSource{}} }

// Debug serves a request of a front end's debugger.
func (r *R) Debug(ctx context.Context, req jupyter.DebugRequest, out *kernel.Output) (jupyter.DebugReply, error) {
	return r.debugger.serve(ctx, req, out)
}

// debugRequests are the requests that are served. The body of the reply may be nil.
var debugRequests = map[string]func(*debugger, context.Context, *debugArguments) (object, error){
	"initialize":              (*debugger).initialize,
	"attach":                  (*debugger).attach,
	"configurationDone":       (*debugger).configurationDone,
	"disconnect":              (*debugger).disconnect,
	"debugInfo":               (*debugger).debugInfo,
	"dumpCell":                (*debugger).dumpCell,
	"source":                  (*debugger).source,
	"setBreakpoints":          (*debugger).setBreakpoints,
	"setExceptionBreakpoints": (*debugger).setExceptionBreakpoints,
	"threads":                 (*debugger).threads,
	"modules":                 (*debugger).modules,
	"stackTrace":              (*debugger).stackTrace,
	"scopes":                  (*debugger).scopes,
	"variables":               (*debugger).variables,
	"inspectVariables":        (*debugger).inspectVariables,
	"richInspectVariables":    (*debugger).richInspectVariables,
	"evaluate":                (*debugger).evaluate,
	"copyToGlobals":           (*debugger).copyToGlobals,
	"pause":                   (*debugger).pause,
	"continue":                resumeBy("continue"),
	"next":                    resumeBy("next"),
	"stepIn":                  resumeBy("stepIn"),
	"stepOut":                 resumeBy("stepOut"),
}

// debugArguments are the arguments of any of them.
type debugArguments struct {
	Code   string `json:"code"`
	Source struct {
		Path string `json:"path"`
	} `json:"source"`
	Breakpoints []struct {
		Line int `json:"line"`
	} `json:"breakpoints"`
	Filters            []string `json:"filters"`
	FrameID            frameID  `json:"frameId"`
	StartFrame         int      `json:"startFrame"`
	Levels             int      `json:"levels"`
	VariablesReference int      `json:"variablesReference"`
	Start              int      `json:"start"`
	Count              int      `json:"count"`
	Expression         string   `json:"expression"`
	VariableName       string   `json:"variableName"`
	SrcVariableName    string   `json:"srcVariableName"`
	DstVariableName    string   `json:"dstVariableName"`
	SrcFrameID         frameID  `json:"srcFrameId"`
}

// A frameID is the number of a frame in R, plus 1: front ends may take 0 for none.
// None means the cell itself.
type frameID int

func (id frameID) String() string { return strconv.Itoa(max(int(id)-1, 0)) }

func (d *debugger) serve(ctx context.Context, req jupyter.DebugRequest, out debugOutput) (jupyter.DebugReply, error) {
	command, _ := req["command"].(string)
	serve, ok := debugRequests[command]
	if !ok {
		return nil, fmt.Errorf("the debugger of R does not serve %q", command)
	}
	args := &debugArguments{}
	raw, err := json.Marshal(req["arguments"])
	if err == nil {
		err = json.Unmarshal(raw, args)
	}
	if err != nil {
		return nil, fmt.Errorf("the arguments of %q are not valid: %w", command, err)
	}
	d.mu.Lock()
	d.out = out
	d.mu.Unlock()
	body, err := serve(d, ctx, args)
	if err != nil {
		return nil, err
	}
	if body == nil {
		body = object{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seq++
	return jupyter.DebugReply{
		"type": "response", "seq": d.seq, "request_seq": req["seq"], "success": true,
		"command": command, "body": body,
	}, nil
}

// event publishes an event.
func (d *debugger) event(name string, body object) {
	d.mu.Lock()
	d.seq++
	out, seq := d.out, d.seq
	d.mu.Unlock()
	err := out.DebugEvent(jupyter.DebugEvent{"type": "event", "seq": seq, "event": name, "body": body})
	if err != nil {
		d.r.config.Logger.Error("publish an event of the debugger", "event", name, "error", err)
	}
}

// ---- attaching ------------------------------------------------------------------

func (d *debugger) initialize(context.Context, *debugArguments) (object, error) {
	d.event("initialized", object{})
	return object{
		"supportsConfigurationDoneRequest": true,
		"exceptionBreakpointFilters": []object{{
			"filter": "error", "label": "Errors that end a cell", "default": false,
		}},
	}, nil
}

func (d *debugger) attach(context.Context, *debugArguments) (object, error) {
	return nil, d.configure(func() { d.attached = true })
}

func (d *debugger) configurationDone(context.Context, *debugArguments) (object, error) {
	return nil, nil
}

// disconnect also has R go on.
func (d *debugger) disconnect(context.Context, *debugArguments) (object, error) {
	err := d.configure(func() {
		d.attached, d.onErrors = false, false
		for _, s := range d.sources {
			s.lines = nil
		}
	})
	if p := d.r.running(); p != nil {
		p.resume("continue") // if it has stopped
	}
	return nil, err
}

// configure changes what R is to know, and tells it.
func (d *debugger) configure(change func()) error {
	d.mu.Lock()
	change()
	d.mu.Unlock()
	if p := d.r.running(); p != nil { // one that starts hears it twice
		return p.send(cmdDebug, d.configuration()...)
	}
	return nil
}

// configuration is what R is to know: the parts of cmdDebug.
func (d *debugger) configuration() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	flag := map[bool]string{false: "0", true: "1"}
	parts := []string{flag[d.attached], flag[d.onErrors]}
	for _, s := range d.sources {
		for _, line := range s.lines {
			parts = append(parts, strconv.Itoa(s.number), strconv.Itoa(line))
		}
	}
	return parts
}

// ---- sources ----------------------------------------------------------------------

// Cells are known by a hash of their code, as the front end computes it too.
const (
	hashMethod   = "Murmur2"
	hashSeed     = 0xc70f6907
	sourceSuffix = ".r"
)

func (d *debugger) debugInfo(context.Context, *debugArguments) (object, error) {
	p := d.r.running()
	stopped := []int{}
	if p != nil && p.stop() != nil {
		stopped = append(stopped, threadID)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	prefix, err := d.prefixLocked()
	if err != nil {
		return nil, err
	}
	breakpoints := []object{}
	for _, s := range d.sources {
		if len(s.lines) == 0 {
			continue
		}
		lines := []object{}
		for _, line := range s.lines {
			lines = append(lines, object{"line": line})
		}
		breakpoints = append(breakpoints, object{"source": s.path, "breakpoints": lines})
	}
	return object{
		"isStarted": d.attached, "hashMethod": hashMethod, "hashSeed": uint32(hashSeed),
		"tmpFilePrefix": prefix, "tmpFileSuffix": sourceSuffix, "breakpoints": breakpoints,
		"stoppedThreads": stopped, "richRendering": true, "copyToGlobals": true,
		"exceptionPaths": []string{},
	}, nil
}

// prefixLocked is what the paths of cells begin with.
func (d *debugger) prefixLocked() (string, error) {
	if d.dir == "" {
		dir, err := os.MkdirTemp("", "adrastea-debug-")
		if err != nil {
			return "", fmt.Errorf("make a folder for the sources of cells: %w", err)
		}
		d.dir = dir
	}
	return d.dir + string(filepath.Separator), nil
}

// cellPathLocked is the path by which a cell is known.
func (d *debugger) cellPathLocked(code string) (string, error) {
	prefix, err := d.prefixLocked()
	return prefix + strconv.FormatUint(uint64(murmur2(code, hashSeed)), 10) + sourceSuffix, err
}

// sourceLocked is the source of this path, which may be new.
func (d *debugger) sourceLocked(path string) *debugSource {
	s := d.sources[path]
	if s == nil {
		s = &debugSource{number: len(d.sources) + 1, path: path}
		d.sources[path] = s
	}
	return s
}

// cellSource is the path and number of the source of a cell that is about to run, ""
// if it needs not stop.
func (d *debugger) cellSource(code string) (path, number string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.attached {
		return "", ""
	}
	path, err := d.cellPathLocked(code)
	if err != nil {
		d.r.config.Logger.Error("debug a cell", "error", err)
		return "", ""
	}
	s := d.sourceLocked(path)
	s.code = &code
	return path, strconv.Itoa(s.number)
}

func (d *debugger) dumpCell(_ context.Context, args *debugArguments) (object, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	path, err := d.cellPathLocked(args.Code)
	if err == nil {
		err = os.WriteFile(path, []byte(args.Code), 0o600)
	}
	if err != nil {
		return nil, err
	}
	d.sourceLocked(path).code = &args.Code
	return object{"sourcePath": path}, nil
}

func (d *debugger) source(_ context.Context, args *debugArguments) (object, error) {
	code, err := d.code(args.Source.Path)
	if err != nil {
		return nil, err
	}
	return object{"content": code, "mimeType": "text/x-r-source"}, nil
}

// code is the code of a source: of a cell, or what is in the file.
func (d *debugger) code(path string) (string, error) {
	d.mu.Lock()
	s := d.sources[path]
	d.mu.Unlock()
	if s != nil && s.code != nil {
		return *s.code, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("source unavailable: %w", err)
	}
	return string(text), nil
}

// ---- breakpoints --------------------------------------------------------------------

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
	places := d.places(ctx, path)
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
	err = d.configure(func() { d.sourceLocked(path).lines = lines })
	return object{"breakpoints": set}, err
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
	return nil, d.configure(func() { d.onErrors = on })
}

// ---- a cell that has stopped ----------------------------------------------------------

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

// stopped is R saying that its cell has stopped.
func (d *debugger) stopped(why string) {
	d.event("stopped", object{"reason": why, "threadId": threadID, "allThreadsStopped": true})
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

// modules is asked for by front ends that were not told of any.
func (d *debugger) modules(context.Context, *debugArguments) (object, error) {
	return object{"modules": []object{}, "totalModules": 0}, nil
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
	return nil, p.send(cmdPause)
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

// ---- variables --------------------------------------------------------------------------

// A debugNode is something with members: a scope, or an object to which steps lead
// from there. See debug.R.
type debugNode struct {
	frame frameID
	scope string
	steps []string
}

// refer returns the variablesReference of a node.
func (d *debugger) refer(n debugNode) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nodes = append(d.nodes, n)
	return len(d.nodes)
}

func (d *debugger) scopes(ctx context.Context, args *debugArguments) (object, error) {
	answer, err := d.ask(ctx, "debug_scopes", args.FrameID.String())
	if err != nil {
		return nil, err
	}
	scopes := []object{}
	for ; len(answer) >= 2; answer = answer[2:] {
		scopes = append(scopes, object{"name": answer[0], "expensive": false,
			"variablesReference": d.refer(debugNode{frame: args.FrameID, scope: answer[1]})})
	}
	return object{"scopes": scopes}, nil
}

func (d *debugger) variables(ctx context.Context, args *debugArguments) (object, error) {
	d.mu.Lock()
	i := args.VariablesReference - 1
	if i < 0 || i >= len(d.nodes) {
		d.mu.Unlock()
		return nil, fmt.Errorf("there is no variablesReference %d (any more)", args.VariablesReference)
	}
	n := d.nodes[i]
	d.mu.Unlock()
	members, err := d.members(ctx, n, args.Start, args.Count)
	if err != nil {
		return nil, err
	}
	return object{"variables": members}, nil
}

// members describes what is in a node.
func (d *debugger) members(ctx context.Context, n debugNode, start, count int) ([]object, error) {
	call := append([]string{n.frame.String(), n.scope, strconv.Itoa(start), strconv.Itoa(count)}, n.steps...)
	answer, err := d.ask(ctx, "debug_variables", call...)
	if err != nil {
		return nil, err
	}
	members := []object{}
	for ; len(answer) >= 6; answer = answer[6:] {
		ref := 0
		if answer[4] == "1" {
			steps := append(append([]string(nil), n.steps...), answer[0], answer[1])
			ref = d.refer(debugNode{n.frame, n.scope, steps})
		}
		// No type: the value says what it is, and JupyterLab shows the one or the other.
		members = append(members, object{"name": answer[2], "value": answer[3],
			"variablesReference": ref, "evaluateName": answer[5]})
	}
	return members, nil
}

// inspectVariables lists the global variables. Front ends ask again and again; while a
// cell runs nobody can tell, and they hear what was there before.
func (d *debugger) inspectVariables(ctx context.Context, _ *debugArguments) (object, error) {
	p := d.r.running()
	if p == nil || p.stop() == nil { // else they are looked at
		d.mu.Lock()
		d.nodes = nil
		d.mu.Unlock()
	}
	globals, err := d.members(ctx, debugNode{scope: "-1"}, 0, 0)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case errors.Is(err, errBusy):
		globals = d.globals
	case err != nil:
		return nil, err
	}
	d.globals = globals
	return object{"variables": globals}, nil
}

func (d *debugger) richInspectVariables(ctx context.Context, args *debugArguments) (object, error) {
	answer, err := d.ask(ctx, "debug_rich", args.FrameID.String(), args.VariableName)
	if err != nil {
		return nil, err
	}
	data, err := formsOf(answer)
	return object{"data": data, "metadata": object{}}, err
}

func (d *debugger) copyToGlobals(ctx context.Context, args *debugArguments) (object, error) {
	_, err := d.ask(ctx, "debug_copy", args.SrcFrameID.String(), args.SrcVariableName, args.DstVariableName)
	return nil, err
}

// evaluate evaluates code in a frame. What it prints goes where the cell's output goes.
func (d *debugger) evaluate(ctx context.Context, args *debugArguments) (object, error) {
	d.mu.Lock()
	out := d.out
	d.mu.Unlock()
	p, err := d.r.ready()
	if err != nil {
		return nil, err
	}
	answer, err := p.evaluateAside(ctx, out, args.FrameID.String(), args.Expression)
	switch {
	case err != nil:
		return nil, err
	case len(answer) == 3 && answer[0] == "ok":
		return object{"result": answer[1], "type": answer[2], "variablesReference": 0}, nil
	case len(answer) == 3:
		return nil, &kernel.Error{Name: answer[1], Value: answer[2], Traceback: []string{}}
	}
	return nil, errors.New("R gave no answer")
}

// ask calls a function of debug.R.
func (d *debugger) ask(ctx context.Context, fn string, args ...string) ([]string, error) {
	p, err := d.r.ready()
	if err != nil {
		return nil, err
	}
	return p.inquire(ctx, fn, args...)
}

// close removes the sources.
func (d *debugger) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dir != "" {
		if err := os.RemoveAll(d.dir); err != nil {
			d.r.config.Logger.Error("remove the sources of cells", "error", err)
		}
		d.dir = ""
	}
}

// murmur2 is MurmurHash2, by A. Appleby, of the octets of a text: the hash that front
// ends know.
func murmur2(text string, seed uint32) uint32 {
	const m = 0x5bd1e995
	h := seed ^ uint32(len(text))
	for ; len(text) >= 4; text = text[4:] {
		k := uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16 | uint32(text[3])<<24
		k *= m
		k ^= k >> 24
		k *= m
		h = h*m ^ k
	}
	if len(text) > 0 {
		for i := len(text) - 1; i >= 0; i-- {
			h ^= uint32(text[i]) << (8 * i)
		}
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
