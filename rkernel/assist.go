package rkernel

import (
	"context"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

var (
	_ kernel.Completer           = (*R)(nil)
	_ kernel.Inspector           = (*R)(nil)
	_ kernel.CompletenessChecker = (*R)(nil)
	_ kernel.Evaluator           = (*R)(nil)
	_ kernel.BusyAnswerer        = (*R)(nil)
)

// typingPatience is how long what a front end asks while its user types waits for
// R to start, which takes a third of that where no profile is in the way.
const typingPatience = time.Second

// AnswerBusy answers without R, which runs a cell: nothing is known of what its
// objects are now, but code may be seen to be unfinished.
func (r *R) AnswerBusy(c jupyter.Content) jupyter.Content {
	switch c := c.(type) {
	case *jupyter.CompleteRequest:
		return noMatches(c.Code, c.CursorPos)
	case *jupyter.InspectRequest:
		return nothingFound()
	case *jupyter.IsCompleteRequest:
		return seemsComplete(c.Code)
	}
	return nil
}

// started returns an R that has started. It reports false if there is none, or
// none in time.
func (r *R) started(ctx context.Context) (*process, bool) {
	p, err := r.ready()
	if err != nil {
		return nil, false
	}
	patience := time.NewTimer(typingPatience)
	defer patience.Stop()
	select {
	case <-p.readyc:
		return p, true
	case <-p.done:
	case <-patience.C:
	case <-ctx.Done():
	}
	return nil, false
}

// Complete answers with what R's own completer and R itself know about the
// name, argument, member, package or path before the cursor, which counts code
// points. Of the code only names, members and subsets are evaluated, with the
// bindings and methods behind them; no function in it is called, and nothing is
// loaded. When R starts or takes too long, there are no matches.
func (r *R) Complete(ctx context.Context, code string, cursor int) (*jupyter.CompleteReply, error) {
	p, ok := r.started(ctx)
	if !ok {
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
	p, ok := r.started(ctx)
	if !ok {
		return nothingFound(), nil
	}
	return inspect(ctx, p, code, cursor, detail), nil
}

// IsComplete answers with R's own parser. Code that may go on comes with the
// spaces the next line should begin with.
func (r *R) IsComplete(ctx context.Context, code string) (*jupyter.IsCompleteReply, error) {
	p, ok := r.started(ctx)
	if !ok {
		return seemsComplete(code), nil
	}
	return isComplete(ctx, p, code), nil
}

// Evaluate evaluates a user_expression. What it prints is not shown.
func (r *R) Evaluate(ctx context.Context, expression string) (jupyter.MIMEBundle, error) {
	p, err := r.ready()
	if err != nil {
		return nil, err
	}
	return evaluate(ctx, p, expression)
}
