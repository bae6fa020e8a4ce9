package client_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// asking returns a handler for code that asks one question and then prints the
// answer. before is called with the request when the question is out, and when
// something comes on control.
func asking(t *testing.T, before func(k *fakeKernel, m *jupyter.Message)) func(
	*fakeKernel, jupyter.Channel, *jupyter.Message) {
	var cell, question *jupyter.Message
	return func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		switch {
		case m.Header.MsgType == jupyter.TypeExecuteRequest:
			cell = m
			k.status(m, jupyter.StateBusy)
			q, err := k.session.Reply(m, &jupyter.InputRequest{Prompt: "who? ", Password: true})
			if err != nil {
				panic(err)
			}
			question = q
			k.sendMessage(jupyter.Stdin, q)
		case ch == jupyter.Control && cell != nil:
			before(k, cell)
			k.info(ch, m)
		case m.Header.MsgType == jupyter.TypeInputReply:
			parent, err := m.Parent()
			if err != nil || parent.MsgID != question.Header.MsgID {
				t.Errorf("parent of the answer is %q, want that of the question", parent.MsgID)
			}
			answer, err := jupyter.Decode[jupyter.InputReply](m)
			if err != nil {
				t.Error(err)
				return
			}
			k.stdout(cell, "<"+answer.Value+">")
			k.send(jupyter.Shell, cell, okReply())
			k.status(cell, jupyter.StateIdle)
		case m.Header.MsgType == jupyter.TypeKernelInfoRequest:
			k.info(ch, m)
		}
	}
}

// TestC3QuestionComesAfterTheOutputBeforeIt holds the order of two sockets: the
// fake kernel sends the text only when the client looks for it.
func TestC3QuestionComesAfterTheOutputBeforeIt(t *testing.T) {
	client.WaitForBarriers(t, testTimeout)
	var once sync.Once // Attach asks on control too
	k := startFake(t, asking(t, func(k *fakeKernel, m *jupyter.Message) {
		once.Do(func() { k.stdout(m, "explained. ") })
	}))
	var got streams
	_, err := attach(t, k, nil).Execute(testContext(t), "ask", &client.ExecuteOptions{
		Output: got.add,
		Input: func(_ context.Context, q *jupyter.InputRequest) (string, error) {
			if q.Prompt != "who? " || !q.Password {
				t.Errorf("question is %+v", q)
			}
			if got.text.String() != "explained. " {
				t.Errorf("asked after the output %q, want the explanation", got.text.String())
			}
			return "Ada", nil
		},
	})
	if err != nil || got.text.String() != "explained. <Ada>" {
		t.Errorf("output %q, error %v", got.text.String(), err)
	}
}

// TestC3QuestionOfAKernelDeafOnControl is about kernels that read control only
// when they are idle.
func TestC3QuestionOfAKernelDeafOnControl(t *testing.T) {
	handle := asking(t, nil)
	ran := false
	k := startFake(t, func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		ran = ran || m.Header.MsgType == jupyter.TypeExecuteRequest
		if ch != jupyter.Control || !ran {
			handle(k, ch, m)
		}
	})
	c := attach(t, k, nil)
	for range 3 {
		var got streams
		_, err := c.Execute(testContext(t), "ask", &client.ExecuteOptions{
			Output: got.add,
			Input:  func(context.Context, *jupyter.InputRequest) (string, error) { return "Ada", nil },
		})
		if err != nil || got.text.String() != "<Ada>" {
			t.Errorf("output %q, error %v", got.text.String(), err)
		}
	}
}

// TestC3AskAtOnce is about answers that need no reading: nothing is asked on
// control first.
func TestC3AskAtOnce(t *testing.T) {
	var once sync.Once
	k := startFake(t, asking(t, func(k *fakeKernel, m *jupyter.Message) {
		once.Do(func() { k.stdout(m, "explained. ") }) // Attach may ask that late
	}))
	var got streams
	_, err := attach(t, k, nil).Execute(testContext(t), "ask", &client.ExecuteOptions{
		Output:    got.add,
		Input:     func(context.Context, *jupyter.InputRequest) (string, error) { return "Ada", nil },
		AskAtOnce: true,
	})
	if err != nil || !strings.Contains(got.text.String(), "<Ada>") {
		t.Errorf("output %q, error %v", got.text.String(), err)
	}
}

