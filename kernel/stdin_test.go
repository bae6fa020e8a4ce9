package kernel_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// done expects reply and idle.
func done(c *kerneltest.Client, r *jupyter.Message, status string) {
	c.ExpectReplyStatus(r, status)
	c.ExpectIdle(r)
}

// ranEmpty runs a cell without code, the count-th, and returns its request.
func ranEmpty(c *kerneltest.Client, count int) *jupyter.Message {
	r := c.Execute("")
	c.ExpectStart(r, count)
	done(c, r, "ok")
	return r
}

func TestK4Input(t *testing.T) { run(t, testK4Input) }

func testK4Input(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	r := c.Execute("out before\nask who?\nask and\nout after")
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", "before")
	p := c.ExpectPrompt(r, "who?")
	c.Answer(p, "Ada \u0000 𝄞")
	p2 := c.Await(r, jupyter.Stdin, jupyter.TypeInputRequest)
	c.Answer(p2, "")
	c.ExpectStream(r, "stdout", "<Ada \u0000 𝄞><>after")
	done(c, r, "ok")
}

func TestK4NotAllowed(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	r := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: "ask x"})
	c.ExpectStart(r, 0)
	c.ExpectError(r, "StdinNotAllowed", "this front end does not allow input requests")
	done(c, r, "error")
}

func TestK4OldFrontEndsAnswerWithoutParent(t *testing.T) { run(t, testK4WithoutParent) }

func testK4WithoutParent(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	c.Request(jupyter.Stdin, &jupyter.InputReply{Value: "nobody waits"})
	c.AwaitDropped(jupyter.Stdin, 1)
	r := c.Execute("ask x")
	c.ExpectStart(r, 1)
	c.ExpectPrompt(r, "x")
	c.Request(jupyter.Stdin, &jupyter.InputReply{Value: "yes"})
	c.ExpectStream(r, "stdout", "<yes>")
	done(c, r, "ok")
}

func TestK4AnswersOfOthersAreDropped(t *testing.T) { run(t, testK4Others) }

func testK4Others(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	d := c.Kernel.Connect(t)
	r := c.Execute("ask x")
	c.ExpectStart(r, 1)
	p := c.ExpectPrompt(r, "x")
	d.Answer(p, "from another client")
	d.Request(jupyter.Stdin, &jupyter.InputReply{Value: "from another client"})
	c.Answer(r, "to another request")
	c.SendUnchecked(jupyter.Stdin, rawRequest(c, "stream", `{"name":"stdout","text":"no answer at all"}`))
	c.SendFrames(jupyter.Stdin, [][]byte{[]byte("no message at all")})
	c.AwaitDropped(jupyter.Stdin, 5)
	c.Answer(p, "right")
	c.Answer(p, "twice") // late
	c.ExpectStream(r, "stdout", "<right>")
	done(c, r, "ok")
	c.AwaitDropped(jupyter.Stdin, 6)
}

func TestK4LateAnswersAreDropped(t *testing.T) { run(t, testK4Late) }

func testK4Late(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	r := c.Execute("ask first")
	c.ExpectStart(r, 1)
	late := c.ExpectPrompt(r, "first")
	c.Interrupt()
	c.ExpectError(r, "Interrupted", "the execution was interrupted")
	done(c, r, "error")

	r = c.Execute("ask second")
	c.ExpectStart(r, 2)
	p := c.ExpectPrompt(r, "second")
	c.Answer(late, "too late")
	c.AwaitDropped(jupyter.Stdin, 1)
	c.Answer(p, "in time")
	c.ExpectStream(r, "stdout", "<in time>")
	done(c, r, "ok")
}

func TestK4MalformedAnswersAreErrors(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	for content, want := range map[string]string{
		`{}`:                           "kernel: bad input_reply: content of input_reply: value is missing",
		`{"value":7}`:                  "kernel: bad input_reply: content of input_reply: value is a number, want a string",
		`{"status":"error"}`:           "kernel: bad input_reply: content of input_reply: value is missing",
		`[]`:                           "kernel: bad input_reply: content: not a JSON object",
		"{\"value\":\"\xff\"}":         "kernel: bad input_reply: content: not UTF-8",
		`{"value":"x"`:                 "kernel: bad input_reply: content: not JSON",
		`{"value":null,"status":"ok"}`: "kernel: bad input_reply: content of input_reply: value is missing",

		// As runtimelib writes it, whose error has a value too.
		`{"value":"","status":"error","ename":"E","evalue":"e","traceback":[]}`: "kernel: bad input_reply: content of input_reply: status is error",
	} {
		r := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: "ask x", AllowStdin: true})
		c.ExpectStart(r, 0)
		p := c.ExpectPrompt(r, "x")
		m := rawRequest(c, "input_reply", content)
		m.ParentHeader = p.RawHeader
		c.SendUnchecked(jupyter.Stdin, m)
		c.ExpectError(r, "Error", want)
		done(c, r, "error")
	}
}

