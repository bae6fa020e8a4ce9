package kernel_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestK3OutputLiesBetweenBusyAndIdle(t *testing.T) { run(t, testK3) }

func testK3(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.Start(t, newScript(), opt)
	for n := range 50 {
		text := fmt.Sprint("text ", n)
		r := c.Execute("out " + text + "\nerr " + text + "\ndisplay d\nout end")
		c.ExpectStart(r, n+1)
		c.ExpectStream(r, "stdout", text)
		c.ExpectStream(r, "stderr", text)
		c.Expect(r, jupyter.IOPub, jupyter.TypeDisplayData)
		c.ExpectStream(r, "stdout", "end")
		done(c, r, "ok")
	}
}

// A stream that front ends do not know is an error of the language.
func TestStreamOfAnotherName(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	ranEmpty(c, 1)
	for _, name := range []string{"", "out", "Stdout"} {
		if err := l.ambient().Stream(name, "x"); err == nil || !strings.Contains(err.Error(), "stdout or stderr") {
			t.Errorf("Stream(%q): %v", name, err)
		}
	}
	if err := l.ambient().UpdateDisplay(nil, nil, ""); err == nil {
		t.Error("UpdateDisplay without an id: no error")
	}
}

// Who writes text as bytes may use them again at once.
func TestStreamBytes(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := ranEmpty(c, 1)
	buf := make([]byte, 7)
	var want strings.Builder
	for n := range 1000 {
		text := fmt.Sprintf("%06d\n", n)
		want.WriteString(text)
		copy(buf, text)
		must(t, l.ambient().StreamBytes("stdout", buf))
		copy(buf, "changed")
	}
	c.ExpectStream(r, "stdout", want.String())
}

// Text of any kind and size comes as it was written, though its memory, and that
// of the messages before, is used again.
func TestK3TextComesAsItWas(t *testing.T) { run(t, testTextAsItWas) }

func testTextAsItWas(t *testing.T, opt *kerneltest.Options) {
	l := newScript()
	c := kerneltest.Start(t, l, opt)
	r := ranEmpty(c, 1)
	memory := make([]byte, 1<<20)
	for round := range 2 {
		for i, line := range []string{"plain", "a line\n", "50%\r", "\x01\"\\", "größe 世界\n", "\xff\u2028"} {
			var want strings.Builder
			for _, n := range []int{1, 30, 3000, 20_000, 7} {
				text := strings.Repeat(line, n) + fmt.Sprint(round)
				must(t, l.ambient().StreamBytes("stdout", memory[:copy(memory, text)]))
				clear(memory)
				want.WriteString(text)
			}
			must(t, l.ambient().Display(nil, nil, fmt.Sprint(i)))
			c.ExpectStream(r, "stdout", strings.ToValidUTF8(want.String(), "\ufffd"))
			c.Expect(r, jupyter.IOPub, jupyter.TypeDisplayData)
		}
	}
}

func TestK3LateOutputKeepsItsParent(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	first := ranEmpty(c, 1)
	late := l.lastRequest()
	second := ranEmpty(c, 2)
	// A silent request is not one whose place output could appear in.
	silent := c.Request(jupyter.Shell, &jupyter.ExecuteRequest{Code: "", Silent: true})
	c.ExpectBusy(silent)
	done(c, silent, "ok")

	must(t, late.Stream("stdout", "of the first"))
	c.ExpectStream(first, "stdout", "of the first")
	must(t, late.Display(nil, nil, ""))
	c.Expect(first, jupyter.IOPub, jupyter.TypeDisplayData)
	must(t, l.ambient().Stream("stdout", "of the last"))
	c.ExpectStream(second, "stdout", "of the last")
	must(t, l.ambient().Display(nil, nil, ""))
	c.Expect(second, jupyter.IOPub, jupyter.TypeDisplayData)
}

// connectLate starts a kernel of l and connects when the language has started.
func connectLate(t *testing.T, l *script) *kerneltest.Client {
	t.Helper()
	k := kerneltest.StartKernel(t, l, nil)
	for l.ambient() == nil || k.Server.Stats().Starting {
		time.Sleep(time.Millisecond)
	}
	return k.Connect(t)
}

