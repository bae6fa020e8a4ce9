//go:build !race

package kernel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// TestK7Welcome500 has 500 clients come one after the other, execute as soon as
// they are welcome, and leave: each sees its busy, its output and its idle.
func TestK7Welcome500(t *testing.T) {
	k := kerneltest.StartKernel(t, newScript(), &kerneltest.Options{Transport: "tcp"})
	for n := range 500 {
		ok := t.Run("", func(t *testing.T) {
			c := k.Connect(t)
			r := c.Execute("out hello")
			c.ExpectStart(r, n+1)
			c.ExpectStream(r, "stdout", "hello")
			done(c, r, "ok")
		})
		if !ok {
			return
		}
	}
}

// TestK7Lines200k prints 200,000 lines and shows displays of 5 MB to a client
// that takes a millisecond for each message: all arrives, in order, and the
// idle last. While the output waits for the client, control is answered.
func TestK7Lines200k(t *testing.T) {
	const lines = 200_000
	k := kerneltest.StartKernel(t, newScript(), &kerneltest.Options{Transport: "tcp"})
	c, other := k.Connect(t), k.Connect(t)
	var want strings.Builder
	for i := range lines {
		fmt.Fprintln(&want, i)
	}
	code := fmt.Sprintf("flood %d\n%sflood %d", lines, strings.Repeat("big 5000000\n", 5), lines)
	r := c.Execute(code)
	c.ExpectStart(r, 1)
	i := other.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
	other.Await(i, jupyter.Control, jupyter.TypeKernelInfoReply)
	awaitIdle(other, i)
	var got strings.Builder
	displays := 0
	for idle := false; !idle; time.Sleep(time.Millisecond) {
		switch _, m := c.NextOf(jupyter.IOPub); m.Header.MsgType {
		case jupyter.TypeStream:
			s, err := jupyter.Decode[jupyter.Stream](m)
			must(t, err)
			got.WriteString(s.Text)
		case jupyter.TypeDisplayData:
			displays++
			if got.String() != want.String() {
				t.Fatalf("%d bytes before display %d, want %d", got.Len(), displays, want.Len())
			}
		case jupyter.TypeStatus: // or busy, still
			idle = string(m.Content) == `{"execution_state":"idle"}`
		}
	}
	c.ExpectReply(r)
	if got.String() != want.String()+want.String() || displays != 5 {
		t.Errorf("%d bytes and %d displays came, want %d and 5", got.Len(), displays, 2*want.Len())
	}
}
