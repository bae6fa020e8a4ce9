package client_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// attach joins k for the time of the test.
func attach(t *testing.T, k *fakeKernel, cfg *client.Config) *client.Client {
	t.Helper()
	c, err := client.Attach(testContext(t), k.conn, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// streams collects the text of stream messages.
type streams struct{ text strings.Builder }

func (s *streams) add(m *jupyter.Message) {
	if v, err := jupyter.Decode[jupyter.Stream](m); err == nil {
		s.text.WriteString(v.Text)
	}
}

func TestC2ExecuteReturnsWhenReplyAndIdleHaveCome(t *testing.T) {
	for _, order := range []string{"reply first", "idle first"} {
		t.Run(order, func(t *testing.T) {
			k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
				k.status(m, jupyter.StateBusy)
				k.stdout(m, "a")
				if order == "idle first" {
					k.stdout(m, "b")
					k.status(m, jupyter.StateIdle)
					k.send(ch, m, okReply())
					return
				}
				k.send(ch, m, okReply())
				k.stdout(m, "b")
				k.status(m, jupyter.StateIdle)
			}))
			c := attach(t, k, nil)
			for range 100 {
				var got streams
				reply, err := c.Execute(testContext(t), "x", &client.ExecuteOptions{Output: got.add})
				if err != nil {
					t.Fatal(err)
				}
				if reply.Status != jupyter.StatusOK || got.text.String() != "ab" {
					t.Fatalf("Execute: status %q, output %q; want ok, ab", reply.Status, got.text.String())
				}
			}
		})
	}
}

func TestC2OutputKeepsItsOrderWithASlowHandler(t *testing.T) {
	const n = 2000 // far more than wait anywhere
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.whole(ch, m, okReply(), func() {
			for i := range n {
				k.stdout(m, string(rune('a'+i%26)))
			}
		})
	}))
	c := attach(t, k, nil)
	var got streams
	seen := 0
	_, err := c.Execute(testContext(t), "x", &client.ExecuteOptions{Output: func(m *jupyter.Message) {
		if seen++; seen%100 == 0 {
			// Another request's answer comes through while this handler holds up the
			// output.
			if _, err := c.KernelInfo(testContext(t)); err != nil {
				t.Error(err)
			}
		}
		got.add(m)
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("abcdefghijklmnopqrstuvwxyz", n/26+1)[:n]
	if got.text.String() != want {
		t.Errorf("output is not what was sent: %d bytes, want %d", got.text.Len(), n)
	}
}

// TestC2IdleThatWasLost is about kernels that drop what they publish: here idle, and
// all about the first request that is sent to find that out.
func TestC2IdleThatWasLost(t *testing.T) {
	t.Parallel()
	executed, asked := false, 0
	k := startFake(t, func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		switch m.Header.MsgType {
		case jupyter.TypeExecuteRequest:
			executed = true
			k.status(m, jupyter.StateBusy)
			k.send(ch, m, okReply())
			k.stdout(m, "late")
		case jupyter.TypeKernelInfoRequest:
			if executed && ch == jupyter.Shell {
				asked++
			}
			if asked == 1 {
				k.send(ch, m, &jupyter.KernelInfoReply{Status: jupyter.StatusOK})
				return
			}
			k.info(ch, m)
		}
	})
	var got streams
	reply, err := attach(t, k, nil).Execute(testContext(t), "x", &client.ExecuteOptions{Output: got.add})
	if err != nil || reply.Status != jupyter.StatusOK || got.text.String() != "late" {
		t.Errorf("Execute = %+v, %v, and shows %q; want ok, late", reply, err, got.text.String())
	}
}

func TestFailedCodeIsNoErrorOfExecute(t *testing.T) {
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.whole(ch, m, &jupyter.ExecuteReply{
			Status:    jupyter.StatusError,
			ErrorInfo: jupyter.ErrorInfo{EName: "simpleError", EValue: "no"},
		}, nil)
	}))
	reply, err := attach(t, k, nil).Execute(testContext(t), "stop('no')", nil)
	if err != nil || reply.Status != jupyter.StatusError || reply.EValue != "no" {
		t.Errorf("Execute = %+v, %v; want status error and no error", reply, err)
	}
}

