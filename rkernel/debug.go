package rkernel

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
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
	stops    stopFilters             // guarded by mu
	seq      int                     // of the last reply or event; guarded by mu
	dir      string                  // of the cells' sources, "" before it is made; guarded by mu
	sources  map[string]*debugSource // by path; guarded by mu
	nodes    []debugNode             // variablesReference n is nodes[n-1]; guarded by mu
	globals  []object                // as they were seen last, not nil; guarded by mu
}

// A debugOutput is where events go, and what evaluated code shows.
type debugOutput interface {
	output
	DebugEvent(e jupyter.DebugEvent) error
}

// An object is one of JSON.
type object = map[string]any

// threadID is the id of R's thread.
const threadID = 1

func newDebugger(r *R) *debugger {
	return &debugger{r: r, sources: map[string]*debugSource{}, globals: []object{}}
}

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
	"setVariable":             (*debugger).setVariable,
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
	Breakpoints        []breakpoint `json:"breakpoints"`
	Filters            []string     `json:"filters"`
	FrameID            frameID      `json:"frameId"`
	StartFrame         int          `json:"startFrame"`
	Levels             int          `json:"levels"`
	VariablesReference int          `json:"variablesReference"`
	Start              int          `json:"start"`
	Count              int          `json:"count"`
	Expression         string       `json:"expression"`
	Name               string       `json:"name"`
	Value              string       `json:"value"`
	VariableName       string       `json:"variableName"`
	SrcVariableName    string       `json:"srcVariableName"`
	DstVariableName    string       `json:"dstVariableName"`
	SrcFrameID         frameID      `json:"srcFrameId"`
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

func (d *debugger) initialize(context.Context, *debugArguments) (object, error) {
	return object{
		"supportsConfigurationDoneRequest":  true,
		"supportsConditionalBreakpoints":    true,
		"supportsHitConditionalBreakpoints": true,
		"supportsLogPoints":                 true,
		"supportsSetVariable":               true,
		"supportsModulesRequest":            true,
		"exceptionBreakpointFilters": []object{
			{"filter": "error", "label": "Errors", "default": false, "description": "Stop where an error ends the cell"},
			{"filter": "warning", "label": "Warnings", "default": false, "description": "Stop at warnings that no code handles"},
		},
	}, nil
}

// attach also says that breakpoints are welcome, which must come "not before the
// `initialize` request has finished": a front end knows what the debugger can from
// the reply to that.
// https://microsoft.github.io/debug-adapter-protocol/specification#Events_Initialized
func (d *debugger) attach(context.Context, *debugArguments) (object, error) {
	d.configure(func() { d.attached = true })
	d.event("initialized", object{})
	return nil, nil
}

func (d *debugger) configurationDone(context.Context, *debugArguments) (object, error) {
	return nil, nil
}

// disconnect also has R go on.
func (d *debugger) disconnect(context.Context, *debugArguments) (object, error) {
	d.configure(func() {
		d.attached, d.stops = false, stopFilters{}
		for _, s := range d.sources {
			s.breakpoints = nil
		}
	})
	if p := d.r.running(); p != nil {
		p.resume("continue") // if it has stopped
	}
	return nil, nil
}

// configure changes what R is to know, and tells it.
func (d *debugger) configure(change func()) {
	d.mu.Lock()
	change()
	d.mu.Unlock()
	if p := d.r.running(); p != nil { // one that starts may hear it twice
		p.inform(false)
	}
}

// isAttached says that a front end debugs.
func (d *debugger) isAttached() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.attached
}

// configuration is what R is to know: the parts of cmdDebug.
func (d *debugger) configuration() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	flag := map[bool]string{false: "0", true: "1"}
	parts := []string{flag[d.attached], flag[d.stops.errors], flag[d.stops.warnings]}
	for _, s := range d.sources {
		for _, b := range s.breakpoints {
			hits, _ := hitTest(b.HitCondition) // it was looked at when it was set
			parts = append(parts, s.path, strconv.Itoa(b.Line), b.Condition, hits, b.LogMessage)
		}
	}
	return parts
}

// ask calls a function of debug.R.
func (d *debugger) ask(ctx context.Context, fn string, args ...string) ([]string, error) {
	p, err := d.r.ready()
	if err != nil {
		return nil, err
	}
	return p.inquire(ctx, fn, args...)
}
