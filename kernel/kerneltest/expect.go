package kerneltest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// Request sends a message with content on ch and returns it.
func (c *Client) Request(ch jupyter.Channel, content jupyter.Content) *jupyter.Message {
	c.t.Helper()
	m, err := c.Session.New(nil, content)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Send(ch, m)
	return m
}

// Send sends m on ch. It fails the test if the protocol knows no such message.
func (c *Client) Send(ch jupyter.Channel, m *jupyter.Message) {
	c.t.Helper()
	if err := CheckMessage(ch, m); err != nil {
		c.t.Errorf("the client sends on %v %s: %v; what is meant to be wrong is for SendUnchecked", ch, describe(m), err)
	}
	c.SendUnchecked(ch, m)
}

// SendUnchecked sends m on ch, whether the protocol knows such a message or not:
// for tests of what a kernel makes of it.
func (c *Client) SendUnchecked(ch jupyter.Channel, m *jupyter.Message) {
	c.t.Helper()
	frames, err := c.codec.Encode(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	c.sent[m.Header.MsgID] = ch
	c.mu.Unlock()
	c.SendFrames(ch, frames)
}

// SendFrames sends frames on ch, whatever they are.
func (c *Client) SendFrames(ch jupyter.Channel, frames [][]byte) {
	c.t.Helper()
	if err := c.lines[ch].Send(frames); err != nil {
		c.t.Fatal(err)
	}
}

// Line returns the connection to ch, in memory.
func (c *Client) Line(ch jupyter.Channel) *Conn { return c.lines[ch].(*Conn) }

// Heartbeat sends a ping and waits for its echo, which has to be the next one.
func (c *Client) Heartbeat(ping []byte) {
	c.t.Helper()
	c.SendFrames(jupyter.Heartbeat, [][]byte{{}, ping})
	if got := c.nextBeat(); !bytes.Equal(got, ping) {
		c.t.Fatalf("heartbeat echoes %q, want %q", got, ping)
	}
}

// AwaitHeartbeat sends a ping and waits for its echo, whatever else comes before
// it.
func (c *Client) AwaitHeartbeat(ping []byte) {
	c.t.Helper()
	c.SendFrames(jupyter.Heartbeat, [][]byte{{}, ping})
	for !bytes.Equal(c.nextBeat(), ping) {
	}
}

// nextBeat returns the next echo.
func (c *Client) nextBeat() []byte {
	c.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		c.mu.Lock()
		if len(c.beats) > 0 {
			beat := c.beats[0]
			c.beats = c.beats[1:]
			c.mu.Unlock()
			c.wake() // the notification may have been for another
			return beat
		}
		c.mu.Unlock()
		select {
		case <-c.notify:
		case <-timeout.C:
			c.t.Fatal("no heartbeat")
		}
	}
}

// Execute sends an execute_request as most front ends would.
func (c *Client) Execute(code string) *jupyter.Message {
	c.t.Helper()
	return c.Request(jupyter.Shell, &jupyter.ExecuteRequest{
		Code: code, StoreHistory: true, AllowStdin: true, StopOnError: true,
	})
}

// Interrupt interrupts the kernel by message and takes the three answers to
// that. What the interrupt does to another request may come between them, and
// stays to be read.
func (c *Client) Interrupt() {
	c.t.Helper()
	r := c.Request(jupyter.Control, &jupyter.InterruptRequest{})
	c.Await(r, jupyter.IOPub, jupyter.TypeStatus)
	c.Await(r, jupyter.Control, jupyter.TypeInterruptReply)
	c.Await(r, jupyter.IOPub, jupyter.TypeStatus)
}

// Answer sends an input_reply to req, an input_request.
func (c *Client) Answer(req *jupyter.Message, value string) {
	c.t.Helper()
	parent, err := req.HeaderJSON()
	if err != nil {
		c.t.Fatal(err)
	}
	m, err := c.Session.New(parent, &jupyter.InputReply{Value: value})
	if err != nil {
		c.t.Fatal(err)
	}
	c.Send(jupyter.Stdin, m)
}

