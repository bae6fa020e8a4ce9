package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// A cost is something that is done with one message.
type cost struct {
	name  string
	do    func() error
	alone func() error // encoding/json for the same JSON, and nothing else; or nil
}

// measureMessages prints what a message of stream text costs: in the codec,
// beside encoding/json alone, and from a language's call to its frames in the
// socket, signed.
func measureMessages(w io.Writer) error {
	costs, err := codecCosts()
	if err != nil {
		return err
	}
	stream, end, err := kernelCost()
	if err != nil {
		return err
	}
	defer end()
	fmt.Fprintf(w, "%-42s%12s%12s%14s%8s\n", "a message of stream text", "time", "allocations", "encoding/json", "ratio")
	for _, c := range append(costs, stream) {
		r, err := measureCost(c.do)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Fprintf(w, "%-42s%9.2f us%12d", "  "+c.name, micros(r), r.AllocsPerOp())
		if c.alone != nil {
			alone, err := measureCost(c.alone)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			fmt.Fprintf(w, "%11.2f us%8.2f", micros(alone), micros(r)/micros(alone))
		}
		fmt.Fprintln(w)
	}
	return nil
}

func micros(r testing.BenchmarkResult) float64 {
	return float64(r.T.Nanoseconds()) / float64(r.N) / 1000
}

// measureCost measures do.
func measureCost(do func() error) (testing.BenchmarkResult, error) {
	var failed error
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if failed = do(); failed != nil {
				b.FailNow()
			}
		}
	})
	return r, failed
}

// codecCosts are a message that is made and encoded, and one that is decoded and
// parsed; that without a key, since no signature is taken twice.
func codecCosts() ([]cost, error) {
	signed, err := jupyter.NewCodec("", jupyter.NewKey("secret"))
	if err != nil {
		return nil, err
	}
	plain, err := jupyter.NewCodec("", jupyter.Key{})
	if err != nil {
		return nil, err
	}
	s := jupyter.NewSession("user")
	content := &jupyter.Stream{Name: jupyter.Stdout, Text: "a line of text of the usual length\n"}
	request, err := s.New(nil, &jupyter.ExecuteRequest{Code: "1"})
	if err != nil {
		return nil, err
	}
	frames, err := plain.Encode(request)
	if err == nil {
		request, err = plain.Decode(frames) // as a kernel has it, with its header as it came
	}
	if err != nil {
		return nil, err
	}
	m, err := s.Reply(request, content)
	if err != nil {
		return nil, err
	}
	if frames, err = plain.Encode(m); err != nil {
		return nil, err
	}
	encode := func(c *jupyter.Codec) func() error {
		return func() error {
			m, err := s.Reply(request, content)
			if err == nil {
				_, err = c.Encode(m)
			}
			return err
		}
	}
	marshal := func() error {
		_, err1 := json.Marshal(m.Header)
		_, err2 := json.Marshal(content)
		return errors.Join(err1, err2)
	}
	return []cost{
		{"made, encoded", encode(plain), marshal},
		{"made, encoded, signed", encode(signed), marshal},
		{"decoded, parsed", func() error {
			m, err := plain.Decode(frames)
			if err == nil {
				_, err = m.Parse()
			}
			return err
		}, func() error {
			var h jupyter.Header
			var v jupyter.Stream
			return errors.Join(json.Unmarshal(frames[len(frames)-4], &h), json.Unmarshal(frames[len(frames)-1], &v))
		}},
	}, nil
}

// A speaker is a language whose only use is the Output of its Start.
type speaker struct{ out chan *kernel.Output }

func (speaker) Info() kernel.Info                    { return kernel.Info{} }
func (speaker) Shutdown(context.Context, bool) error { return nil }

func (speaker) Execute(context.Context, *kernel.Request) (*kernel.Result, error) { return nil, nil }

func (m speaker) Start(_ context.Context, out *kernel.Output) error {
	m.out <- out
	return nil
}

// kernelCost is a message from the call of a language to a subscriber in memory.
func kernelCost() (c cost, end func(), err error) {
	net := kerneltest.NewNetwork()
	lang := speaker{out: make(chan *kernel.Output, 1)}
	server, err := kernel.NewServer(lang, jupyter.NewConnectionInfo(), &kernel.Config{Engine: net, StreamInterval: -1})
	if err != nil {
		return cost{}, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(context.Background()) }()
	end = func() {
		server.Close()
		<-ended
	}
	welcomed := make(chan struct{}, 1)
	conn, err := net.Dial(server.ConnectionInfo().Endpoint(jupyter.IOPub), "", func([][]byte) {
		select {
		case welcomed <- struct{}{}:
		default:
		}
	})
	if err == nil {
		err = conn.Subscribe("")
	}
	if err != nil {
		end()
		return cost{}, nil, err
	}
	<-welcomed
	out := <-lang.out
	return cost{name: "from Output.Stream to the socket, signed", do: func() error {
		return out.Stream(jupyter.Stdout, "a line of text of the usual length\n")
	}}, end, nil
}
