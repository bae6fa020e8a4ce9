package kerneltest

import (
	"encoding/json"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// whileBusy calls f while Loop runs, and interrupts that.
func (l *languageTest) whileBusy(f func()) {
	l.t.Helper()
	r := l.start(l.s.Loop)
	l.beside = r
	f()
	l.beside = nil
	l.c.Kernel.Server.Interrupt()
	l.fails(r)
	l.stillWorks()
}

func (l *languageTest) commWhileBusy() {
	l.stillWorks() // it has started
	l.whileBusy(l.comm)
}

// comm opens a comm, has it answer two messages, and closes it.
func (l *languageTest) comm() {
	l.t.Helper()
	open := &jupyter.CommOpen{CommID: jupyter.NewID(), TargetName: l.s.CommTarget}
	l.silently(l.c.Request(jupyter.Shell, open))
	for range 2 {
		m := l.c.Request(jupyter.Shell, &jupyter.CommMsg{CommID: open.CommID, Data: json.RawMessage(`{"n":1}`)})
		l.c.ExpectBusy(m)
		// Its parent is the message, whatever else runs.
		answer := content[jupyter.CommMsg](l.c, l.c.Expect(m, jupyter.IOPub, jupyter.TypeCommMsg))
		if answer.CommID != open.CommID {
			l.t.Errorf("a message of comm %q was answered on comm %q", open.CommID, answer.CommID)
		}
		l.idle(m)
	}
	l.silently(l.c.Request(jupyter.Shell, &jupyter.CommClose{CommID: open.CommID}))
}

// silently expects nothing but busy and idle.
func (l *languageTest) silently(m *jupyter.Message) {
	l.t.Helper()
	l.c.ExpectBusy(m)
	l.idle(m)
}

func (l *languageTest) debugWhileBusy() {
	l.stillWorks() // it has started
	l.whileBusy(l.debug)
}

// debug sends a debug request. Events may come before its reply.
func (l *languageTest) debug() {
	l.t.Helper()
	r := l.c.Request(jupyter.Control, l.s.Debug)
	l.c.ExpectBusy(r)
	for l.c.NextType(jupyter.IOPub) == jupyter.TypeDebugEvent {
		l.c.Expect(r, jupyter.IOPub, jupyter.TypeDebugEvent)
	}
	reply := *content[jupyter.DebugReply](l.c, l.c.Expect(r, jupyter.Control, jupyter.TypeDebugReply))
	if reply["success"] != true || reply["command"] != l.s.Debug["command"] {
		l.t.Errorf("the reply to %v is %v", l.s.Debug, reply)
	}
	l.idle(r)
}

// subshell prints in a subshell while the main shell runs, interrupts what runs in
// the subshell by deleting it, and finds the main shell unharmed.
func (l *languageTest) subshell() {
	l.stillWorks() // it has started
	r := l.c.Request(jupyter.Control, &jupyter.CreateSubshellRequest{})
	l.c.ExpectBusy(r)
	id := content[jupyter.CreateSubshellReply](l.c, l.c.ExpectReply(r)).SubshellID
	l.c.ExpectIdle(r)
	l.whileBusy(func() {
		sub := l.executeIn(id, l.s.Print)
		l.c.ExpectStart(sub, 1)
		l.c.ExpectStream(sub, jupyter.Stdout, l.s.PrintText)
		l.end(sub, jupyter.StatusOK)
		sub = l.executeIn(id, l.s.Loop)
		l.c.ExpectStart(sub, 2)
		d := l.c.Request(jupyter.Control, &jupyter.DeleteSubshellRequest{SubshellID: id})
		// What the deletion ends is heard of between its busy and its idle, or after.
		l.c.Await(d, jupyter.IOPub, jupyter.TypeStatus)
		l.c.Await(d, jupyter.Control, jupyter.TypeDeleteSubshellReply)
		l.c.Await(d, jupyter.IOPub, jupyter.TypeStatus)
		l.c.Await(l.beside, jupyter.IOPub, jupyter.TypeStatus) // busy still
		l.fails(sub)
	})
}

// executeIn executes code in a subshell.
func (l *languageTest) executeIn(id, code string) *jupyter.Message {
	l.t.Helper()
	m, err := l.c.Session.New(nil, &jupyter.ExecuteRequest{Code: code, StoreHistory: true})
	if err != nil {
		l.t.Fatal(err)
	}
	m.Header.SubshellID = id
	l.c.Send(jupyter.Shell, m)
	return m
}
