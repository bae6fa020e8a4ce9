package kerneltest_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// A recorder is a test that records its failures.
type recorder struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (r *recorder) Helper()                      {}
func (r *recorder) Failed() bool                 { return len(r.failures) > 0 }
func (r *recorder) Cleanup(f func())             { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Error(args ...any)            { r.failures = append(r.failures, fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, args ...any) { r.Error(fmt.Sprintf(f, args...)) }
func (r *recorder) Fatal(args ...any)            { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); runtime.Goexit() }

// record runs test and returns its failures.
func record(test func(testing.TB)) string {
	r := &recorder{}
	do := func(f func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
	do(func() { test(r) })
	for i := range r.cleanups {
		do(r.cleanups[len(r.cleanups)-1-i])
	}
	return strings.Join(r.failures, "\n")
}

// A greeter is a parrot that says something while it starts.
type greeter struct{ parrot }

func (greeter) Info() kernel.Info {
	return kernel.Info{
		Implementation: "greeter",
		Language:       jupyter.LanguageInfo{Name: "greeter", FileExtension: ".txt"},
	}
}

func (greeter) Start(_ context.Context, out *kernel.Output) error {
	return out.Stream(jupyter.Stdout, "good morning\n")
}

func TestLanguageMayPrintWhileItStarts(t *testing.T) {
	kerneltest.TestLanguage(t, func() kernel.Language { return greeter{} }, kerneltest.Samples{
		Print: "hello", PrintText: "hello",
	})
}

// A mumbler asks with another prompt than it was told.
type mumbler struct{ parrot }

func (mumbler) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	_, err := req.Input(ctx, strings.TrimSpace(req.Code), false)
	return nil, err
}

func TestStormOfAnotherPrompt(t *testing.T) {
	got := record(func(t testing.TB) {
		kerneltest.Storm(t, kerneltest.Start(t, mumbler{}, nil), func(p string) string { return p }, 1)
	})
	if want := `asks with "prompt 1", want "prompt 1 "`; !strings.Contains(got, want) {
		t.Errorf("failures %q, want %q", got, want)
	}
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name string
		test func(c *kerneltest.Client)
		want string // in the failures; "" for none
	}{
		{"nothing sent", func(*kerneltest.Client) {}, ""},
		{"everything read", func(c *kerneltest.Client) {
			r := c.Execute("hello")
			c.ExpectStart(r, 1)
			c.ExpectStream(r, "stdout", "hello")
			c.ExpectReply(r)
			c.ExpectIdle(r)
		}, ""},
		{"unread", func(c *kerneltest.Client) {
			r := c.Execute("hello")
			c.ExpectStart(r, 1)
			c.Await(r, jupyter.IOPub, jupyter.TypeStatus)
		}, `unread on iopub: stream {"name":"stdout","text":"hello"}`},
		{"other type", func(c *kerneltest.Client) {
			r := c.Execute("hello")
			c.ExpectBusy(r)
			c.ExpectIdle(r)
		}, `on iopub came execute_input {"code":"hello","execution_count":1}, want status`},
		{"other channel", func(c *kerneltest.Client) {
			r := c.Execute("")
			c.ExpectBusy(r)
			c.ExpectReply(r)
		}, `on iopub came execute_input {"code":"","execution_count":1}, want a message on shell`},
		{"other text", func(c *kerneltest.Client) {
			r := c.Execute("hello")
			c.ExpectStart(r, 1)
			c.ExpectStream(r, "stdout", "hallo")
		}, `text "hello" on stdout, want "hallo"`},
		{"other stream", func(c *kerneltest.Client) {
			r := c.Execute("hello")
			c.ExpectStart(r, 1)
			c.ExpectStream(r, "stderr", "hello")
		}, `text "hello" on stdout, want "hello" on stderr`},
		{"other count", func(c *kerneltest.Client) {
			c.ExpectStart(c.Execute("hello"), 2)
		}, `want "hello", 2`},
		{"other parent", func(c *kerneltest.Client) {
			first := c.Execute("")
			c.Execute("")
			c.ExpectStart(first, 1)
			c.ExpectReply(first)
			c.ExpectIdle(first)
			c.ExpectBusy(first)
		}, "has parent"},
		{"other status", func(c *kerneltest.Client) {
			r := c.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
			c.ExpectBusy(r)
			c.ExpectReplyStatus(r, "error")
		}, "want status error"},
		{"no such request", func(c *kerneltest.Client) {
			r := c.Request(jupyter.Shell, &jupyter.ShutdownReply{})
			c.ExpectBusy(r)
			c.ExpectIdle(r)
		}, "the client sends on shell shutdown_reply"},
	}
	for _, tt := range tests {
		for _, transport := range []string{"", "tcp"} {
			if transport == "tcp" && tt.name == "other channel" {
				continue // real sockets have no order between them
			}
			got := record(func(t testing.TB) {
				tt.test(kerneltest.Start(t, parrot{}, &kerneltest.Options{Transport: transport}))
			})
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("%s over %q: failures %q, want %q", tt.name, transport, got, tt.want)
			}
		}
	}
}
