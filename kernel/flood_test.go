//go:build !race

package kernel_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
	"github.com/adrastea-kernel/adrastea/zmq"
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
	asked := time.Now()
	i := other.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
	other.Await(i, jupyter.Control, jupyter.TypeKernelInfoReply)
	if d := time.Since(asked); d > 5*time.Second {
		t.Errorf("control took %v", d)
	}
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
		case jupyter.TypeStatus:
			idle = true
		}
	}
	c.ExpectReply(r)
	if got.String() != want.String()+want.String() || displays != 5 {
		t.Errorf("%d bytes and %d displays came, want %d and 5", got.Len(), displays, 2*want.Len())
	}
}

// TestK7SlowClientMemory prints 1 GiB while one subscriber reads nothing: what
// the kernel holds for it stays within the bound, others are served, and when
// it is cut off they get the rest.
func TestK7SlowClientMemory(t *testing.T) {
	const lines = 1_073_742 // of a thousand bytes
	const bound = 64 << 20  // of kernel and clients, with the garbage of a moment
	k := kerneltest.StartKernel(t, newScript(), &kerneltest.Options{
		Transport: "tcp", Config: &kernel.Config{StallTimeout: 3 * time.Second},
	})
	c := k.Connect(t)
	dead, err := zmq.NewSocket(zmq.Sub, &zmq.Config{RecvQueue: 1})
	must(t, err)
	defer dead.Close()
	must(t, dead.Subscribe(nil))
	must(t, dead.Connect(k.Info.Endpoint(jupyter.IOPub)))
	<-dead.Recv() // the welcome; after it, nothing is read
	reader := subscribe(t, k)
	var read atomic.Int64
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for m := range reader.Recv() {
			for _, f := range m.Frames {
				read.Add(int64(len(f)))
			}
			m.Recycle()
		}
	}()

	debug.FreeOSMemory() // what tests before this one have left
	before, most := heap(), uint64(0)
	c.Discard()
	c.Execute(fmt.Sprint("wide ", lines))
	for deadline := time.Now().Add(90 * time.Second); read.Load() < 1000*lines; {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes came", read.Load())
		}
		most = max(most, heap())
		time.Sleep(20 * time.Millisecond)
	}
	if most > before+bound {
		t.Errorf("the heap grew from %d to %d MiB", before>>20, most>>20)
	}
	t.Logf("heap: %d MiB before, at most %d MiB", before>>20, most>>20)
	must(t, reader.Close())
	<-ended
}

// heap returns the bytes of the heap that are in use, garbage included.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