// TestC4LateOutputIsNotLost is about output after idle: it belongs to the handler
// of its Execute or, when that has returned, to Config.Message, in order.
func TestC4LateOutputIsNotLost(t *testing.T) {
	const n = 300
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.whole(ch, m, okReply(), nil)
		for i := range n {
			k.stdout(m, string(rune('a'+i%26)))
		}
		k.stdout(m, "!")
	}))
	var mu sync.Mutex
	var got streams // first the handler's, then Config.Message's; guarded by mu
	all := make(chan struct{}, 1)
	take := func(m *jupyter.Message) {
		mu.Lock()
		defer mu.Unlock()
		got.add(m)
		if m.Header.MsgType == jupyter.TypeStream && strings.HasSuffix(got.text.String(), "!") {
			all <- struct{}{}
		}
	}
	c := attach(t, k, &client.Config{Message: take})
	want := strings.Repeat("abcdefghijklmnopqrstuvwxyz", n/26+1)[:n] + "!"
	for range 5 {
		if _, err := c.Execute(testContext(t), "x", &client.ExecuteOptions{Output: take}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-all:
		case <-testContext(t).Done():
			t.Fatal("late output does not come")
		}
		mu.Lock()
		text := got.text.String()
		got.text.Reset()
		mu.Unlock()
		if text != want {
			t.Fatalf("late output is %q, want %q", text, want)
		}
	}
}

// TestC1ReadyNudgesUntilOutputIsReceived holds that a reply is not enough: until
// something comes on IOPub, first output could be lost.
func TestC1ReadyNudgesUntilOutputIsReceived(t *testing.T) {
	asked := 0
	k := startFake(t, func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		if asked++; asked < 6 { // on shell and on control
			k.send(ch, m, &jupyter.KernelInfoReply{Status: jupyter.StatusOK})
			return
		}
		k.info(ch, m)
	})
	attach(t, k, nil)
	k.stop()
	if asked < 6 {
		t.Errorf("ready after %d requests, want at least 6", asked)
	}
}

func TestC1ReadyWithWelcome(t *testing.T) {
	k := startFake(t, func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.send(jupyter.IOPub, m, &jupyter.IOPubWelcome{})
		k.send(ch, m, &jupyter.KernelInfoReply{Status: jupyter.StatusOK, Implementation: "w"})
	})
	if got := attach(t, k, nil).Info().Implementation; got != "w" {
		t.Errorf("Info().Implementation = %q, want w", got)
	}
}

// TestC1TwoRepliesAreNoFault is about the requests by which ready looks for an
// answer: a kernel that answers those on shell and on control at once is not blamed.
func TestC1TwoRepliesAreNoFault(t *testing.T) {
	log := make(spoken, 1000)
	cfg := &client.Config{Logger: slog.New(slog.NewTextHandler(log, nil))}
	for range 50 {
		var first *jupyter.Message
		var firstOn jupyter.Channel
		k := startFake(t, func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
			if first == nil {
				first, firstOn = m, ch
				return
			}
			k.info(firstOn, first)
			k.info(ch, m)
			first = nil
		})
		attach(t, k, cfg).Close()
		k.stop()
	}
	if len(log) > 0 {
		t.Errorf("%d warnings, for instance: %s", len(log), <-log)
	}
}

func TestC1AttachToABusyKernel(t *testing.T) {
	k := startFake(t, func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		if ch == jupyter.Control { // shell waits for the code that runs
			k.info(ch, m)
		}
	})
	attach(t, k, nil)
}

func TestC6EveryCallEndsWithItsContext(t *testing.T) {
	var silent atomic.Bool
	k := startFake(t, func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		if !silent.Load() {
			k.info(ch, m)
		}
	})
	c := attach(t, k, nil)
	silent.Store(true)
	cause := errors.New("enough")
	for name, call := range map[string]func(context.Context) error{
		"Execute":    func(ctx context.Context) error { _, err := c.Execute(ctx, "x", nil); return err },
		"KernelInfo": func(ctx context.Context) error { _, err := c.KernelInfo(ctx); return err },
		"Complete":   func(ctx context.Context) error { _, err := c.Complete(ctx, "x", -1); return err },
		"Inspect":    func(ctx context.Context) error { _, err := c.Inspect(ctx, "x", -1, 0); return err },
		"IsComplete": func(ctx context.Context) error { _, err := c.IsComplete(ctx, "x"); return err },
		"History": func(ctx context.Context) error {
			_, err := c.History(ctx, &jupyter.HistoryRequest{AccessType: "tail", N: 1})
			return err
		},
		"CommInfo":  func(ctx context.Context) error { _, err := c.CommInfo(ctx, ""); return err },
		"Interrupt": c.Interrupt,
		"Shutdown":  c.Shutdown,
	} {
		ctx, cancel := context.WithCancelCause(testContext(t))
		time.AfterFunc(10*time.Millisecond, func() { cancel(cause) })
		if err := call(ctx); !errors.Is(err, cause) {
			t.Errorf("%s after its context ended: %v, want %v", name, err, cause)
		}
	}
}

