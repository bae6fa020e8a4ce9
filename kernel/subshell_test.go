package kernel_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// createSubshell creates a subshell.
func createSubshell(c *kerneltest.Client) (id string) {
	r := c.Request(jupyter.Control, &jupyter.CreateSubshellRequest{})
	c.ExpectBusy(r)
	reply, err := jupyter.Decode[jupyter.CreateSubshellReply](c.ExpectReply(r))
	if err == nil {
		id = reply.SubshellID
	}
	c.ExpectIdle(r)
	return id
}

// executeIn executes code in a subshell.
func executeIn(t *testing.T, c *kerneltest.Client, id, code string) *jupyter.Message {
	t.Helper()
	m, err := c.Session.New(nil, &jupyter.ExecuteRequest{Code: code, StoreHistory: true, AllowStdin: true, StopOnError: true})
	must(t, err)
	m.Header.SubshellID = id
	c.Send(jupyter.Shell, m)
	return m
}

// Prompts of several subshells wait at once. An answer that names its prompt
// goes there; one that names none goes to the oldest prompt of its client.
func TestK4PromptsOfSubshells(t *testing.T) { run(t, testK4PromptsOfSubshells) }

func testK4PromptsOfSubshells(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newSubScript(), opt)
	sub := createSubshell(c)
	first := c.Execute("ask main")
	c.ExpectStart(first, 1)
	c.ExpectPrompt(first, "main")
	second := executeIn(t, c, sub, "ask sub")
	c.ExpectStart(second, 1)
	p := c.ExpectPrompt(second, "sub")
	c.Answer(p, "2")
	c.ExpectStream(second, "stdout", "<2>")
	done(c, second, "ok")
	c.ExpectBusy(first) // still
	c.Request(jupyter.Stdin, &jupyter.InputReply{Value: "1"})
	c.ExpectStream(first, "stdout", "<1>")
	done(c, first, "ok")
}

// The end of the kernel reaches what runs in subshells, also if it is stuck, and
// also if the subshell was deleted.
func TestK9ShutdownWithSubshells(t *testing.T) { synctest.Test(t, testK9Subshells) }

func testK9Subshells(t *testing.T) {
	l := newSubScript()
	c := kerneltest.Start(t, l, nil)
	waits, stuck, deleted := createSubshell(c), createSubshell(c), createSubshell(c)
	requests := []*jupyter.Message{
		executeIn(t, c, waits, "wait"), executeIn(t, c, stuck, "stuck"), executeIn(t, c, deleted, "stuck"),
	}
	for _, r := range requests {
		for _, typ := range []string{jupyter.TypeStatus, jupyter.TypeExecuteInput} {
			c.Await(r, jupyter.IOPub, typ)
		}
	}
	synctest.Wait() // until the language has them: what is interrupted before that does not run
	queued := executeIn(t, c, stuck, "out never")
	d := c.Request(jupyter.Control, &jupyter.DeleteSubshellRequest{SubshellID: deleted})
	c.ExpectBusy(d)
	done(c, d, "ok")
	synctest.Wait()

	begin := time.Now()
	r := c.Request(jupyter.Control, &jupyter.ShutdownRequest{})
	for _, m := range requests {
		reply := c.Await(m, jupyter.Shell, jupyter.TypeExecuteReply)
		if e, err := jupyter.Decode[jupyter.ExecuteReply](reply); err != nil || e.EName != "Shutdown" {
			t.Errorf("the reply to what ran is %s, %v", reply.Content, err)
		}
	}
	c.Await(queued, jupyter.Shell, jupyter.TypeExecuteReply)
	c.Await(r, jupyter.Control, jupyter.TypeShutdownReply)
	<-c.Kernel.Done()
	if d := time.Since(begin); d > 3*time.Second {
		t.Errorf("the kernel took %v to end", d)
	}
	c.Forget()
	close(l.stuck)
	if id := <-l.closed; id != deleted {
		t.Errorf("subshell %q was closed, want %q", id, deleted)
	}
}

// What waits in a subshell that is deleted while the kernel ends is answered, too.
func TestK9DeletedSubshellIsAnswered(t *testing.T) { synctest.Test(t, testK9DeletedSubshell) }

func testK9DeletedSubshell(t *testing.T) {
	l := newSubScript()
	c := kerneltest.Start(t, l, nil)
	sub := createSubshell(c)
	c.Execute("stuck") // so that the end takes a while
	waits := executeIn(t, c, sub, "wait")
	synctest.Wait()
	queued := executeIn(t, c, sub, "out never")
	synctest.Wait()
	r := c.Request(jupyter.Control, &jupyter.ShutdownRequest{})
	c.Await(waits, jupyter.Shell, jupyter.TypeExecuteReply)
	synctest.Wait()
	d := c.Request(jupyter.Control, &jupyter.DeleteSubshellRequest{SubshellID: sub})
	c.Await(d, jupyter.Control, jupyter.TypeDeleteSubshellReply)
	c.Await(queued, jupyter.Shell, jupyter.TypeExecuteReply)
	c.Await(queued, jupyter.IOPub, jupyter.TypeStatus)
	c.Await(r, jupyter.Control, jupyter.TypeShutdownReply)
	<-c.Kernel.Done()
	c.Forget()
	close(l.stuck)
}

// A stuck subshell keeps nobody waiting, and no order but its own.
func TestSubshellsRunBesideEachOther(t *testing.T) {
	l := newSubScript()
	c := kerneltest.Start(t, l, nil)
	ids := []string{"", createSubshell(c), createSubshell(c), createSubshell(c)}
	stuck := executeIn(t, c, ids[3], "stuck")
	c.ExpectStart(stuck, 1)
	const each = 100
	want := map[string]int{} // id of a request to its place in its subshell
	for i := range each {
		for _, id := range ids[:3] {
			want[executeIn(t, c, id, fmt.Sprint("out ", i)).Header.MsgID] = i
		}
	}
	last := map[string]int{}
	for range 3 * each {
		_, m := c.NextOf(jupyter.Shell)
		h, err := m.Parent()
		must(t, err)
		if got := want[h.MsgID]; got != last[h.SubshellID] {
			t.Fatalf("in subshell %q, request %d was answered after %d others", h.SubshellID, got, last[h.SubshellID])
		}
		last[h.SubshellID]++
	}
	close(l.stuck)
	c.Await(stuck, jupyter.Shell, jupyter.TypeExecuteReply)
	c.Discard()
}

// TestSubshellsAreBounded: a client that only ever creates them must not exhaust
// the kernel.
func TestSubshellsAreBounded(t *testing.T) {
	l := newSubScript()
	l.limit = 10_000
	c := kerneltest.Start(t, l, nil)
	var ids []string
	for range 1000 {
		ids = append(ids, createSubshell(c))
	}
	tooMany := c.Request(jupyter.Control, &jupyter.CreateSubshellRequest{})
	c.ExpectBusy(tooMany)
	if m := c.ExpectReplyStatus(tooMany, "error"); !strings.Contains(string(m.Content), "too many subshells") {
		t.Errorf("the reply to one too many is %s", m.Content)
	}
	c.ExpectIdle(tooMany)
	r := c.Request(jupyter.Control, &jupyter.DeleteSubshellRequest{SubshellID: ids[0]})
	c.ExpectBusy(r)
	done(c, r, "ok")
	<-l.closed
	if id := createSubshell(c); id == "" {
		t.Error("there is no room after one was deleted")
	}
}
