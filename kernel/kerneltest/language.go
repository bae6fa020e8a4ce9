package kerneltest

import (
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// Samples are programs of a language, for [TestLanguage]. What a language
// cannot do is left empty.
type Samples struct {
	// Print prints PrintText on stdout and has no value.
	Print, PrintText string

	// Value has a value that is shown as ValueText.
	Value, ValueText string

	// Fail is an error.
	Fail string

	// FailThenPrint is an error, after which it would print.
	FailThenPrint string

	// Ask asks with AskPrompt and prints the answer on stdout, as it is.
	Ask, AskPrompt string

	// Loop runs until it is interrupted, and shows nothing. While it runs,
	// subshells, comms and the debugger are tested, of languages that have them.
	Loop string

	// CommTarget is a target of comms that answer every message of the front end
	// with one of their own.
	CommTarget string

	// Debug is a request of the Debug Adapter Protocol that succeeds.
	Debug jupyter.DebugRequest
}

// TestLanguage tests that a language obeys the rules of [kernel.Language].
// newLanguage is called for each test, and once to see what the language can do.
func TestLanguage(t *testing.T, newLanguage func() kernel.Language, s Samples) {
	lang := newLanguage()
	_, subshells := lang.(kernel.Subsheller)
	_, debugs := lang.(kernel.Debugger)
	comms, ok := lang.(kernel.ConcurrentCommOpener)
	concurrent := ok && comms.ConcurrentComms()
	for _, tt := range []struct {
		name string
		test func(*languageTest)
		can  bool // what the test needs is there
	}{
		{"Info", (*languageTest).info, true},
		{"Empty", (*languageTest).empty, true},
		{"Print", (*languageTest).print, s.Print != ""},
		{"Value", (*languageTest).value, s.Value != ""},
		{"Fail", (*languageTest).fail, s.Fail != ""},
		{"FailThenPrint", (*languageTest).failThenPrint, s.FailThenPrint != ""},
		{"Silent", (*languageTest).silent, s.Print != ""},
		{"Ask", (*languageTest).ask, s.Ask != ""},
		{"AskNotAllowed", (*languageTest).askNotAllowed, s.Ask != ""},
		{"AskInterrupted", (*languageTest).askInterrupted, s.Ask != ""},
		{"Interrupt", (*languageTest).interrupt, s.Loop != ""},
		{"Shutdown", (*languageTest).shutdown, s.Loop != ""},
		{"Optional", (*languageTest).optional, s.Value != ""},
		{"Comm", (*languageTest).comm, s.CommTarget != ""},
		{"CommWhileBusy", (*languageTest).commWhileBusy, concurrent && s.CommTarget != "" && s.Loop != ""},
		{"Debug", (*languageTest).debug, debugs && s.Debug != nil},
		{"DebugWhileBusy", (*languageTest).debugWhileBusy, debugs && s.Debug != nil && s.Loop != ""},
		{"Subshell", (*languageTest).subshell, subshells && s.Print != "" && s.Loop != ""},
	} {
		if !tt.can {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			// Not the kernel is to end what the language does not.
			opt := &Options{Config: &kernel.Config{ShutdownGrace: 2 * patience}}
			c := Start(t, newLanguage(), opt)
			// What it prints while it starts is thrown away, and would have the
			// parent of a request that waits for it.
			c.discardUnasked()
			if tt.name != "Info" {
				c.AwaitStats(func(s kernel.Stats) bool { return !s.Starting })
			}
			tt.test(&languageTest{t: t, c: c, s: s})
		})
	}
}

// A languageTest is one test of a language.
type languageTest struct {
	t     *testing.T
	c     *Client
	s     Samples
	count int

	beside *jupyter.Message // what runs beside all else, or nil
}

// start executes code and expects its busy and its input.
func (l *languageTest) start(code string) *jupyter.Message {
	l.t.Helper()
	l.count++
	r := l.c.Execute(code)
	l.c.ExpectStart(r, l.count)
	return r
}

// end expects the reply and the idle.
func (l *languageTest) end(r *jupyter.Message, status string) {
	l.t.Helper()
	l.c.ExpectReplyStatus(r, status)
	l.idle(r)
}

// idle expects the idle of r, and to hear that the kernel is busy still if
// something else runs.
func (l *languageTest) idle(r *jupyter.Message) {
	l.t.Helper()
	l.c.ExpectIdle(r)
	if l.beside != nil {
		l.c.ExpectBusy(l.beside)
	}
}

// fails expects an error, whichever, and the end.
func (l *languageTest) fails(r *jupyter.Message) {
	l.t.Helper()
	e := content[jupyter.Error](l.c, l.c.Expect(r, jupyter.IOPub, jupyter.TypeError))
	if e.EName == "" || len(e.Traceback) == 0 {
		l.t.Errorf("the error %+v has no name or no traceback", e.ErrorInfo)
	}
	l.end(r, jupyter.StatusError)
}

// stillWorks expects the language to work, after something else.
func (l *languageTest) stillWorks() {
	l.t.Helper()
	if l.s.Print != "" {
		l.print()
	}
}