func TestCloseEndsCallsAndLeavesTheKernel(t *testing.T) {
	running := make(chan struct{})
	k := startFake(t, executing(func(*fakeKernel, jupyter.Channel, *jupyter.Message) {
		close(running)
	}))
	c := attach(t, k, nil)
	result := make(chan error, 1)
	go func() {
		_, err := c.Execute(testContext(t), "x", nil)
		result <- err
	}()
	<-running
	c.Close()
	c.Close()
	if err := <-result; !errors.Is(err, client.ErrClosed) {
		t.Errorf("Execute after Close: %v, want %v", err, client.ErrClosed)
	}
	if _, err := c.KernelInfo(testContext(t)); !errors.Is(err, client.ErrClosed) {
		t.Errorf("KernelInfo after Close: %v, want %v", err, client.ErrClosed)
	}
	select {
	case <-c.Done():
	default:
		t.Error("Done is open after Close")
	}
	attach(t, k, nil) // it is there for others
}

func TestReplyErrorTellsTheKernelsWords(t *testing.T) {
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.whole(ch, m, &jupyter.ErrorReply{
			Type: jupyter.TypeCompleteReply, Status: jupyter.StatusError,
			ErrorInfo: jupyter.ErrorInfo{EName: "SyntaxError", EValue: "odd"},
		}, nil)
	}))
	_, err := attach(t, k, nil).Complete(testContext(t), "x", -1)
	got, ok := errors.AsType[*client.ReplyError](err)
	if !ok || got.EName != "SyntaxError" || !strings.Contains(err.Error(), "odd") {
		t.Errorf("Complete: %v, want a ReplyError with SyntaxError: odd", err)
	}
}

func TestMessagesWithAWrongSignatureAreDropped(t *testing.T) {
	forged, err := jupyter.NewCodec(jupyter.SchemeHMACSHA256, jupyter.NewKey("other"))
	if err != nil {
		t.Fatal(err)
	}
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		right := k.codec
		k.codec = forged
		k.whole(ch, m, &jupyter.ExecuteReply{Status: jupyter.StatusError}, nil)
		k.codec = right
		k.whole(ch, m, okReply(), nil)
	}))
	reply, err := attach(t, k, nil).Execute(testContext(t), "x", nil)
	if err != nil || reply.Status != jupyter.StatusOK {
		t.Errorf("Execute = %+v, %v; want the signed reply", reply, err)
	}
}

// TestC5AttachedKernelsDeathIsNoticed is the heartbeat's.
func TestC5AttachedKernelsDeathIsNoticed(t *testing.T) {
	running := make(chan struct{})
	k := startFake(t, executing(func(*fakeKernel, jupyter.Channel, *jupyter.Message) {
		close(running)
	}))
	c := attach(t, k, &client.Config{Heartbeat: 10 * time.Millisecond})
	go func() {
		<-running
		k.stop()
	}()
	_, err := c.Execute(testContext(t), "x", nil)
	if exit, ok := errors.AsType[*client.ExitError](err); !ok || !strings.Contains(exit.Reason, "refused") {
		t.Errorf("Execute: %v, want an ExitError that says that the connection was refused", err)
	}
	<-c.Done()
}

func TestC5KernelThatOnlyMissesHeartbeatsIsAlive(t *testing.T) {
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		k.whole(ch, m, okReply(), nil)
	}))
	k.deaf.Store(true)
	conn := *k.conn
	c, err := client.Attach(testContext(t), &conn, &client.Config{Heartbeat: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conn.Ports[jupyter.Heartbeat] = 1 // where nobody listens: conn is ours again
	// The fake is a REP socket, which hears no second ping before it has answered
	// the first; the client has looked for its listener when it runs code again.
	timer := time.NewTicker(5 * time.Millisecond)
	defer timer.Stop()
	for range 20 {
		<-timer.C
	}
	for ctx := testContext(t); k.beats.Load() == 0 && ctx.Err() == nil; {
		<-timer.C
	}
	if _, err := c.Execute(testContext(t), "x", nil); err != nil {
		t.Errorf("Execute on a kernel that is only silent: %v", err)
	}
	if k.beats.Load() == 0 {
		t.Error("no heartbeat was sent")
	}
}

func TestConcurrentUse(t *testing.T) {
	k := startFake(t, executing(func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		switch m.Header.MsgType {
		case jupyter.TypeExecuteRequest:
			k.whole(ch, m, okReply(), func() { k.stdout(m, code(m)) })
		case jupyter.TypeCompleteRequest:
			k.whole(ch, m, &jupyter.CompleteReply{Status: jupyter.StatusOK, Matches: []string{code(m)}}, nil)
		}
	}))
	c := attach(t, k, nil)
	ctx := testContext(t)
	errs := make(chan error)
	for i := range 8 {
		go func() {
			want := strings.Repeat("x", i+1)
			for range 20 {
				var got streams
				_, err := c.Execute(ctx, want, &client.ExecuteOptions{Output: got.add})
				if err == nil && got.text.String() != want {
					err = errors.New("output of another request: " + got.text.String())
				}
				reply, cerr := c.Complete(ctx, want, -1)
				if cerr == nil && !slices.Equal(reply.Matches, []string{want}) {
					cerr = errors.New("completions of another request")
				}
				if err := errors.Join(err, cerr); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
