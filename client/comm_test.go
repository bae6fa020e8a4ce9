package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A commEvent is what a handler heard.
type commEvent struct {
	kind string // "message" or "close"
	*client.CommMessage
}

// commEvents returns a handler and the channel that what it hears goes to.
func commEvents() (*client.CommHandler, <-chan commEvent) {
	events := make(chan commEvent, 1000)
	return &client.CommHandler{
		Message: func(m *client.CommMessage) { events <- commEvent{"message", m} },
		Close:   func(m *client.CommMessage) { events <- commEvent{"close", m} },
	}, events
}

// expectComm expects the next that a handler hears.
func expectComm(t *testing.T, events <-chan commEvent, kind, data string, buffers ...string) {
	t.Helper()
	select {
	case e := <-events:
		var got []string
		for _, b := range e.Buffers {
			got = append(got, string(b))
		}
		if e.Comm == nil {
			t.Errorf("%s %s is of no comm", kind, data)
		}
		if e.kind != kind || !sameJSON(string(e.Data), data) || !slices.Equal(got, buffers) {
			t.Errorf("heard %s %s %q, want %s %s %q", e.kind, e.Data, got, kind, data, buffers)
		}
	case <-testContext(t).Done():
		t.Fatalf("%s %s does not come", kind, data)
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil &&
		fmt.Sprint(x) == fmt.Sprint(y)
}

func TestCommOfTheFrontEnd(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 100)
	c, err := client.Start(testContext(t), exampleSpec(), config(t, &client.Config{
		Message: func(m *jupyter.Message) {
			switch m.Header.MsgType {
			case jupyter.TypeStream:
				heard <- string(m.Content)
			case jupyter.TypeCommMsg, jupyter.TypeCommClose:
				// Of a comm that was closed here it may.
				if !strings.Contains(string(m.Content), `"mine"`) {
					t.Errorf("Message hears of %s %s", m.Header.MsgType, m.Content)
				}
			}
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	ctx := testContext(t)
	h, events := commEvents()
	comm, err := c.OpenComm(ctx, &client.CommOpening{
		Target: "echo", Data: map[string]any{"a": 1}, Metadata: map[string]any{"version": "2"},
		Buffers: [][]byte{{0, 255}, nil},
	}, h)
	if err != nil {
		t.Fatal(err)
	}
	expectComm(t, events, "message", `{"opened":{"a":1},"as":{"version":"2"}}`, "\x00\xff", "")
	if info, err := c.CommInfo(ctx, ""); err != nil || info.Comms[comm.ID].TargetName != "echo" {
		t.Errorf("CommInfo = %+v, %v; want the comm", info, err)
	}
	for i := range 50 {
		text := strings.Repeat("é", i)
		if err := comm.Send(ctx, struct{ Text string }{text}, [][]byte{[]byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		text := strings.Repeat("é", i)
		expectComm(t, events, "message", `{"Text":"`+text+`"}`, text)
	}
	if err := comm.Send(ctx, 1, nil); err == nil || !strings.Contains(err.Error(), "JSON object") {
		t.Errorf("Send(1): %v, want that it is no JSON object", err)
	}

	// The kernel closes it.
	if err := comm.Send(ctx, map[string]any{"close": true}, nil); err != nil {
		t.Fatal(err)
	}
	expectComm(t, events, "close", `{"reason":"told to"}`)
	if err := comm.Send(ctx, nil, nil); !errors.Is(err, client.ErrCommClosed) {
		t.Errorf("Send on a closed comm: %v", err)
	}
	if err := comm.Close(ctx, nil); err != nil {
		t.Errorf("Close after the kernel's: %v", err)
	}

	// The front end closes it.
	comm, err = c.OpenComm(ctx, &client.CommOpening{Target: "echo", ID: "mine"}, nil)
	if err != nil || comm.ID != "mine" {
		t.Fatalf("OpenComm = %+v, %v", comm, err)
	}
	if _, err := c.AttachComm("mine", "echo", nil); err == nil {
		t.Error("one comm has two ends here")
	}
	for range 2 {
		if err := comm.Close(ctx, map[string]any{"b": 2}); err != nil {
			t.Error(err)
		}
	}
	if got := <-heard; !strings.Contains(got, `closed {\"b\":2}`) {
		t.Errorf("the kernel shows %s", got)
	}

	// Nobody knows this target.
	if _, err := c.OpenComm(ctx, &client.CommOpening{Target: "nobody"}, h); err != nil {
		t.Fatal(err)
	}
	expectComm(t, events, "close", `{}`)

	// A comm ends with its kernel.
	comm, err = c.OpenComm(ctx, &client.CommOpening{Target: "echo"}, h)
	if err != nil {
		t.Fatal(err)
	}
	expectComm(t, events, "message", `{"as":{},"opened":{}}`) // or the kernel could end before
	if err := c.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if err := comm.Send(ctx, nil, nil); !errors.Is(err, client.ErrRestarted) {
		t.Errorf("Send after a restart: %v, want %v", err, client.ErrRestarted)
	}
}

func TestCommOfTheKernel(t *testing.T) {
	t.Parallel()
	h, events := commEvents()
	opened := make(chan *client.Comm, 1)
	other := make(chan string, 100)
	c, err := client.Start(testContext(t), exampleSpec(), config(t, &client.Config{
		CommOpened: func(m *client.CommMessage) *client.CommHandler {
			if m.Comm.Target != "plot" {
				return nil
			}
			if string(m.Data) != `{"n":1}` || string(m.Metadata) != `{"version":"2"}` ||
				len(m.Buffers) != 1 || string(m.Buffers[0]) != "\x01\x02" {
				t.Errorf("opened by %s, %s, %q", m.Data, m.Metadata, m.Buffers)
			}
			opened <- m.Comm
			return h
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	run := func(code string) {
		output(t, c, code, &client.ExecuteOptions{Output: func(m *jupyter.Message) {
			if strings.HasPrefix(m.Header.MsgType, "comm_") {
				other <- m.Header.MsgType
			}
		}})
	}
	run("open plot")
	expectComm(t, events, "message", `{"n":2}`)
	if err := (<-opened).Close(testContext(t), nil); err != nil {
		t.Error(err)
	}
	if len(other) > 0 {
		t.Errorf("Output hears of %s", <-other)
	}
	// What nobody wants is output like any other.
	run("open sesame")
	if len(other) != 2 {
		t.Errorf("Output hears of %d comm messages without a handler, want 2", len(other))
	}
}

// TestAttachComm joins the comm that another front end, which has gone, had.
func TestAttachComm(t *testing.T) {
	t.Parallel()
	first := startWords(t)
	ctx := testContext(t)
	h, events := commEvents()
	comm, err := first.OpenComm(ctx, &client.CommOpening{Target: "echo"}, h)
	if err != nil {
		t.Fatal(err)
	}
	expectComm(t, events, "message", `{"as":{},"opened":{}}`) // so that second does not hear it
	conn, err := jupyter.ReadConnectionFile(first.ConnectionFile())
	if err != nil {
		t.Fatal(err)
	}
	second, err := client.Attach(ctx, conn, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { second.Close() })
	info, err := second.CommInfo(ctx, "echo")
	if err != nil || len(info.Comms) != 1 {
		t.Fatalf("CommInfo = %+v, %v", info, err)
	}
	h, events = commEvents()
	joined, err := second.AttachComm(comm.ID, "echo", h)
	if err != nil {
		t.Fatal(err)
	}
	if err := joined.Send(ctx, map[string]any{"a": 1}, nil); err != nil {
		t.Fatal(err)
	}
	expectComm(t, events, "message", `{"a":1}`)
}

// commPeers are kernels of other languages with a comm of the kernel's own: code
// that registers the target "echo", which answers with its data and its buffers
// reversed, and code that opens a comm to "plot".
var commPeers = map[string]struct {
	spec           func(t *testing.T) *jupyter.KernelSpec
	register, open string
}{
	"ipykernel": {
		spec: peers["ipykernel"].spec,
		register: `
def echo(comm, msg):
    @comm.on_msg
    def _(msg):
        comm.send(msg["content"]["data"], buffers=[bytes(b)[::-1] for b in msg["buffers"]])
get_ipython().kernel.comm_manager.register_target("echo", echo)`,
		open: `
from comm import create_comm
c = create_comm(target_name="plot", data={"n": 1}, metadata={"version": "2"}, buffers=[b"\1\2"])
c.close(data={"bye": True})`,
	},
	"R": {
		spec: adrastea,
		register: `getOption("jupyter.comm_manager")()$register_target("echo", function(comm, data)
    comm$on_msg(function(data, buffers) comm$send(data, lapply(buffers, rev))))`,
		open: `c <- getOption("jupyter.comm_manager")()$new_comm("plot")
c$open(list(n = 1L), metadata = list(version = "2"), buffers = list(as.raw(1:2)))
c$close(list(bye = TRUE))`,
	},
}

// adrastea is the R kernel of this repository.
func adrastea(t *testing.T) *jupyter.KernelSpec {
	testenv.Command(t, "R")
	bin := filepath.Join(t.TempDir(), "adrastea")
	build := exec.Command(testenv.Command(t, "go"), "build", "-o", bin, "./cmd/adrastea")
	build.Dir = testenv.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return &jupyter.KernelSpec{
		Argv: []string{bin, "kernel", "--connection-file", "{connection_file}"}, InterruptMode: jupyter.InterruptByMessage,
	}
}

func TestCommsOfPeers(t *testing.T) {
	t.Parallel()
	for name, p := range commPeers {
		t.Run(name, func(t *testing.T) {
			h, opened := commEvents()
			h2, events := commEvents()
			c, err := client.Start(testContext(t), p.spec(t), config(t, &client.Config{
				CommOpened: func(m *client.CommMessage) *client.CommHandler {
					h.Message(m)
					return h
				},
				Env: []string{"IPYTHONDIR=" + t.TempDir(), "XDG_STATE_HOME=" + t.TempDir()},
			}))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			if out := output(t, c, p.register, nil); out != "" && !strings.HasPrefix(out, "NULL") {
				t.Errorf("registering a target shows %q", out)
			}
			comm, err := c.OpenComm(testContext(t), &client.CommOpening{Target: "echo"}, h2)
			if err != nil {
				t.Fatal(err)
			}
			if err := comm.Send(testContext(t), map[string]any{"a": "é"}, [][]byte{{1, 2, 255}}); err != nil {
				t.Fatal(err)
			}
			expectComm(t, events, "message", `{"a":"é"}`, "\xff\x02\x01")
			output(t, c, p.open, nil)
			expectComm(t, opened, "message", `{"n":1}`, "\x01\x02")
			expectComm(t, opened, "close", `{"bye":true}`)
		})
	}
}