func TestOutputOfStartWaitsForASubscriber(t *testing.T) {
	l := newScript()
	l.startText = []string{"wel", "come", strings.Repeat("x", 5<<20)}
	c := connectLate(t, l)
	c.ExpectStream(&jupyter.Message{}, "stdout", "welcome"+strings.Repeat("x", 5<<20))
}

// A client connects its sockets one by one: its first cell may run before its
// subscription arrives. That is no reason to lose what the cell shows, and no time to
// say that the kernel starts.
func TestK7ACellBeforeTheSubscription(t *testing.T) { run(t, testK7BeforeSubscription) }

func testK7BeforeSubscription(t *testing.T, opt *kerneltest.Options) {
	c := kerneltest.StartKernel(t, newScript(), opt).Connect(t, jupyter.IOPub)
	info := c.Request(jupyter.Shell, &jupyter.KernelInfoRequest{})
	c.ExpectReply(info)
	r := c.Execute("out before")
	c.ExpectReplyStatus(r, "ok")
	c.Redial(jupyter.IOPub)
	c.Expect(&jupyter.Message{}, jupyter.IOPub, jupyter.TypeIOPubWelcome)
	c.ExpectBusy(info)
	c.ExpectIdle(info)
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", "before")
	c.ExpectIdle(r)
	ranEmpty(c, 2)
}

// The kernel says that it starts also to a client that has asked about it before.
func TestK7TheStartIsHeardBeforeAnyCell(t *testing.T) {
	c := kerneltest.StartKernel(t, newScript(), nil).Connect(t, jupyter.IOPub)
	info := c.Request(jupyter.Shell, &jupyter.KernelInfoRequest{})
	c.ExpectReply(info)
	c.Redial(jupyter.IOPub)
	c.Expect(&jupyter.Message{}, jupyter.IOPub, jupyter.TypeIOPubWelcome)
	m := c.Expect(&jupyter.Message{}, jupyter.IOPub, jupyter.TypeStatus)
	if s, err := jupyter.Decode[jupyter.Status](m); err != nil || s.ExecutionState != jupyter.StateStarting {
		t.Errorf("first comes %s, %v; want starting", m.Content, err)
	}
	c.ExpectBusy(info)
	c.ExpectIdle(info)
}

// What nobody subscribes to takes bounded memory and does not hold up the language:
// the newest is kept.
func TestK7OutputWithoutASubscriberIsBounded(t *testing.T) {
	var log logBuffer
	c := kerneltest.StartKernel(t, newScript(), &kerneltest.Options{
		Config: &kernel.Config{Backlog: 50_000, Logger: slog.New(slog.NewTextHandler(&log, nil))},
	}).Connect(t, jupyter.IOPub)
	var r *jupyter.Message
	for range 1000 {
		r = c.Execute("big 1000")
		c.ExpectReplyStatus(r, "ok")
	}
	c.Redial(jupyter.IOPub)
	c.Expect(&jupyter.Message{}, jupyter.IOPub, jupyter.TypeIOPubWelcome)
	displays := 0
	for last := false; !last; {
		m := c.Next(jupyter.IOPub)
		if m.Header.MsgType == jupyter.TypeDisplayData {
			displays++
		}
		parent, err := m.Parent()
		must(t, err)
		last = parent.MsgID == r.Header.MsgID && strings.Contains(string(m.Content), jupyter.StateIdle)
	}
	if displays < 10 || displays > 50 {
		t.Errorf("%d displays of 1,000 bytes were kept, want some 20", displays)
	}
	if n := strings.Count(log.String(), "nobody subscribes to iopub"); n != 1 {
		t.Errorf("the log says %d times that something is lost, want once", n)
	}
}

func TestOutputOfStartWaitsAsleep(t *testing.T) { synctest.Test(t, testOutputWaitsAsleep) }

// testOutputWaitsAsleep would not come back if something looked again and again.
func testOutputWaitsAsleep(t *testing.T) {
	l := newScript()
	l.startText = []string{"welcome"}
	k := kerneltest.StartKernel(t, l, nil)
	synctest.Wait()
	c := k.Connect(t)
	c.ExpectStream(&jupyter.Message{}, "stdout", "welcome")
}

