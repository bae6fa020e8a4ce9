package client_test

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// A peer is a kernel of other people, and the code for it that does what every
// kernel can do.
type peer struct {
	spec func(t *testing.T) *jupyter.KernelSpec

	print, fail, ask, loop string
	partial, completion    string // the name that begins so, and the name
	inspect                string
	open                   string // incomplete

	// deaf says that the kernel does not read control while it waits for input,
	// so that nobody can know which output it has sent before a question.
	deaf bool
}

var peers = map[string]peer{
	"ipykernel": {
		spec: func(t *testing.T) *jupyter.KernelSpec {
			return &jupyter.KernelSpec{Argv: []string{
				testenv.Python(t, "ipykernel"), "-m", "ipykernel_launcher", "-f", "{connection_file}",
			}}
		},
		print:   `print("hello")`,
		fail:    `raise ValueError("no")`,
		ask:     `print("explained"); print("<" + input("who? ") + ">")`,
		loop:    "print('looping', flush=True)\nwhile True: pass",
		partial: "import o", completion: "os",
		inspect: "print",
		open:    "def f(x):",
	},
	"IRkernel": {
		spec: func(t *testing.T) *jupyter.KernelSpec {
			testenv.RPackage(t, "IRkernel")
			return &jupyter.KernelSpec{Argv: []string{
				testenv.Command(t, "R"), "--slave", "-e", "IRkernel::main()", "--args", "{connection_file}",
			}}
		},
		print:   `cat("hello\n")`,
		fail:    `stop("no")`,
		ask:     `cat("explained\n"); cat("<", readline("who? "), ">\n", sep = "")`,
		loop:    `cat("looping\n"); flush.console(); while (TRUE) {}`,
		partial: "Sys.getpi", completion: "Sys.getpid",
		inspect: "print",
		open:    "f <- function(x) {",
		deaf:    true,
	},
	"echo": {
		spec: func(t *testing.T) *jupyter.KernelSpec {
			bin := filepath.Join(t.TempDir(), "echo")
			build := exec.Command(testenv.Command(t, "go"), "build", "-o", bin, "./examples/echo")
			build.Dir = testenv.Root(t)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			return &jupyter.KernelSpec{
				Argv: []string{bin, "{connection_file}"}, InterruptMode: jupyter.InterruptByMessage,
			}
		},
		print: "hello",
	},
}

// TestPeers runs every kind of call against kernels of other people.
func TestPeers(t *testing.T) {
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			for _, transport := range []string{"tcp", "ipc"} {
				t.Run(transport, func(t *testing.T) { testPeer(t, p, transport) })
			}
		})
	}
}

