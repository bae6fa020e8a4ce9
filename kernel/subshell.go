package kernel

import (
	"context"
	"slices"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

const (
	// maxSubshells bounds the subshells of a kernel: each costs a goroutine, and
	// in most languages a thread.
	maxSubshells = 1000

	// subshellHistory is how many inputs of a subshell are kept; its history ends
	// with it.
	subshellHistory = 1000
)

// A Subsheller can run several requests at the same time, each in a subshell
// of its own (JEP 91). Only where the language is one does the kernel say that
// it has subshells.
//
// The methods of the language are then called one at a time and in order for
// each subshell, but at the same time for different ones. [SubshellID] tells
// which one a context is for. An interrupt is for the main shell, as in
// ipykernel, unless the interrupt_request names a subshell in its header.
type Subsheller interface {
	// OpenSubshell is called before the first request of a new subshell. With an
	// error there is none. It must not block.
	OpenSubshell(id string) error

	// CloseSubshell is called when a subshell was deleted and its last request
	// has ended.
	CloseSubshell(id string)
}

// subshellKey is the key of the id of a subshell in a context.
type subshellKey struct{}

// SubshellID returns the id of the subshell that ctx, which the language was
// called with, belongs to. That of the main shell is empty.
func SubshellID(ctx context.Context) string {
	id, _ := ctx.Value(subshellKey{}).(string)
	return id
}

// hasSubshells reports whether the language is a Subsheller.
func (s *Server) hasSubshells() bool {
	_, ok := s.lang.(Subsheller)
	return ok
}

// laneOf returns the lane of the subshell that m names, or nil if there is none.
// Without subshells the name means nothing: "Any use of a subshell_id field in a
// message will be ignored."
func (s *Server) laneOf(m *jupyter.Message) *lane {
	if m.Header.SubshellID == "" || !s.hasSubshells() {
		return s.lanes.main
	}
	return s.lanes.subshell(m.Header.SubshellID)
}

// subshells serves the control messages about subshells.
func (s *Server) subshells(in *incoming, c jupyter.Content) jupyter.Content {
	lang, ok := s.lang.(Subsheller)
	if !ok {
		return s.badRequest(in, "this kernel has no subshells")
	}
	switch c := c.(type) {
	case *jupyter.CreateSubshellRequest:
		var id string
		err := s.guard(func() (err error) { id, err = s.createSubshell(lang); return err })
		if err != nil {
			return s.errorReply(in, errorInfo(s.langCtx, err))
		}
		return &jupyter.CreateSubshellReply{Status: jupyter.StatusOK, SubshellID: id}
	case *jupyter.DeleteSubshellRequest:
		l := s.lanes.subshell(c.SubshellID)
		if l == nil {
			return s.badRequest(in, "there is no subshell %q", c.SubshellID)
		}
		s.deleteSubshell(l, in)
		return &jupyter.DeleteSubshellReply{Status: jupyter.StatusOK}
	}
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	r := &jupyter.ListSubshellReply{Status: jupyter.StatusOK}
	for _, l := range s.lanes.subshells {
		r.SubshellID = append(r.SubshellID, l.id)
	}
	return r
}

// createSubshell makes a subshell and returns its id.
func (s *Server) createSubshell(lang Subsheller) (string, error) {
	s.lanes.mu.Lock()
	n := len(s.lanes.subshells)
	s.lanes.mu.Unlock()
	if n >= maxSubshells {
		return "", &Error{Name: "TooManySubshells", Value: "there are too many subshells: delete some"}
	}
	l := newLane(jupyter.NewID(), NewMemoryHistory(subshellHistory, 0))
	if err := lang.OpenSubshell(l.id); err != nil {
		return "", err
	}
	if !s.lanes.run(l, s.serveSubshell) {
		lang.CloseSubshell(l.id)
		return "", ErrShutdown
	}
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	s.lanes.subshells = append(s.lanes.subshells, l)
	return l.id, nil
}

// deleteSubshell ends a subshell because of in: what runs there is interrupted, and
// what waits is answered, by its own goroutine.
func (s *Server) deleteSubshell(l *lane, in *incoming) {
	s.lanes.mu.Lock()
	s.lanes.subshells = slices.DeleteFunc(s.lanes.subshells, func(m *lane) bool { return l == m })
	s.lanes.mu.Unlock()
	close(l.endc)
	s.interrupt(l, in)
}

// serveSubshell serves the requests of a subshell.
func (s *Server) serveSubshell(l *lane) {
	s.serveLane(l)
	select {
	case <-l.endc:
	default:
		return // the kernel ends, and the language with it
	}
	for _, in := range l.end() {
		s.unqueue(in)
		s.refuse(in, errSubshellDeleted)
	}
	s.lanes.forget(l)
	_ = s.guard(func() error { s.lang.(Subsheller).CloseSubshell(l.id); return nil })
}