// A subscriber that is there hears what the language says before any request.
func TestOutputOfStartDoesNotWaitForARequest(t *testing.T) {
	l := newScript()
	l.startc = make(chan struct{})
	c := kerneltest.Start(t, l, nil)
	for l.ambient() == nil {
		time.Sleep(time.Millisecond)
	}
	must(t, l.ambient().Stream("stdout", "loading\n"))
	c.ExpectStream(&jupyter.Message{}, "stdout", "loading\n")
	close(l.startc)
}

// Text that waits for a subscriber is joined as other text is: a language that
// starts with a dot for each of its steps says all of them in one message.
func TestOutputOfStartIsJoined(t *testing.T) {
	l := newScript()
	l.startText = slices.Repeat([]string{"."}, 100_000)
	c := connectLate(t, l)
	s, err := jupyter.Decode[jupyter.Stream](c.Next(jupyter.IOPub))
	if err != nil || len(s.Text) != 100_000 {
		t.Errorf("the first message has %d bytes, %v; want all 100,000", len(s.Text), err)
	}
	c.Forget()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestK7StreamsAreCoalesced(t *testing.T) { synctest.Test(t, testK7Coalesced) }

// testK7Coalesced runs on fake time: the first line goes out at once, then text
// is joined for 50 ms, and nothing overtakes it.
func testK7Coalesced(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := ranEmpty(c, 1)
	out := l.ambient()
	start := time.Now()
	texts := func(want ...string) {
		t.Helper()
		synctest.Wait()
		for _, w := range want {
			m := c.Expect(r, jupyter.IOPub, jupyter.TypeStream)
			if s, err := jupyter.Decode[jupyter.Stream](m); err != nil || s.Name+" "+s.Text != w {
				t.Fatalf("stream %+v, want %q", s, w)
			}
		}
		if n := c.Unread(); n != 0 {
			t.Fatalf("after %v, %d more messages than %q", time.Since(start), n, want)
		}
	}
	must(t, out.Stream("stdout", "a\n"))
	texts("stdout a\n") // the first line, at once
	must(t, out.Stream("stdout", "b"))
	must(t, out.Stream("stdout", "c"))
	must(t, out.Stream("stderr", "d"))
	must(t, out.Stream("stderr", "e"))
	must(t, out.Stream("stdout", "f"))
	texts()
	time.Sleep(49 * time.Millisecond)
	texts()
	time.Sleep(time.Millisecond)
	texts("stdout bc", "stderr de", "stdout f")

	must(t, out.Stream("stdout", "g"))
	must(t, out.ClearOutput(false)) // overtakes nothing
	synctest.Wait()
	c.ExpectStream(r, "stdout", "g")
	c.Expect(r, jupyter.IOPub, jupyter.TypeClearOutput)
	time.Sleep(time.Second)
	must(t, out.Stream("stdout", "step ")) // a line in pieces
	texts()
	time.Sleep(49 * time.Millisecond)
	must(t, out.Stream("stdout", "1\n"))
	texts("stdout step 1\n")
	time.Sleep(time.Second)
	must(t, out.Stream("stdout", "done\n100 %\rname? "))
	texts("stdout done\n100 %\r")
	time.Sleep(50 * time.Millisecond)
	texts("stdout name? ") // it has waited long enough
	time.Sleep(time.Second)
	must(t, out.Stream("stdout", "i"))
	must(t, out.Flush(t.Context()))
	texts("stdout i")
	must(t, out.Stream("stdout", ""))
	texts()
	for range 1000 {
		must(t, out.Stream("stdout", "x"))
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	if n := c.Unread(); n < 15 || n > 22 {
		t.Errorf("1000 pieces in a second became %d messages, want about 20", n)
	}
	c.ExpectStream(r, "stdout", strings.Repeat("x", 1000))
}

func TestK7AMegabyteIsNotHeldBack(t *testing.T) { synctest.Test(t, testK7Megabyte) }

// testK7Megabyte: no time passes.
func testK7Megabyte(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := ranEmpty(c, 1)
	must(t, l.ambient().Stream("stdout", "first\n")) // goes out at once
	line := strings.Repeat("x", 1023) + "\n"
	for range 1024 {
		must(t, l.ambient().Stream("stdout", line))
	}
	synctest.Wait()
	if n := c.Unread(); n < 4 {
		t.Errorf("a megabyte of text, and what went out are %d messages", n)
	}
	c.ExpectStream(r, "stdout", "first\n"+strings.Repeat(line, 1024))
}

func TestK7NoCoalescing(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, &kerneltest.Options{Config: &kernel.Config{StreamInterval: -1}})
	r := c.Execute("out a\nout b")
	c.ExpectStart(r, 1)
	for _, text := range []string{"a", "b"} {
		if m := c.Expect(r, jupyter.IOPub, jupyter.TypeStream); !strings.Contains(string(m.Content), text) {
			t.Errorf("stream %s, want %q", m.Content, text)
		}
	}
	done(c, r, "ok")
}

func TestInvalidUTF8DoesNotBreakMessages(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := c.Execute("out a\xffb") // the request's own text is repaired by the client's JSON
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", "a\ufffdb")
	done(c, r, "ok")
	must(t, l.ambient().Stream("stdout", "é\xe2\x82"))
	c.ExpectStream(r, "stdout", "é\ufffd\ufffd")
}

func TestK7LongTextIsCutBetweenCharacters(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := ranEmpty(c, 1)
	text := "x" + strings.Repeat("𝄞", 100_000)
	must(t, l.ambient().Stream("stdout", text))
	must(t, l.ambient().Flush(t.Context()))
	c.ExpectStream(r, "stdout", text)
}

func TestK7SlowSubscriberPushesBack(t *testing.T) { synctest.Test(t, testK7Slow) }

func testK7Slow(t *testing.T) {
	const backlog = 1 << 17
	l := newScript()
	c := kerneltest.Start(t, l, &kerneltest.Options{Config: &kernel.Config{Backlog: backlog}})
	r := ranEmpty(c, 1)
	iopub := c.Line(jupyter.IOPub)
	iopub.Stall()
	var want strings.Builder
	var printed atomic.Int64
	go func() {
		line := strings.Repeat("x", 99) + "\n"
		for range 10_000 { // 1 MB
			want.WriteString(line)
			if l.ambient().Stream("stdout", line) != nil {
				return
			}
			printed.Add(int64(len(line)))
		}
		if l.ambient().Display(nil, nil, "") != nil {
			return
		}
		printed.Store(-1)
	}()
	time.Sleep(time.Hour)
	synctest.Wait()
	if n := printed.Load(); n < backlog/2 || n > 2*backlog {
		t.Errorf("the language could print %d bytes to a subscriber that reads nothing, the backlog is %d", n, backlog)
	}
	if n := iopub.Waiting(); n > 2*backlog {
		t.Errorf("%d bytes wait for the subscriber, the backlog is %d", n, backlog)
	}
	// Control, and what the framework itself has to say, are not held back.
	i := c.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
	c.Await(i, jupyter.Control, jupyter.TypeKernelInfoReply)
	iopub.Resume()
	time.Sleep(time.Second)
	synctest.Wait()
	if n := printed.Load(); n != -1 {
		t.Fatalf("the language is stuck at %d bytes though the subscriber reads again", n)
	}
	c.Await(i, jupyter.IOPub, jupyter.TypeStatus)
	c.Await(i, jupyter.IOPub, jupyter.TypeStatus)
	c.ExpectStream(r, "stdout", want.String())
	c.Expect(r, jupyter.IOPub, jupyter.TypeDisplayData)
}

// Text that changes between the streams with every byte becomes many messages:
// they count, and not their text alone.
func TestK7ManySmallPiecesPushBack(t *testing.T) { synctest.Test(t, testK7SmallPieces) }

func testK7SmallPieces(t *testing.T) {
	const backlog, pieces = 100_000, 1_000
	l := newScript()
	c := kerneltest.Start(t, l, &kerneltest.Options{Config: &kernel.Config{Backlog: backlog}})
	r := ranEmpty(c, 1)
	iopub := c.Line(jupyter.IOPub)
	iopub.Stall()
	var printed atomic.Int64
	go func() {
		for range pieces {
			if l.ambient().Stream("stdout", "o") != nil || l.ambient().Stream("stderr", "e") != nil {
				return
			}
			printed.Add(1)
		}
	}()
	time.Sleep(time.Hour)
	synctest.Wait()
	if n := printed.Load(); n > 2*backlog/500 {
		t.Errorf("%d pieces were taken for a subscriber that reads nothing", n)
	}
	iopub.Resume()
	for printed.Load() < pieces {
		time.Sleep(time.Second)
	}
	must(t, l.ambient().Flush(t.Context()))
	for range pieces {
		c.ExpectStream(r, "stdout", "o")
		c.ExpectStream(r, "stderr", "e")
	}
}

func TestK7PushBackEndsWithTheKernel(t *testing.T) { synctest.Test(t, testK7PushBackEnds) }

func testK7PushBackEnds(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, &kerneltest.Options{Config: &kernel.Config{Backlog: 1000}})
	c.Line(jupyter.IOPub).Stall()
	c.Execute("flood 1000000")
	synctest.Wait()
	start := time.Now()
	must(t, c.Kernel.Server.Close())
	must(t, c.Kernel.Wait())
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("the end took %v", d)
	}
	c.Forget()
}

