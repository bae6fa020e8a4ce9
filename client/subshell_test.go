package client_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

func TestSubshells(t *testing.T) {
	t.Parallel()
	c := startWords(t)
	testSubshells(t, c, "loop", "print beside", func() {
		if err := c.Interrupt(testContext(t)); err != nil {
			t.Error(err)
		}
	})
}

// TestSubshellsOfIPykernel has code in a subshell end that of the main shell.
func TestSubshellsOfIPykernel(t *testing.T) {
	t.Parallel()
	testenv.Python(t, "ipykernel.subshell") // which came with ipykernel 7
	c := startIPykernel(t, nil)
	output(t, c, "import threading; e = threading.Event()", nil)
	testSubshells(t, c, "print('waiting', flush=True); e.wait()", "e.set(); print('beside')", func() {})
}

// testSubshells runs beside in a subshell while long runs in the main shell, and
// then calls stop, which may end long.
func testSubshells(t *testing.T, c *client.Client, long, beside string, stop func()) {
	t.Helper()
	ctx := testContext(t)
	if !slices.Contains(c.Info().SupportedFeatures, jupyter.FeatureSubshells) {
		t.Errorf("the kernel's features are %q", c.Info().SupportedFeatures)
	}
	id, err := c.CreateSubshell(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := c.Subshells(ctx); err != nil || !slices.Equal(ids, []string{id}) {
		t.Errorf("Subshells() = %q, %v; want %q", ids, err, id)
	}
	runs, done := make(chan struct{}), make(chan struct{})
	running := sync.OnceFunc(func() { close(runs) }) // it says so, maybe in several pieces
	go func() {
		defer close(done)
		output(t, c, long, &client.ExecuteOptions{Output: func(m *jupyter.Message) {
			if m.Header.MsgType == jupyter.TypeStream {
				running()
			}
		}})
	}()
	<-runs
	got := output(t, c, beside, &client.ExecuteOptions{SubshellID: id})
	if !strings.HasPrefix(got, "beside") {
		t.Errorf("code in the subshell shows %q", got)
	}
	stop()
	<-done
	if err := c.DeleteSubshell(ctx, id); err != nil {
		t.Errorf("DeleteSubshell: %v", err)
	}
	if ids, err := c.Subshells(ctx); err != nil || len(ids) != 0 {
		t.Errorf("Subshells() = %q, %v after the last was deleted", ids, err)
	}
	err = c.DeleteSubshell(ctx, id)
	if _, ok := errors.AsType[*client.ReplyError](err); !ok || !strings.Contains(err.Error(), id) {
		t.Errorf("DeleteSubshell again: %v, want a ReplyError that names it", err)
	}
}