func TestC3InputIsNotAllowedWithoutAHandler(t *testing.T) {
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		req, err := jupyter.Decode[jupyter.ExecuteRequest](m)
		if err != nil || req.AllowStdin {
			t.Errorf("allow_stdin is true in %+v (%v)", req, err)
		}
		k.whole(ch, m, okReply(), nil)
	}))
	if _, err := attach(t, k, nil).Execute(testContext(t), "x", nil); err != nil {
		t.Fatal(err)
	}
}

func TestC3InputEndsWithItsRequest(t *testing.T) {
	asked := make(chan struct{})
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.status(m, jupyter.StateBusy)
		k.send(jupyter.Stdin, m, &jupyter.InputRequest{Prompt: "?"})
		k.wg.Go(func() { // somebody else interrupts the code
			select {
			case <-asked:
			case <-k.stopc: // it was not
				return
			}
			k.send(ch, m, &jupyter.ExecuteReply{Status: jupyter.StatusError})
			k.status(m, jupyter.StateIdle)
		})
	}))
	returned := false
	reply, err := attach(t, k, nil).Execute(testContext(t), "x", &client.ExecuteOptions{
		Input: func(ctx context.Context, _ *jupyter.InputRequest) (string, error) {
			close(asked)
			<-ctx.Done()
			returned = true
			return "", ctx.Err()
		},
	})
	if err != nil || reply.Status != jupyter.StatusError {
		t.Errorf("Execute = %+v, %v", reply, err)
	}
	if !returned {
		t.Error("Execute returned before Input")
	}
}

// TestC3AQuestionWithoutAnAnswerInterrupts is also about kernels that ask although
// the request does not allow it: their code would wait for ever.
func TestC3AQuestionWithoutAnAnswerInterrupts(t *testing.T) {
	var cell *jupyter.Message
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		switch m.Header.MsgType {
		case jupyter.TypeExecuteRequest:
			cell = m
			k.status(m, jupyter.StateBusy)
			k.send(jupyter.Stdin, m, &jupyter.InputRequest{Prompt: "?"})
		case jupyter.TypeInterruptRequest:
			k.send(ch, m, &jupyter.InterruptReply{Status: jupyter.StatusOK})
			k.send(jupyter.Shell, cell, &jupyter.ExecuteReply{Status: jupyter.StatusError})
			k.status(cell, jupyter.StateIdle)
		}
	}))
	c := attach(t, k, nil)
	for name, opts := range map[string]*client.ExecuteOptions{
		"Input fails": {Input: func(context.Context, *jupyter.InputRequest) (string, error) {
			return "", errors.New("the user does not want to")
		}},
		"no Input": nil,
	} {
		reply, err := c.Execute(testContext(t), "x", opts)
		if err != nil || reply.Status != jupyter.StatusError {
			t.Errorf("%s: Execute = %+v, %v; want the reply of interrupted code", name, reply, err)
		}
	}
}

// TestC2ManyQuestionsHoldUpNoReply is about code that asks again without an answer,
// as it does when it has caught an interrupt: whatever waits to be asked, other
// requests are answered.
func TestC2ManyQuestionsHoldUpNoReply(t *testing.T) {
	const questions = 5
	var cell *jupyter.Message
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		switch m.Header.MsgType {
		case jupyter.TypeExecuteRequest:
			cell = m
			k.status(m, jupyter.StateBusy)
			for range questions {
				k.send(jupyter.Stdin, m, &jupyter.InputRequest{Prompt: "? "})
			}
			k.stdout(m, "asked")
		case jupyter.TypeInterruptRequest:
			k.whole(ch, m, &jupyter.InterruptReply{Status: jupyter.StatusOK}, nil)
			k.send(jupyter.Shell, cell, &jupyter.ExecuteReply{Status: jupyter.StatusError})
			k.status(cell, jupyter.StateIdle)
		}
	}))
	c := attach(t, k, nil)
	asked := make(chan struct{}, questions)
	result := make(chan error, 1)
	go func() {
		_, err := c.Execute(testContext(t), "ask", &client.ExecuteOptions{
			AskAtOnce: true,
			Input: func(ctx context.Context, _ *jupyter.InputRequest) (string, error) {
				asked <- struct{}{}
				<-ctx.Done() // nobody is at the keyboard
				return "", ctx.Err()
			},
		})
		result <- err
	}()
	<-asked
	if err := c.Interrupt(testContext(t)); err != nil {
		t.Errorf("Interrupt: %v", err)
	}
	if err := <-result; err != nil {
		t.Errorf("Execute: %v", err)
	}
}