func TestK4BadParentOfAnAnswer(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	r := c.Execute("ask x")
	c.ExpectStart(r, 1)
	c.ExpectPrompt(r, "x")
	m := rawRequest(c, "input_reply", `{"value":"x"}`)
	m.ParentHeader = json.RawMessage(`3`)
	c.SendUnchecked(jupyter.Stdin, m)
	c.ExpectError(r, "Error", "kernel: bad input_reply: parent_header: not a JSON object")
	done(c, r, "error")
}

func TestK4InterruptBeforeAndWhileAsking(t *testing.T) { run(t, testK4InterruptBefore) }

func testK4InterruptBefore(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	// A language that handled an interrupt may ask all the same; only an
	// interrupt that comes while it waits ends the wait.
	r := c.Execute("ask! a\nask! b\nask! c")
	c.ExpectStart(r, 1)
	c.ExpectPrompt(r, "a")
	c.Interrupt()
	c.ExpectStream(r, "stdout", "< kernel: interrupted>")
	p := c.ExpectPrompt(r, "b")
	c.Answer(p, "x")
	p = c.Await(r, jupyter.Stdin, jupyter.TypeInputRequest)
	c.Answer(p, "y")
	c.ExpectStream(r, "stdout", "<x <nil>><y <nil>>")
	done(c, r, "ok")
}

func TestK4InputAfterTheRequest(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	ranEmpty(c, 1)
	if _, err := l.lastRequest().Input(t.Context(), "x", false); err == nil {
		t.Error("Input after the end of the request: no error")
	}
}

// An asker is a language that asks and does not wait for the answer, as R when
// an interrupt ends a cell that asks.
type asker struct {
	*script
	asked chan error
}

func (l asker) Execute(_ context.Context, req *kernel.Request) (*kernel.Result, error) {
	go func() {
		_, err := req.Input(context.Background(), "x", false)
		l.asked <- err
	}()
	time.Sleep(time.Millisecond) // until it asks
	return nil, nil
}

func TestK4NoPromptAfterTheReply(t *testing.T) { synctest.Test(t, testK4NoPromptAfterTheReply) }

func testK4NoPromptAfterTheReply(t *testing.T) {
	l := asker{newScript(), make(chan error, 1)}
	c := kerneltest.Start(t, l, nil)
	c.Line(jupyter.IOPub).Stall() // the prompt waits for the output before it
	r := c.Execute("")
	c.ExpectReply(r)
	if err := <-l.asked; err != kernel.ErrNotRunning {
		t.Errorf("Input: %v, want %v", err, kernel.ErrNotRunning)
	}
	time.Sleep(2 * time.Second)
	c.Line(jupyter.IOPub).Resume()
	c.ExpectStart(r, 1)
	c.ExpectIdle(r)
}

func TestK4TheClientIsGone(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	d := c.Kernel.Connect(t)
	d.CloseLine(jupyter.Stdin)
	r := d.Execute("ask x")
	d.ExpectStart(r, 1)
	c.Interrupt()
	d.ExpectError(r, "Interrupted", "the execution was interrupted")
	done(d, r, "error")
}

func TestK4TheClientIsGoneAndTheKernelEnds(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	d := c.Kernel.Connect(t)
	r := d.Execute("ask x")
	d.ExpectStart(r, 1)
	d.ExpectPrompt(r, "x")
	d.CloseLine(jupyter.Stdin)
	s := shutdown(c, false)
	c.ExpectBusy(s)
	d.ExpectError(r, "Shutdown", "the kernel is shutting down")
	done(d, r, "error")
	expectShutdown(c, s)
}

func TestK4TheClientConnectsStdinLate(t *testing.T) { run(t, testK4LateStdin) }

func testK4LateStdin(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.StartKernel(t, newScript(), opt).Connect(t, jupyter.Stdin)
	r := c.Execute("ask x")
	c.ExpectStart(r, 1)
	c.Redial(jupyter.Stdin)
	p := c.ExpectPrompt(r, "x")
	c.Answer(p, "here")
	c.ExpectStream(r, "stdout", "<here>")
	done(c, r, "ok")
}
