//go:build linux

package rkernel

import (
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// typing are requests for code that a user types, and what of the reply is known
// without R.
var typing = []struct {
	request jupyter.Content
	want    string
}{
	{&jupyter.CompleteRequest{Code: "mea", CursorPos: 3}, `"matches":[],"cursor_start":3,"cursor_end":3`},
	{&jupyter.InspectRequest{Code: "mean", CursorPos: 4}, `"found":false`},
	{&jupyter.IsCompleteRequest{Code: "f <- function() {"}, `"status":"incomplete","indent":"  "`},
	{&jupyter.IsCompleteRequest{Code: "'a"}, `"status":"incomplete"`},
	{&jupyter.IsCompleteRequest{Code: "1 + # c"}, `"status":"incomplete"`},
	{&jupyter.IsCompleteRequest{Code: "mean(1)"}, `"status":"unknown"`},
	{&jupyter.IsCompleteRequest{Code: "mean(1);"}, `"status":"unknown"`},
}

// A user who types while a cell runs is not kept waiting, and the cell and its
// front end notice nothing.
func TestTypingWhileACellRuns(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	cell := c.Execute(`cat("go\n"); x <- readline("? "); x`)
	c.ExpectStart(cell, 1)
	c.ExpectStream(cell, "stdout", "go\n")
	prompt := c.ExpectPrompt(cell, "? ")
	for _, test := range typing {
		r := c.Request(jupyter.Shell, test.request)
		c.ExpectBusy(r)
		if m := c.Expect(r, jupyter.Shell, jupyter.ReplyType(test.request.MsgType())); !strings.Contains(string(m.Content), test.want) {
			t.Errorf("%s: %s, want %s", test.request.MsgType(), m.Content, test.want)
		}
		c.ExpectIdle(r)
		c.ExpectBusy(cell)
	}
	c.Answer(prompt, "yes")
	c.ExpectResult(cell, `[1] "yes"`)
	c.ExpectReply(cell)
	c.ExpectIdle(cell)
	r := c.Request(jupyter.Shell, &jupyter.CompleteRequest{Code: "mea", CursorPos: 3})
	c.ExpectBusy(r)
	if m := c.ExpectReply(r); !strings.Contains(string(m.Content), `"mean"`) {
		t.Errorf("when R is idle again: %s", m.Content)
	}
	c.ExpectIdle(r)
	r = c.Request(jupyter.Shell, &jupyter.InspectRequest{Code: "mean", CursorPos: 4})
	c.ExpectBusy(r)
	if m := c.ExpectReply(r); !strings.Contains(string(m.Content), "Arithmetic Mean") {
		t.Errorf("when R is idle again: %s", m.Content)
	}
	c.ExpectIdle(r)
}

// Nor does a profile that takes long keep them waiting.
func TestTypingWhileRStarts(t *testing.T) {
	s := setting{files: map[string]string{".Rprofile": "Sys.sleep(60)"}}
	s.enter(t)
	c := kerneltest.Start(t, New(nil), nil)
	for _, test := range typing[:3] {
		r := c.Request(jupyter.Shell, test.request)
		c.ExpectBusy(r)
		if m := c.Expect(r, jupyter.Shell, jupyter.ReplyType(test.request.MsgType())); !strings.Contains(string(m.Content), test.want) {
			t.Errorf("%s: %s, want %s", test.request.MsgType(), m.Content, test.want)
		}
		c.ExpectIdle(r)
	}
}
