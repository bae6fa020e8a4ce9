package kernel

import "github.com/adrastea-kernel/adrastea/jupyter"

// serveControl serves the control channel. It never waits for the language
// (K1).
func (s *Server) serveControl() {
	for {
		select {
		case m, ok := <-s.sockets[jupyter.Control].Recv():
			if !ok {
				s.socketFailed(jupyter.Control)
				return
			}
			if in := s.receive(jupyter.Control, m); in != nil {
				s.handleControl(in)
			}
		case <-s.stopc:
			return
		}
	}
}

// handleControl answers one message, between its busy and its idle (K2).
func (s *Server) handleControl(in *incoming) {
	if l := s.lanes.beside(in.msg.Header.MsgType); l != nil && s.enqueue(l, in) {
		return // it may take its time
	}
	s.publishStatus(in, jupyter.StateBusy)
	c, reply := s.parse(in)
	switch c := c.(type) {
	case nil:
	case *jupyter.KernelInfoRequest:
		reply = s.kernelInfo(in)
	case *jupyter.InterruptRequest:
		reply = s.interruptRequested(in)
	case *jupyter.ShutdownRequest:
		s.shutdownRequested(in, c)
		return // its reply and its idle come at the end (K9)
	case *jupyter.CreateSubshellRequest, *jupyter.DeleteSubshellRequest, *jupyter.ListSubshellRequest:
		reply = s.subshells(in, c)
	case *jupyter.DebugRequest:
		reply = s.debug(s.langCtx, in, *c) // there is no debugger, or it has ended
	default:
		reply = s.badRequest(in, "%s is not served on the control channel", in.msg.Header.MsgType)
	}
	s.reply(in, reply)
	s.idle(in)
}

// kernelInfo says what the kernel is. What it says about the protocol is what
// the framework really does.
func (s *Server) kernelInfo(in *incoming) jupyter.Content {
	var i Info
	if err := s.guard(func() error { i = s.lang.Info(); return nil }); err != nil {
		return s.errorReply(in, errorInfo(s.langCtx, err))
	}
	return &jupyter.KernelInfoReply{
		Status:                jupyter.StatusOK,
		ProtocolVersion:       jupyter.ProtocolVersion,
		Implementation:        i.Implementation,
		ImplementationVersion: i.ImplementationVersion,
		LanguageInfo:          i.Language,
		Banner:                i.Banner,
		HelpLinks:             i.HelpLinks,
		Debugger:              s.lanes.debug != nil,
		SupportedFeatures:     s.features(),
	}
}

// features are the optional features that are really there (JEP 92).
func (s *Server) features() []string {
	f := []string{jupyter.FeatureIOPubWelcome}
	if s.hasSubshells() {
		f = append(f, jupyter.FeatureSubshells)
	}
	if s.lanes.debug != nil {
		f = append(f, jupyter.FeatureDebugger)
	}
	return f
}

// interruptRequested interrupts the main shell or the subshell that in names.
func (s *Server) interruptRequested(in *incoming) jupyter.Content {
	l := s.laneOf(in.msg)
	if l == nil {
		return s.badRequest(in, "there is no subshell %q", in.msg.Header.SubshellID)
	}
	if l == s.lanes.main {
		s.interruptMain(in)
	} else {
		s.interrupt(l, in)
	}
	return &jupyter.InterruptReply{Status: jupyter.StatusOK}
}