func (l *languageTest) info() {
	r := l.c.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
	l.c.ExpectBusy(r)
	i := content[jupyter.KernelInfoReply](l.c, l.c.ExpectReply(r))
	l.c.ExpectIdle(r)
	if i.Implementation == "" || i.LanguageInfo.Name == "" || i.LanguageInfo.FileExtension == "" {
		l.t.Errorf("Info has no implementation, language name or file extension: %+v", i)
	}
}

func (l *languageTest) empty() { l.end(l.start(""), jupyter.StatusOK) }

func (l *languageTest) print() {
	l.t.Helper()
	r := l.start(l.s.Print)
	l.c.ExpectStream(r, jupyter.Stdout, l.s.PrintText)
	l.end(r, jupyter.StatusOK)
}

func (l *languageTest) value() {
	r := l.start(l.s.Value)
	l.c.ExpectResult(r, l.s.ValueText)
	l.end(r, jupyter.StatusOK)
}

func (l *languageTest) fail() {
	l.fails(l.start(l.s.Fail))
	l.stillWorks()
}

func (l *languageTest) failThenPrint() { l.fails(l.start(l.s.FailThenPrint)) }

func (l *languageTest) silent() {
	r := l.c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: l.s.Print, Silent: true})
	l.c.ExpectBusy(r)
	l.end(r, jupyter.StatusOK)
	l.stillWorks()
}

func (l *languageTest) ask() {
	for _, answer := range []string{"Ada", "é 𝄞", "Ada"} {
		r := l.start(l.s.Ask)
		l.c.Answer(l.c.ExpectPrompt(r, l.s.AskPrompt), answer)
		l.c.ExpectStream(r, jupyter.Stdout, answer)
		l.end(r, jupyter.StatusOK)
	}
}

func (l *languageTest) askNotAllowed() {
	r := l.c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: l.s.Ask})
	l.c.ExpectStart(r, 0)
	l.fails(r)
	l.stillWorks()
}

func (l *languageTest) askInterrupted() {
	r := l.start(l.s.Ask)
	late := l.c.ExpectPrompt(r, l.s.AskPrompt)
	l.c.Kernel.Server.Interrupt()
	l.fails(r)
	r = l.start(l.s.Ask)
	p := l.c.ExpectPrompt(r, l.s.AskPrompt)
	l.c.Answer(late, "too late")
	l.c.Answer(p, "in time")
	l.c.ExpectStream(r, jupyter.Stdout, "in time")
	l.end(r, jupyter.StatusOK)
}

func (l *languageTest) interrupt() {
	l.stillWorks() // it has started: what it says when that is interrupted is its own affair
	for range 3 {
		l.c.Kernel.Server.Interrupt() // when nothing runs
		r := l.start(l.s.Loop)
		l.c.Kernel.Server.Interrupt()
		l.fails(r)
	}
	l.stillWorks()
}

func (l *languageTest) shutdown() {
	r := l.start(l.s.Loop)
	s := l.c.Request(jupyter.Control, &jupyter.ShutdownRequest{})
	l.c.ExpectBusy(s)
	l.c.Await(r, jupyter.Shell, jupyter.TypeExecuteReply)
	l.c.Await(s, jupyter.Control, jupyter.TypeShutdownReply)
	select {
	case <-l.c.Kernel.Done():
	case <-time.After(patience):
		l.t.Errorf("the kernel does not end while a program runs")
	}
	l.c.Forget()
}

// optional asks for what a language may leave out: there is a reply of the right
// form in any case.
func (l *languageTest) optional() {
	n := len([]rune(l.s.Value))
	for _, c := range []jupyter.Content{
		&jupyter.CompleteRequest{Code: l.s.Value, CursorPos: n},
		&jupyter.InspectRequest{Code: l.s.Value, CursorPos: n},
		&jupyter.HistoryRequest{AccessType: jupyter.HistoryTail, N: 1},
		&jupyter.CommInfoRequest{},
	} {
		r := l.c.Request(jupyter.Shell, c)
		l.c.ExpectBusy(r)
		m := l.c.ExpectReply(r)
		if reply, ok := l.parse(m).(*jupyter.CompleteReply); ok &&
			(reply.CursorStart < 0 || reply.CursorStart > reply.CursorEnd || reply.CursorEnd > n) {
			l.t.Errorf("completion from %d to %d in %q", reply.CursorStart, reply.CursorEnd, l.s.Value)
		}
		l.c.ExpectIdle(r)
	}
	r := l.c.Request(jupyter.Shell, &jupyter.IsCompleteRequest{Code: l.s.Value})
	l.c.ExpectBusy(r)
	reply := content[jupyter.IsCompleteReply](l.c, l.c.Expect(r, jupyter.Shell, jupyter.TypeIsCompleteReply))
	if reply.Status != "complete" && reply.Status != "unknown" {
		l.t.Errorf("%q is %s", l.s.Value, reply.Status)
	}
	l.c.ExpectIdle(r)
}

// parse returns the content of m.
func (l *languageTest) parse(m *jupyter.Message) jupyter.Content {
	l.t.Helper()
	c, err := m.Parse()
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}
