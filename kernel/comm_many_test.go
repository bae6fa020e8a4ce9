//go:build !race

package kernel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// TestComms2000 opens 2,000 comms from either side, uses each, and closes them.
func TestComms2000(t *testing.T) {
	t.Parallel()
	const n = 2000
	l := newScript()
	c := kerneltest.Start(t, l, nil)
	ranEmpty(c, 1)
	// say sends content and expects what the kernel says between its busy and idle.
	say := func(content jupyter.Content, types ...string) {
		t.Helper()
		m := c.Request(jupyter.Shell, content)
		c.ExpectBusy(m)
		for _, typ := range types {
			c.Expect(m, jupyter.IOPub, typ)
		}
		c.ExpectIdle(m)
	}
	for i := range n {
		say(&jupyter.CommOpen{CommID: fmt.Sprint(i), TargetName: "echo"})
	}
	var ours []*kernel.Comm
	out := l.ambient()
	for range n {
		comm, err := out.OpenComm(&kernel.CommOpening{Target: "ours"}, commPrint{})
		must(t, err)
		must(t, comm.Send(out, nil, nil))
		ours = append(ours, comm)
	}
	for range 2 * n {
		c.Next(jupyter.IOPub)
	}
	for _, target := range []string{"echo", "ours"} {
		if got := strings.Count(commInfo(c, target), `"target_name"`); got != n {
			t.Errorf("%d comms of target %q are open, want %d", got, target, n)
		}
	}
	for i := range n {
		say(&jupyter.CommMsg{CommID: fmt.Sprint(i)}, jupyter.TypeCommMsg)
		say(&jupyter.CommMsg{CommID: ours[i].ID}, jupyter.TypeStream)
		say(&jupyter.CommClose{CommID: fmt.Sprint(i)})
		must(t, ours[i].Close(out, nil))
		c.Next(jupyter.IOPub)
	}
	if got := commInfo(c, ""); got != `{"status":"ok","comms":{}}` {
		t.Errorf("comm_info after all were closed: %.100s", got)
	}
}
