package kernel_test

import (
	"encoding/json"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// commInfo returns the content of the reply to a comm_info_request.
func commInfo(c *kerneltest.Client, target string) string {
	r := c.Request(jupyter.Shell, &jupyter.CommInfoRequest{TargetName: target})
	c.ExpectBusy(r)
	m := c.ExpectReply(r)
	c.ExpectIdle(r)
	return string(m.Content)
}

func TestCommOfTheFrontEnd(t *testing.T) { run(t, testCommOfTheFrontEnd) }

func testCommOfTheFrontEnd(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	r := c.Request(jupyter.Shell, &jupyter.CommOpen{CommID: "1", TargetName: "echo"})
	c.ExpectBusy(r)
	c.ExpectIdle(r)
	want := `{"status":"ok","comms":{"1":{"target_name":"echo"}}}`
	for target, w := range map[string]string{"": want, "echo": want, "other": `{"status":"ok","comms":{}}`} {
		if got := commInfo(c, target); got != w {
			t.Errorf("comm_info of %q = %s, want %s", target, got, w)
		}
	}
	m, err := c.Session.New(nil, &jupyter.CommMsg{CommID: "1", Data: json.RawMessage(`{"x":[1,2]}`)})
	must(t, err)
	m.Buffers = [][]byte{{0, 1}, {}}
	c.Send(jupyter.Shell, m)
	c.ExpectBusy(m)
	got := c.Expect(m, jupyter.IOPub, jupyter.TypeCommMsg)
	if string(got.Content) != `{"comm_id":"1","data":{"x":[1,2]}}` || len(got.Buffers) != 2 || string(got.Buffers[0]) != "\x00\x01" {
		t.Errorf("comm_msg %s with buffers %q", got.Content, got.Buffers)
	}
	c.ExpectIdle(m)
	// The same id again changes nothing.
	r = c.Request(jupyter.Shell, &jupyter.CommOpen{CommID: "1", TargetName: "print"})
	c.ExpectBusy(r)
	c.ExpectIdle(r)
	r = c.Request(jupyter.Shell, &jupyter.CommMsg{CommID: "1"})
	c.ExpectBusy(r)
	c.Expect(r, jupyter.IOPub, jupyter.TypeCommMsg)
	c.ExpectIdle(r)
	r = c.Request(jupyter.Shell, &jupyter.CommClose{CommID: "1"})
	c.ExpectBusy(r)
	c.ExpectIdle(r)
	if got := commInfo(c, ""); got != `{"status":"ok","comms":{}}` {
		t.Errorf("comm_info after the close: %s", got)
	}
	r = c.Request(jupyter.Shell, &jupyter.CommMsg{CommID: "1"})
	c.ExpectBusy(r)
	c.ExpectIdle(r)
}

// A comm that is opened while the language starts, and does not come to it: its front
// end hears that it is not open.
func TestCommThatIsInterruptedIsClosed(t *testing.T) {
	l := newScript()
	l.startc = make(chan struct{})
	c := kerneltest.Start(t, l, nil)
	r := c.Request(jupyter.Shell, &jupyter.CommOpen{CommID: "8", TargetName: "echo"})
	c.ExpectBusy(r)
	c.Interrupt()
	c.Expect(r, jupyter.IOPub, jupyter.TypeCommClose)
	c.ExpectIdle(r)
	close(l.startc)
	if got := commInfo(c, ""); got != `{"status":"ok","comms":{}}` {
		t.Errorf("comm_info: %s", got)
	}
}

func TestCommOfUnknownTargetIsClosed(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	r := c.Request(jupyter.Shell, &jupyter.CommOpen{CommID: "7", TargetName: "nothing"})
	c.ExpectBusy(r)
	m := c.Expect(r, jupyter.IOPub, jupyter.TypeCommClose)
	if string(m.Content) != `{"comm_id":"7","data":{}}` {
		t.Errorf("comm_close %s", m.Content)
	}
	c.ExpectIdle(r)
	if got := commInfo(c, ""); got != `{"status":"ok","comms":{}}` {
		t.Errorf("comm_info: %s", got)
	}
}

func TestCommOfTheKernel(t *testing.T) { run(t, testCommOfTheKernel) }

func testCommOfTheKernel(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	r := c.Execute("comm plot")
	c.ExpectStart(r, 1)
	m := c.Expect(r, jupyter.IOPub, jupyter.TypeCommOpen)
	if string(m.Metadata) != `{"version":"2.1.0"}` || len(m.Buffers) != 1 || string(m.Buffers[0]) != "\x01\x02" {
		t.Errorf("metadata %s and buffers %q of the comm_open", m.Metadata, m.Buffers)
	}
	open, err := jupyter.Decode[jupyter.CommOpen](m)
	must(t, err)
	if open.TargetName != "plot" || string(open.Data) != `{"n":1}` {
		t.Errorf("comm_open %+v", open)
	}
	msg, err := jupyter.Decode[jupyter.CommMsg](c.Expect(r, jupyter.IOPub, jupyter.TypeCommMsg))
	must(t, err)
	if msg.CommID != open.CommID || string(msg.Data) != `{"say":"hello"}` {
		t.Errorf("comm_msg %+v", msg)
	}
	closed, err := jupyter.Decode[jupyter.CommClose](c.Expect(r, jupyter.IOPub, jupyter.TypeCommClose))
	must(t, err)
	if closed.CommID != open.CommID {
		t.Errorf("comm_close %+v", closed)
	}
	done(c, r, "ok")
}

// A handler knows the comm of each message, also of a comm that the language has opened.
func TestCommOfTheKernelAnswers(t *testing.T) { run(t, testCommOfTheKernelAnswers) }

func testCommOfTheKernelAnswers(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	r := c.Execute("line here")
	c.ExpectStart(r, 1)
	c.Expect(r, jupyter.IOPub, jupyter.TypeCommOpen)
	done(c, r, "ok")
	r = c.Request(jupyter.Shell, &jupyter.CommMsg{CommID: "here", Data: []byte(`{"x":1}`)})
	c.ExpectBusy(r)
	m := c.Expect(r, jupyter.IOPub, jupyter.TypeCommMsg)
	if string(m.Content) != `{"comm_id":"here","data":{"x":1}}` {
		t.Errorf("comm_msg %s", m.Content)
	}
	c.ExpectIdle(r)
}

func TestCommErrors(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := ranEmpty(c, 1)
	out := l.ambient()
	for _, bad := range []any{7, []int{1}, "text", make(chan int)} {
		if _, err := out.OpenComm(&kernel.CommOpening{Target: "x", Data: bad}, nil); err == nil {
			t.Errorf("a comm opens with data %v", bad)
		}
		if _, err := out.OpenComm(&kernel.CommOpening{Target: "x", Metadata: bad}, nil); err == nil {
			t.Errorf("a comm opens with metadata %v", bad)
		}
	}
	comm, err := out.OpenComm(&kernel.CommOpening{Target: "x", ID: "1"}, nil)
	must(t, err)
	c.Expect(r, jupyter.IOPub, jupyter.TypeCommOpen)
	if _, err := out.OpenComm(&kernel.CommOpening{Target: "y", ID: "1"}, nil); err == nil {
		t.Error("a second comm of the same id opens")
	}
	if err := comm.Send(out, 7, nil); err == nil {
		t.Error("7 is sent as data")
	}
	if got := commInfo(c, ""); got != `{"status":"ok","comms":{"1":{"target_name":"x"}}}` {
		t.Errorf("comm_info: %s", got)
	}
	s := shutdown(c, false)
	c.ExpectBusy(s)
	expectShutdown(c, s)
	must(t, c.Kernel.Wait())
	if err := comm.Send(out, nil, nil); err != kernel.ErrShutdown {
		t.Errorf("Send after the end of the kernel: %v", err)
	}
	if err := comm.Close(out, nil); err != kernel.ErrShutdown {
		t.Errorf("Close after the end of the kernel: %v", err)
	}
}
