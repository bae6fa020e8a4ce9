package kernel_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// A panicker is a script whose other methods panic.
type panicker struct {
	*script
	start bool
	info  atomic.Bool
}

func (l *panicker) Info() kernel.Info {
	if l.info.Load() {
		panic("no info")
	}
	return l.script.Info()
}

func (l *panicker) Start(ctx context.Context, out *kernel.Output) error {
	if l.start {
		panic("no start")
	}
	return l.script.Start(ctx, out)
}

func (*panicker) Evaluate(context.Context, string) (jupyter.MIMEBundle, error) { panic("no value") }

func (*panicker) Interrupt(*kernel.Request) { panic("no interrupt") }

func (*panicker) Shutdown(context.Context, bool) error { panic("no shutdown") }

func (*panicker) OpenComm(context.Context, *kernel.CommMessage) (kernel.CommHandler, error) {
	panic("no comm")
}

func (*panicker) OpenSubshell(string) error { return nil }

func (*panicker) CloseSubshell(string) { panic("no end of a subshell") }

func TestAPanicOfTheLanguageEndsOneRequest(t *testing.T) {
	l := &panicker{script: newScript()}
	c := kerneltest.Start(t, l, nil)

	cell := c.Execute("wait")
	c.ExpectStart(cell, 1)
	c.Interrupt()
	c.ExpectError(cell, "Interrupted", "the execution was interrupted")
	done(c, cell, "error")

	comm := c.Request(jupyter.Shell, &jupyter.CommOpen{CommID: "1", TargetName: "x"})
	c.ExpectBusy(comm)
	c.Expect(comm, jupyter.IOPub, jupyter.TypeCommClose)
	c.ExpectIdle(comm)

	sub := c.Request(jupyter.Control, &jupyter.DeleteSubshellRequest{SubshellID: createSubshell(c)})
	c.ExpectBusy(sub)
	done(c, sub, "ok")

	l.info.Store(true)
	for _, ch := range []jupyter.Channel{jupyter.Control, jupyter.Shell} {
		r := c.Request(ch, &jupyter.KernelInfoRequest{})
		c.ExpectBusy(r)
		done(c, r, "error")
	}

	cell = c.Request(jupyter.Shell, &jupyter.ExecuteRequest{
		Code: "out x", StoreHistory: true, UserExpressions: map[string]string{"a": "1"},
	})
	c.ExpectStart(cell, 2)
	c.ExpectStream(cell, "stdout", "x")
	m := c.ExpectReplyStatus(cell, "ok")
	if !strings.Contains(string(m.Content), `"a":{"status":"error","ename":"Panic","evalue":"no value"`) {
		t.Errorf("execute_reply = %s", m.Content)
	}
	c.ExpectIdle(cell)
	s := shutdown(c, false)
	c.ExpectBusy(s)
	expectShutdown(c, s)
}

func TestAPanicInStartIsTheErrorOfEveryRequest(t *testing.T) {
	c := kerneltest.Start(t, &panicker{script: newScript(), start: true}, nil)
	for n := range 2 {
		r := c.Execute("out x")
		c.ExpectStart(r, n+1)
		c.ExpectError(r, "Panic", "no start")
		done(c, r, "error")
	}
}
