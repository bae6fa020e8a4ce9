package kernel_test

import (
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// BenchmarkExecute is the round trip of a cell: execute_request to reply and
// idle.
func BenchmarkExecute(b *testing.B) {
	for _, tr := range transports {
		b.Run("transport="+tr, func(b *testing.B) {
			c := kerneltest.Start(b, newScript(), &kerneltest.Options{Transport: tr})
			b.ReportAllocs()
			for b.Loop() {
				r := c.Execute("")
				c.Await(r, jupyter.Shell, jupyter.TypeExecuteReply)
				c.Await(r, jupyter.IOPub, jupyter.TypeStatus)
				c.Await(r, jupyter.IOPub, jupyter.TypeExecuteInput)
				c.Await(r, jupyter.IOPub, jupyter.TypeStatus)
			}
		})
	}
}

// BenchmarkStream is one line of text printed, coalesced and sent each at once.
func BenchmarkStream(b *testing.B) {
	for name, cfg := range map[string]*kernel.Config{"coalesced": {}, "each": {StreamInterval: -1}} {
		b.Run(name, func(b *testing.B) {
			l := newScript()
			c := kerneltest.Start(b, l, &kerneltest.Options{Transport: "tcp", Config: cfg})
			r := c.Execute("")
			c.Await(r, jupyter.Shell, jupyter.TypeExecuteReply)
			c.Discard()
			out := l.ambient()
			b.ReportAllocs()
			for b.Loop() {
				if err := out.Stream("stdout", "a line of text of the usual length\n"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
