package rkernel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// A debugNode is something with members: a scope, or an object to which steps lead
// from there. See debug.R.
type debugNode struct {
	frame frameID
	scope string
	steps []string
}

// member is the member of a node to which a step of this kind and name or number leads.
func (n debugNode) member(kind, key string) debugNode {
	return debugNode{n.frame, n.scope, append(slices.Clone(n.steps), kind, key)}
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

// node returns what a variablesReference refers to.
func (d *debugger) node(reference int) (debugNode, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if reference < 1 || reference > len(d.nodes) {
		return debugNode{}, fmt.Errorf("there is no variablesReference %d (any more)", reference)
	}
	return d.nodes[reference-1], nil
}

func (d *debugger) variables(ctx context.Context, args *debugArguments) (object, error) {
	n, err := d.node(args.VariablesReference)
	if err != nil {
		return nil, err
	}
	members, err := d.members(ctx, n, args.Start, args.Count)
	if err != nil {
		return nil, err
	}
	return object{"variables": members}, nil
}

// setVariable gives a member of a node the value of R code, which is evaluated in the
// frame.
func (d *debugger) setVariable(ctx context.Context, args *debugArguments) (object, error) {
	n, err := d.node(args.VariablesReference)
	if err != nil {
		return nil, err
	}
	call := append([]string{n.frame.String(), n.scope, args.Name, args.Value}, n.steps...)
	answer, err := d.ask(ctx, "debug_set", call...)
	if err != nil {
		return nil, err
	}
	if len(answer) != 4 {
		return nil, errors.New("R gave no answer")
	}
	ref := 0
	if answer[3] == "1" {
		ref = d.refer(n.member(answer[0], answer[1]))
	}
	return object{"value": answer[2], "variablesReference": ref}, nil
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
			ref = d.refer(n.member(answer[0], answer[1]))
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