// expect takes the next message on ch, which has to be of type typ and caused
// by the message with id parent.
func (c *Client) expect(ch jupyter.Channel, typ, parent string) *jupyter.Message {
	c.t.Helper()
	m := c.Next(ch)
	if m.Header.MsgType != typ {
		c.t.Fatalf("on %v came %s, want %s", ch, describe(m), typ)
	}
	if got := parentOf(m); got != parent {
		c.t.Fatalf("%s has parent %q, want %q", describe(m), got, parent)
	}
	return m
}

// Expect takes the next message on ch, which has to be of type typ and caused
// by req.
func (c *Client) Expect(req *jupyter.Message, ch jupyter.Channel, typ string) *jupyter.Message {
	c.t.Helper()
	return c.expect(ch, typ, req.Header.MsgID)
}

// content decodes the content of m.
func content[T any, P interface {
	*T
	jupyter.Content
}](c *Client, m *jupyter.Message) *T {
	c.t.Helper()
	v, err := jupyter.Decode[T, P](m)
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

func (c *Client) expectStatus(parent, state string) {
	c.t.Helper()
	m := c.expect(jupyter.IOPub, jupyter.TypeStatus, parent)
	if got := content[jupyter.Status](c, m).ExecutionState; got != state {
		c.t.Fatalf("status %q, want %q", got, state)
	}
}

// ExpectBusy expects the kernel to be busy with req.
func (c *Client) ExpectBusy(req *jupyter.Message) {
	c.t.Helper()
	c.expectStatus(req.Header.MsgID, jupyter.StateBusy)
}

// ExpectIdle expects the kernel to be done with req.
func (c *Client) ExpectIdle(req *jupyter.Message) {
	c.t.Helper()
	c.expectStatus(req.Header.MsgID, jupyter.StateIdle)
}

// ExpectInput expects the execute_input of req.
func (c *Client) ExpectInput(req *jupyter.Message, code string, count int) {
	c.t.Helper()
	got := content[jupyter.ExecuteInput](c, c.Expect(req, jupyter.IOPub, jupyter.TypeExecuteInput))
	if got.Code != code || got.ExecutionCount != count {
		c.t.Fatalf("execute_input %+v, want %q, %d", got, code, count)
	}
}

// ExpectStart expects busy and execute_input.
func (c *Client) ExpectStart(req *jupyter.Message, count int) {
	c.t.Helper()
	c.ExpectBusy(req)
	c.ExpectInput(req, content[jupyter.ExecuteRequest](c, req).Code, count)
}

// ExpectStream expects text on a stream, in one message or several.
func (c *Client) ExpectStream(req *jupyter.Message, name, text string) {
	c.t.Helper()
	var got strings.Builder
	for got.Len() < len(text) {
		s := content[jupyter.Stream](c, c.Expect(req, jupyter.IOPub, jupyter.TypeStream))
		if s.Name != name {
			c.t.Fatalf("text %.300q on %s, want %.300q on %s", s.Text, s.Name, text, name)
		}
		got.WriteString(s.Text)
	}
	if got.String() != text {
		c.t.Fatalf("text %.300q on %s, want %.300q", got.String(), name, text)
	}
}

// ExpectResult expects an execute_result whose plain text is text.
func (c *Client) ExpectResult(req *jupyter.Message, text string) {
	c.t.Helper()
	got := content[jupyter.ExecuteResult](c, c.Expect(req, jupyter.IOPub, jupyter.TypeExecuteResult))
	if got.Data["text/plain"] != text {
		c.t.Fatalf("result %v, want %q", got.Data, text)
	}
}

// ExpectError expects an error.
func (c *Client) ExpectError(req *jupyter.Message, ename, evalue string) {
	c.t.Helper()
	got := content[jupyter.Error](c, c.Expect(req, jupyter.IOPub, jupyter.TypeError))
	if got.EName != ename || got.EValue != evalue {
		c.t.Fatalf("error %s: %s, want %s: %s", got.EName, got.EValue, ename, evalue)
	}
}

// ExpectPrompt expects an input_request and returns it.
func (c *Client) ExpectPrompt(req *jupyter.Message, prompt string) *jupyter.Message {
	c.t.Helper()
	m := c.Expect(req, jupyter.Stdin, jupyter.TypeInputRequest)
	if got := content[jupyter.InputRequest](c, m).Prompt; got != prompt {
		c.t.Fatalf("prompt %q, want %q", got, prompt)
	}
	return m
}

// ExpectReply expects the reply to req, with status ok, on the channel to which
// req was sent, and returns it.
func (c *Client) ExpectReply(req *jupyter.Message) *jupyter.Message {
	c.t.Helper()
	return c.ExpectReplyStatus(req, jupyter.StatusOK)
}

// ExpectReplyStatus expects the reply to req, with a status, and returns it.
func (c *Client) ExpectReplyStatus(req *jupyter.Message, status string) *jupyter.Message {
	c.t.Helper()
	typ := jupyter.ReplyType(req.Header.MsgType)
	c.mu.Lock()
	ch := c.sent[req.Header.MsgID]
	c.mu.Unlock()
	m := c.Expect(req, ch, typ)
	if !strings.Contains(string(m.Content), `"status":"`+status+`"`) {
		c.t.Fatalf("%s, want status %s", describe(m), status)
	}
	return m
}

// Await takes the first message on ch that is of type typ and caused by req,
// whatever else came before it.
func (c *Client) Await(req *jupyter.Message, ch jupyter.Channel, typ string) *jupyter.Message {
	c.t.Helper()
	r := c.await(func(r received) bool {
		return r.ch == ch && r.msg.Header.MsgType == typ && parentOf(r.msg) == req.Header.MsgID
	})
	if r == nil {
		c.t.Fatalf("no %s came on %v", typ, ch)
	}
	return r.msg
}

// AwaitStats returns when ok holds for the statistics of the server, which is
// how a test knows that the kernel has seen what has no visible effect.
func (c *Client) AwaitStats(ok func(kernel.Stats) bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !ok(c.Kernel.Server.Stats()); {
		if time.Now().After(deadline) {
			c.t.Fatalf("the server is stuck at %+v", c.Kernel.Server.Stats())
		}
		time.Sleep(time.Millisecond)
	}
}

// AwaitDropped returns when the kernel has dropped n messages on ch.
func (c *Client) AwaitDropped(ch jupyter.Channel, n int) {
	c.t.Helper()
	c.AwaitStats(func(s kernel.Stats) bool { return s.Dropped[ch] >= n })
}

// AwaitWaiting returns when n requests wait for their turn in the kernel.
func (c *Client) AwaitWaiting(n int) {
	c.t.Helper()
	c.AwaitStats(func(s kernel.Stats) bool { return s.Waiting == n })
}

// CloseLine closes the connection to ch, Redial makes it anew.
func (c *Client) CloseLine(ch jupyter.Channel) {
	c.t.Helper()
	if err := c.lines[ch].Close(); err != nil {
		c.t.Fatal(err)
	}
}

// Redial connects to ch again, with the same routing id.
func (c *Client) Redial(ch jupyter.Channel) {
	c.t.Helper()
	if err := c.dial(ch); err != nil {
		c.t.Fatal(err)
	}
}

// Unread returns the number of messages that nobody has read so far.
func (c *Client) Unread() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.inbox)
}

// Forget throws away what nobody has read.
func (c *Client) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = nil
}

// NextOf returns the next message on any of chs.
func (c *Client) NextOf(chs ...jupyter.Channel) (jupyter.Channel, *jupyter.Message) {
	c.t.Helper()
	r := c.await(func(r received) bool { return slices.Contains(chs, r.ch) })
	if r == nil {
		c.t.Fatalf("no message came on %v", chs)
	}
	return r.ch, r.msg
}

// Discard has the client throw away what comes from now on, and what came.
func (c *Client) Discard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox, c.discard = nil, true
}

// NextType returns the type of the next message on ch without taking it.
func (c *Client) NextType(ch jupyter.Channel) (typ string) {
	c.t.Helper()
	ready := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.IndexFunc(c.inbox, func(r received) bool { return r.ch == ch })
		if i >= 0 {
			typ = c.inbox[i].msg.Header.MsgType
		}
		return i >= 0
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for !ready() {
		select {
		case <-c.notify:
		case <-timeout.C:
			c.t.Fatalf("no message came on %v", ch)
		}
	}
	return typ
}
