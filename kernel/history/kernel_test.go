package history_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/history"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// quiet is a language whose programs do nothing.
type quiet struct{}

func (quiet) Info() kernel.Info                           { return kernel.Info{} }
func (quiet) Start(context.Context, *kernel.Output) error { return nil }
func (quiet) Shutdown(context.Context, bool) error        { return nil }
func (quiet) Execute(context.Context, *kernel.Request) (*kernel.Result, error) {
	return nil, nil
}

// TestRestartKeepsHistory executes a cell in a kernel, restarts it, and asks the
// new kernel.
func TestRestartKeepsHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history.sqlite")
	start := func() *kerneltest.Client {
		return kerneltest.Start(t, quiet{}, &kerneltest.Options{
			Config: &kernel.Config{History: history.Open(file, nil)},
		})
	}
	c := start()
	r := c.Execute("x <- 1")
	c.ExpectStart(r, 1)
	c.ExpectReplyStatus(r, jupyter.StatusOK)
	c.ExpectIdle(r)
	s := c.Request(jupyter.Control, &jupyter.ShutdownRequest{Restart: true})
	c.ExpectBusy(s)
	c.ExpectReplyStatus(s, jupyter.StatusOK)
	c.ExpectIdle(s)
	<-c.Kernel.Done()

	c = start()
	for _, tt := range []struct{ request, want string }{
		{`{"output":false,"raw":true,"hist_access_type":"tail","n":1}`, `{"status":"ok","history":[[1,1,"x <- 1"]]}`},
		{`{"output":false,"raw":true,"hist_access_type":"range","session":-1}`, `{"status":"ok","history":[[1,1,"x <- 1"]]}`},
		{`{"output":false,"raw":true,"hist_access_type":"range","session":0}`, `{"status":"ok","history":[]}`},
	} {
		r := c.Request(jupyter.Shell, &jupyter.RawContent{Type: jupyter.TypeHistoryRequest, JSON: []byte(tt.request)})
		c.ExpectBusy(r)
		if got := string(c.ExpectReply(r).Content); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.request, got, tt.want)
		}
		c.ExpectIdle(r)
	}
}
