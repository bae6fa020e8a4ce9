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
	s.publishStatus(in, jupyter.StateBusy)
	c, reply := s.parse(in)
	switch c := c.(type) {
	case nil:
	case *jupyter.KernelInfoRequest:
		reply = s.kernelInfo(in)
	case *jupyter.InterruptRequest:
		s.Interrupt()
		reply = &jupyter.InterruptReply{Status: jupyter.StatusOK}
	case *jupyter.ShutdownRequest:
		s.shutdownRequested(in, c)
		return // its reply and its idle come at the end (K9)
	case *jupyter.DebugRequest:
		reply = s.noDebugger(*c)
	default:
		reply = s.badRequest(in, "%s is not served on the control channel", in.msg.Header.MsgType)
	}
	s.reply(in, reply)
	s.idle(in)
}

// noDebugger is the reply to a debug_request, in the form of the Debug Adapter
// Protocol and in that of Jupyter.
func (s *Server) noDebugger(c jupyter.DebugRequest) jupyter.Content {
	const message = "this kernel has no debugger"
	return jupyter.DebugReply{
		"type": "response", "success": false, "message": message,
		"command": c["command"], "request_seq": c["seq"],
		"status": jupyter.StatusError, "ename": "NotSupported", "evalue": message,
		"traceback": []string{},
	}
}

// kernelInfo says what the kernel is. What it says about the protocol is what
// the framework really does.
func (s *Server) kernelInfo(in *incoming) (reply jupyter.Content) {
	var err error
	defer func() {
		if err != nil {
			reply = s.errorReply(in, errorInfo(s.langCtx, err))
		}
	}()
	defer s.recoverPanic(&err)
	i := s.lang.Info()
	return &jupyter.KernelInfoReply{
		Status:                jupyter.StatusOK,
		ProtocolVersion:       jupyter.ProtocolVersion,
		Implementation:        i.Implementation,
		ImplementationVersion: i.ImplementationVersion,
		LanguageInfo:          i.Language,
		Banner:                i.Banner,
		HelpLinks:             i.HelpLinks,
		SupportedFeatures:     []string{jupyter.FeatureIOPubWelcome},
	}
}
