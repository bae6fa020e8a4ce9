package rkernel

import (
	"context"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

var (
	_ kernel.Completer           = (*R)(nil)
	_ kernel.Inspector           = (*R)(nil)
	_ kernel.CompletenessChecker = (*R)(nil)
	_ kernel.Evaluator           = (*R)(nil)
)

// Complete answers with what R's own completer and R itself know about the
// name, argument, member, package or path before the cursor, which counts code
// points. Nothing is evaluated that has an effect; nothing is loaded. When R is
// busy or takes too long, there are no matches.
func (r *R) Complete(ctx context.Context, code string, cursor int) (*jupyter.CompleteReply, error) {
	p, err := r.ready(ctx)
	if err != nil {
		return noMatches(code, cursor), nil
	}
	return complete(ctx, p, code, cursor), nil
}

// Inspect tells the class, the value in short, the signature and the help page
// of the object at the cursor, or of the function whose arguments the cursor is
// in. detail 1 adds the source of functions. Promises and active bindings are
// named, never evaluated.
func (r *R) Inspect(ctx context.Context, code string, cursor, detail int) (
	*jupyter.InspectReply, error,
) {
	p, err := r.ready(ctx)
	if err != nil {
		return nothingFound(), nil
	}
	return inspect(ctx, p, code, cursor, detail), nil
}

// IsComplete answers with R's own parser. Code that may go on comes with the
// spaces the next line should begin with.
func (r *R) IsComplete(ctx context.Context, code string) (*jupyter.IsCompleteReply, error) {
	p, err := r.ready(ctx)
	if err != nil {
		return &jupyter.IsCompleteReply{Status: "unknown"}, nil
	}
	return isComplete(ctx, p, code), nil
}

// Evaluate evaluates a user_expression. What it prints is not shown.
func (r *R) Evaluate(ctx context.Context, expression string) (jupyter.MIMEBundle, error) {
	p, err := r.ready(ctx)
	if err != nil {
		return nil, err
	}
	return evaluate(ctx, p, expression)
}