func testPeer(t *testing.T, p peer, transport string) {
	cfg := &client.Config{Transport: transport, ShutdownTimeout: testTimeout, Env: []string{"IPYTHONDIR=" + t.TempDir(), "XDG_STATE_HOME=" + t.TempDir()}}
	c, err := client.Start(testContext(t), p.spec(t), config(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if out := output(t, c, p.print, nil); !strings.Contains(out, "hello") {
		t.Errorf("Execute(%q) shows %q, want hello", p.print, out)
	}
	if p.fail != "" {
		testPeerCode(t, c, p)
		testPeerQuestions(t, c, p)
	}
	if _, err := c.CommInfo(testContext(t), ""); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("CommInfo: %v", err)
	}
	if err := c.Restart(testContext(t)); err != nil {
		t.Fatalf("Restart: %v", err)
	}
	if out := output(t, c, p.print, nil); !strings.Contains(out, "hello") {
		t.Errorf("after Restart, Execute(%q) shows %q, want hello", p.print, out)
	}
	if err := c.Shutdown(testContext(t)); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if exit, ok := errors.AsType[*client.ExitError](c.Err()); !ok || exit.Code != 0 {
		t.Errorf("Err after Shutdown: %v, want exit status 0", c.Err())
	}
}

// testPeerCode runs code that fails, asks, and does not end.
func testPeerCode(t *testing.T, c *client.Client, p peer) {
	reply, err := c.Execute(testContext(t), p.fail, nil)
	if err != nil || reply.Status != jupyter.StatusError {
		t.Errorf("Execute(%q) = %+v, %v; want status error", p.fail, reply, err)
	}
	if !p.deaf {
		client.WaitForBarriers(t, testTimeout)
	}
	for range 3 {
		var before streams
		shown := output(t, c, p.ask, &client.ExecuteOptions{
			Output: before.add,
			Input: func(_ context.Context, q *jupyter.InputRequest) (string, error) {
				if q.Prompt != "who? " ||
					!p.deaf && !strings.Contains(before.text.String(), "explained") {
					t.Errorf("asked %q after the output %q", q.Prompt, before.text.String())
				}
				return "Ada", nil
			},
		})
		if !strings.Contains(shown, "<Ada>") {
			t.Errorf("Execute(%q) shows %q, want <Ada>", p.ask, shown)
		}
	}
	if reply, err := c.Execute(testContext(t), p.ask, nil); err != nil || reply.Status == jupyter.StatusOK {
		t.Errorf("Execute(%q) = %+v, %v without Input; want that it fails", p.ask, reply, err)
	}
	var once bool
	start := time.Now()
	_, err = c.Execute(testContext(t), p.loop, &client.ExecuteOptions{Output: func(m *jupyter.Message) {
		if m.Header.MsgType == jupyter.TypeStream && !once {
			once, start = true, time.Now()
			if err := c.Interrupt(testContext(t)); err != nil {
				t.Error(err)
			}
		}
	}})
	if err != nil {
		t.Errorf("Execute(%q): %v", p.loop, err)
	}
	t.Logf("interrupt to idle: %v", time.Since(start))
}

// testPeerQuestions asks the kernel what is not code.
func testPeerQuestions(t *testing.T, c *client.Client, p peer) {
	ctx := testContext(t)
	completions, err := c.Complete(ctx, p.partial, -1)
	if err != nil || !slices.Contains(completions.Matches, p.completion) {
		t.Errorf("Complete(%q) = %+v, %v; want %q", p.partial, completions, err, p.completion)
	}
	help, err := c.Inspect(ctx, p.inspect, -1, 0)
	if err != nil || !help.Found {
		t.Errorf("Inspect(%q) = %+v, %v", p.inspect, help, err)
	}
	for code, want := range map[string]string{p.open: "incomplete", p.print: "complete"} {
		if got, err := c.IsComplete(ctx, code); err != nil || got.Status != want {
			t.Errorf("IsComplete(%q) = %+v, %v; want %s", code, got, err, want)
		}
	}
	if _, err := c.KernelInfo(ctx); err != nil {
		t.Errorf("KernelInfo: %v", err)
	}
	_, err = c.History(ctx, &jupyter.HistoryRequest{AccessType: "tail", N: 3, Raw: true})
	if err != nil {
		t.Errorf("History: %v", err)
	}
}

// output executes code and returns the text of its streams and results.
func output(t *testing.T, c *client.Client, code string, opts *client.ExecuteOptions) string {
	t.Helper()
	var text strings.Builder
	o := client.ExecuteOptions{}
	if opts != nil {
		o = *opts
	}
	also := o.Output
	o.Output = func(m *jupyter.Message) {
		if also != nil {
			also(m)
		}
		switch v, _ := m.Parse(); v := v.(type) {
		case *jupyter.Stream:
			text.WriteString(v.Text)
		case *jupyter.ExecuteResult:
			s, _ := v.Data["text/plain"].(string)
			text.WriteString(s)
		}
	}
	if _, err := c.Execute(testContext(t), code, &o); err != nil {
		t.Errorf("Execute(%q): %v", code, err)
	}
	return text.String()
}

// TestJupyterClientJoins lets Jupyter's own client use the kernel that this one
// started, by the connection file.
func TestJupyterClientJoins(t *testing.T) {
	python := testenv.Python(t, "jupyter_client")
	c := startWords(t)
	script := `
import sys
from jupyter_client import BlockingKernelClient
kc = BlockingKernelClient(connection_file=sys.argv[1])
kc.load_connection_file()
kc.start_channels()
kc.wait_for_ready(timeout=30)
kc.execute_interactive("print joined", timeout=30)
kc.stop_channels()
`
	out, err := exec.Command(python, "-c", script, c.ConnectionFile()).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "joined") {
		t.Errorf("jupyter_client: %v\n%s", err, out)
	}
}

// startWords starts the kernel of words.
func startWords(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.Start(testContext(t), exampleSpec(), config(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
