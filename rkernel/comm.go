package rkernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/adrastea-kernel/adrastea/kernel"
)

var _ kernel.CommOpener = (*R)(nil)

// comms are the comms that are open, as R's process knows them. R opens and uses
// them by events, front ends through OpenComm and commHandler.
type comms struct {
	r *R

	mu   sync.Mutex
	open map[string]*kernel.Comm // guarded by mu; by id
}

func newComms(r *R) *comms { return &comms{r: r, open: map[string]*kernel.Comm{}} }

func (cs *comms) add(c *kernel.Comm) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.open[c.ID] = c
}

// remove forgets a comm.
func (cs *comms) remove(id string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.open, id)
}

func (cs *comms) get(id string) *kernel.Comm {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.open[id]
}

// lost closes all comms: R has died, and its ends of them.
func (cs *comms) lost() error {
	cs.mu.Lock()
	open := cs.open
	cs.open = map[string]*kernel.Comm{}
	cs.mu.Unlock()
	var errs []error
	for _, c := range open {
		errs = append(errs, c.Close(cs.r.output(), nil))
	}
	return errors.Join(errs...)
}

// event acts on an event of R code: "comm_open" with id, target, data, metadata
// and buffers, "comm_msg" with id, data and buffers, "comm_close" with id and
// data. Data and metadata are JSON.
func (cs *comms) event(kind string, parts [][]byte) error {
	need := map[string]int{"comm_open": 4, "comm_msg": 2, "comm_close": 2}[kind]
	if len(parts) < need {
		return fmt.Errorf("%s with %d parts", kind, len(parts))
	}
	id := string(parts[0])
	if kind == "comm_open" {
		c, err := cs.r.output().OpenComm(&kernel.CommOpening{
			ID: id, Target: string(parts[1]), Data: json.RawMessage(parts[2]),
			Metadata: json.RawMessage(parts[3]), Buffers: parts[4:],
		}, commHandler{cs.r})
		if err == nil {
			cs.add(c)
		}
		return err
	}
	c := cs.get(id)
	if c == nil {
		return nil // the front end has just closed it
	}
	data := json.RawMessage(parts[1])
	if kind == "comm_close" {
		cs.remove(id)
		return c.Close(cs.r.output(), data)
	}
	return c.Send(cs.r.output(), data, parts[2:])
}

// output is for what belongs to no request.
func (r *R) output() *kernel.Output {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out
}

// OpenComm gives a comm that a front end opens to the handler that R code has
// registered for its target.
func (r *R) OpenComm(ctx context.Context, m *kernel.CommMessage) (kernel.CommHandler, error) {
	p, err := r.ready()
	if err != nil {
		return nil, err
	}
	c := m.Comm
	texts := []string{c.ID, c.Target}
	for _, raw := range []json.RawMessage{c.Metadata, m.Data} {
		if texts, err = appendTokens(texts, raw); err != nil {
			return nil, err
		}
	}
	r.comms.add(c) // R may use it at once
	answer, err := p.message(ctx, m.Output, "comm_opened", texts, m.Buffers)
	switch {
	case err != nil:
	case len(answer) == 1 && answer[0] == "TRUE":
		return commHandler{r}, nil
	case len(answer) == 1 && answer[0] == "FALSE":
		err = kernel.ErrNoTarget
	default:
		err = fmt.Errorf("the handler of comm target %q failed", c.Target)
	}
	r.comms.remove(c.ID)
	return nil, err
}

// A commHandler is R's end of every comm.
type commHandler struct{ r *R }

// Message hands a message of the front end to R.
func (h commHandler) Message(ctx context.Context, m *kernel.CommMessage) error {
	return h.tell(ctx, "comm_message", m)
}

// Close tells R that the front end has closed the comm.
func (h commHandler) Close(ctx context.Context, m *kernel.CommMessage) error {
	h.r.comms.remove(m.Comm.ID)
	return h.tell(ctx, "comm_closed", m)
}

func (h commHandler) tell(ctx context.Context, fn string, m *kernel.CommMessage) error {
	p, err := h.r.ready()
	if err != nil {
		return err
	}
	texts, err := appendTokens([]string{m.Comm.ID}, m.Data)
	if err != nil {
		return err
	}
	_, err = p.message(ctx, m.Output, fn, texts, m.Buffers)
	return err
}
