package client_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// TestRequestOfAnyType carries everything that a message can, both ways.
func TestRequestOfAnyType(t *testing.T) {
	t.Parallel()
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.status(m, jupyter.StateBusy)
		k.stdout(m, "working")
		reply, err := k.session.Reply(m, &jupyter.RawContent{Type: "echo_reply", JSON: m.Content})
		if err != nil {
			panic(err)
		}
		reply.Metadata = m.Metadata
		reply.Buffers = append(m.Buffers, []byte(m.Header.SubshellID), []byte(ch.String()))
		k.sendMessage(ch, reply)
		k.status(m, jupyter.StateIdle)
	}))
	heard := make(chan *jupyter.Message, 100)
	c := attach(t, k, &client.Config{Message: func(m *jupyter.Message) { heard <- m }})
	request := func(ch jupyter.Channel, content string) (*jupyter.Message, *jupyter.Message, error) {
		m, err := c.NewMessage(&jupyter.RawContent{Type: "echo_request", JSON: json.RawMessage(content)})
		if err != nil {
			t.Fatal(err)
		}
		m.Header.SubshellID = "sub"
		m.Metadata = json.RawMessage(`{"m":1}`)
		m.Buffers = [][]byte{{0, 255}}
		reply, err := c.Request(testContext(t), ch, m)
		return m, reply, err
	}
	ctx := testContext(t)
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		m, reply, err := request(ch, `{"a":"b"}`)
		if err != nil {
			t.Fatal(err)
		}
		buffers := string(joinBuffers(reply.Buffers))
		if string(reply.Content) != `{"a":"b"}` || string(reply.Metadata) != `{"m":1}` ||
			buffers != "\x00\xff|sub|"+ch.String() {
			t.Errorf("the reply is %s, %s, %q", reply.Content, reply.Metadata, buffers)
		}
		var got streams
		for idle := false; !idle; {
			var o *jupyter.Message
			select {
			case o = <-heard:
			case <-ctx.Done():
				t.Fatalf("Config.Message heard only %q of the request", got.text.String())
			}
			if p, _ := o.Parent(); p.MsgID != m.Header.MsgID {
				continue
			}
			got.add(o)
			s, err := jupyter.Decode[jupyter.Status](o)
			idle = err == nil && s.ExecutionState == jupyter.StateIdle
		}
		if got.text.String() != "working" {
			t.Errorf("Config.Message heard %q of the request", got.text.String())
		}
	}
	_, reply, err := request(jupyter.Shell, `{"status":"error","ename":"E","evalue":"v"}`)
	if e, ok := errors.AsType[*client.ReplyError](err); !ok || e.EName != "E" || reply == nil {
		t.Errorf("Request = %v, %v; want a reply and a ReplyError with E", reply, err)
	}
	for _, ch := range []jupyter.Channel{jupyter.Stdin, jupyter.IOPub, jupyter.Heartbeat} {
		if _, _, err := request(ch, `{}`); err == nil || !strings.Contains(err.Error(), ch.String()) {
			t.Errorf("a request on %v: %v, want an error that names the channel", ch, err)
		}
	}
}

// joinBuffers joins buffers by bars.
func joinBuffers(buffers [][]byte) []byte {
	var joined []byte
	for i, b := range buffers {
		if i > 0 {
			joined = append(joined, '|')
		}
		joined = append(joined, b...)
	}
	return joined
}

// TestBrokenReplyEndsTheCall is about a reply whose signature is right but whose
// content is not JSON.
func TestBrokenReplyEndsTheCall(t *testing.T) {
	t.Parallel()
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.whole(ch, m, &jupyter.RawContent{
			Type: jupyter.ReplyType(m.Header.MsgType), JSON: json.RawMessage(`{"status":`),
		}, nil)
	}))
	c := attach(t, k, nil)
	if _, err := c.Complete(testContext(t), "x", -1); err == nil || !strings.Contains(err.Error(), "complete_reply") {
		t.Errorf("Complete: %v, want what is wrong with the complete_reply", err)
	}
	if _, err := c.Execute(testContext(t), "x", nil); err == nil || !strings.Contains(err.Error(), "execute_reply") {
		t.Errorf("Execute: %v, want what is wrong with the execute_reply", err)
	}
}

// TestRequestThatOnlyIPykernelKnows asks for what the protocol has no type for.
func TestRequestThatOnlyIPykernelKnows(t *testing.T) {
	t.Parallel()
	c := startIPykernel(t, nil)
	m, err := c.NewMessage(&jupyter.RawContent{Type: "usage_request"})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.Request(testContext(t), jupyter.Control, m)
	if err != nil {
		t.Fatal(err)
	}
	var usage struct{ PID int }
	if err := json.Unmarshal(reply.Content, &usage); err != nil || usage.PID == 0 {
		t.Errorf("usage_reply is %s, want a pid", reply.Content)
	}
}

// startIPykernel starts an ipykernel with a profile of its own, for as long as the
// test lasts.
func startIPykernel(t *testing.T, cfg *client.Config) *client.Client {
	t.Helper()
	testenv.Python(t, "ipykernel")
	if cfg == nil {
		cfg = &client.Config{}
	}
	cfg.Env = append(cfg.Env, "IPYTHONDIR="+t.TempDir())
	c, err := client.Start(testContext(t), peers["ipykernel"].spec(t), config(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
