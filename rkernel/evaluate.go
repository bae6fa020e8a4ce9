package rkernel

import (
	"context"
	"errors"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// evaluate evaluates one user_expression in R's global environment and returns
// its value as R prints it, with its other text forms. An R error is a
// *kernel.Error.
func evaluate(ctx context.Context, r caller, expression string) (jupyter.MIMEBundle, error) {
	answer, err := r.call(ctx, "evaluate", expression)
	if err != nil {
		return nil, err
	}
	return formsOf(answer)
}

// formsOf reads the forms of a value, or the error there was; see display.R.
func formsOf(answer []string) (jupyter.MIMEBundle, error) {
	switch {
	case len(answer) == 3 && answer[0] == "error":
		return nil, &kernel.Error{Name: answer[1], Value: answer[2], Traceback: []string{}}
	case len(answer)%2 == 1 && answer[0] == "ok":
		parts := make([][]byte, len(answer)-1)
		for i, s := range answer[1:] {
			parts[i] = []byte(s)
		}
		return bundleData(parts)
	}
	return nil, errors.New("R gave no answer")
}