func TestK7Flush(t *testing.T) { synctest.Test(t, testK7Flush) }

func testK7Flush(t *testing.T) {
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	r := ranEmpty(c, 1)
	out, iopub := l.ambient(), c.Line(jupyter.IOPub)
	must(t, out.Flush(t.Context())) // nothing to wait for
	iopub.Stall()
	must(t, out.Stream("stdout", "x"))
	flushed := make(chan error, 2)
	for range 2 {
		go func() { flushed <- out.Flush(context.Background()) }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := out.Flush(ctx); err == nil {
		t.Error("Flush returned though the subscriber has accepted nothing")
	}
	synctest.Wait()
	if len(flushed) != 0 {
		t.Error("Flush returned though the subscriber has accepted nothing")
	}
	iopub.Resume()
	must(t, <-flushed)
	must(t, <-flushed)
	c.ExpectStream(r, "stdout", "x")
	c.Kernel.Server.Close()
	must(t, c.Kernel.Wait())
	must(t, out.Flush(t.Context())) // nothing to wait for, ever
}

func TestK7EverySubscriptionIsWelcomed(t *testing.T) {
	c := kerneltest.Start(t, newScript(), nil)
	got := make(chan string, 10)
	codec, err := jupyter.NewCodec("", c.Kernel.Info.Key)
	must(t, err)
	line, err := c.Kernel.Net.Dial(c.Kernel.Info.Endpoint(jupyter.IOPub), "x", func(frames [][]byte) {
		m, err := codec.Decode(frames)
		if err != nil {
			t.Error(err)
			return
		}
		got <- string(m.Identities[0]) + " " + string(m.Content) + " " + string(m.ParentHeader)
	})
	must(t, err)
	defer line.Close()
	for _, prefix := range []string{"only this", "and that", "and that"} {
		must(t, line.Subscribe(prefix))
		want := prefix + ` {"subscription":"` + prefix + `"} {}`
		if m := <-got; m != want {
			t.Errorf("welcome %s, want %s", m, want)
		}
	}
}

// A front end may subscribe to some types only: the topic is of the form
// kernel.ID.TYPE, with one ID for all that a kernel publishes; that of a stream
// also names it.
func TestTopicsSayTheType(t *testing.T) {
	t.Parallel()
	c := kerneltest.Start(t, newScript(), nil)
	topics := make(chan string, 10)
	line, err := c.Kernel.Net.Dial(c.Kernel.Info.Endpoint(jupyter.IOPub), "topics", func(frames [][]byte) {
		topics <- string(frames[0])
	})
	must(t, err)
	defer line.Close()
	must(t, line.Subscribe("kernel."))
	if welcome := <-topics; welcome != "kernel." {
		t.Fatalf("the topic of the welcome is %q", welcome)
	}
	r := c.Execute("out text\ndisplay d")
	c.ExpectStart(r, 1)
	c.ExpectStream(r, "stdout", "text")
	c.Expect(r, jupyter.IOPub, jupyter.TypeDisplayData)
	done(c, r, "ok")
	id := ""
	for _, typ := range []string{"status", "execute_input", "stream.stdout", "display_data", "status"} {
		topic := <-topics
		before, found := strings.CutSuffix(topic, "."+typ)
		if !found || !strings.HasPrefix(before, "kernel.") || id != "" && before != id {
			t.Errorf("the topic of a %s message is %q", typ, topic)
		}
		id = before
	}
}
