// Command bench measures the ladder from the original forwarding mechanism to
// native channels: the same client, in C over libzmq, against a ROUTER made
// of each.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/libzmq"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// A server is one rung of the ladder. It serves n messages and returns how
// long they took to come in, where that is measured.
type server func(what string, n, size int, bound func(endpoint string)) (time.Duration, error)

var ladder = []struct {
	name  string
	serve server
}{
	{"original", serveOriginal},
	{"libzmq", serveLibzmq},
	{"zmq", serveZMQ},
	{"C", serveC},
}

func main() {
	runs := flag.Int("runs", 5, "alternating runs of each measurement")
	size := flag.Int("size", 100, "octets of a message")
	scale := flag.Float64("scale", 1, "scale the numbers of messages")
	only := flag.String("only", "", "the engines to measure, with commas between")
	flag.Parse()
	if flag.Arg(0) == "client" {
		runClient(flag.Args()[1:])
		return
	}
	if err := measure(*runs, *size, *scale, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(runs, size int, scale float64, only string) error {
	whats := []struct {
		what  string
		n     int
		title string
	}{
		{"echo", 5000, "round trip, us"},
		{"in", 200000, "into a channel, k/s"},
		{"out", 200000, "out of a channel, k/s"},
	}
	fmt.Printf("%d octets, medians of %d alternating runs\n", size, runs)
	for _, w := range whats {
		n := int(float64(w.n) * scale)
		figures := make(map[string][]float64)
		for range runs {
			for _, rung := range ladder {
				if only != "" && !slices.Contains(strings.Split(only, ","), rung.name) {
					continue
				}
				took, err := run(rung.serve, w.what, n, size)
				if err != nil {
					return fmt.Errorf("%s %s: %w", rung.name, w.what, err)
				}
				f := float64(took.Nanoseconds()) / 1e3
				if w.what != "echo" {
					f = float64(n-1) / took.Seconds() / 1e3
				}
				figures[rung.name] = append(figures[rung.name], f)
			}
		}
		fmt.Printf("%-24s", w.title)
		for _, rung := range ladder {
			if f := figures[rung.name]; len(f) > 0 {
				slices.Sort(f)
				fmt.Printf("  %s %.0f", rung.name, f[len(f)/2])
			}
		}
		fmt.Println()
	}
	return nil
}

// run measures one thing once: the server here, the client in a process of
// its own.
func run(serve server, what string, n, size int) (time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	type result struct {
		out []byte
		err error
	}
	client := make(chan result, 1)
	took, err := serve(what, n, size, func(endpoint string) {
		cmd := exec.Command(self, "client", what, endpoint, strconv.Itoa(n), strconv.Itoa(size))
		cmd.Stderr = os.Stderr
		go func() {
			out, err := cmd.Output()
			client <- result{out, err}
		}()
	})
	if err != nil {
		return 0, err
	}
	r := <-client
	if r.err != nil || what == "in" {
		return took, r.err
	}
	nanos, err := strconv.ParseInt(strings.TrimSpace(string(r.out)), 10, 64)
	return time.Duration(nanos), err
}

func runClient(args []string) {
	n, _ := strconv.Atoi(args[2])
	size, _ := strconv.Atoi(args[3])
	took, err := client(args[0], args[1], n, size)
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
	fmt.Println(took.Nanoseconds())
}

func serveOriginal(what string, n, size int, bound func(string)) (time.Duration, error) {
	o, endpoint, err := newOriginal()
	if err != nil {
		return 0, err
	}
	bound(endpoint)
	took, err := serve(what, n, size, o.inbound, o.outbound)
	close(o.outbound)
	<-o.donec
	return took, err
}

func serveLibzmq(what string, n, size int, bound func(string)) (time.Duration, error) {
	s, err := libzmq.NewSocket(libzmq.Router, &libzmq.Config{Full: zmq.Block, SendQueue: 10000})
	if err != nil {
		return 0, err
	}
	return serveSocket(s, what, n, size, bound)
}

func serveZMQ(what string, n, size int, bound func(string)) (time.Duration, error) {
	s, err := zmq.NewSocket(zmq.Router, &zmq.Config{Full: zmq.Block, SendQueue: 10000})
	if err != nil {
		return 0, err
	}
	return serveSocket(s, what, n, size, bound)
}

// serveSocket serves on a socket of either engine and closes the channel to
// send on, so that what was sent is flushed.
func serveSocket(s interface {
	Bind(string) (string, error)
	Recv() <-chan zmq.Message
	Send() chan<- zmq.Message
	Done() <-chan struct{}
}, what string, n, size int, bound func(string)) (time.Duration, error) {
	endpoint, err := s.Bind("tcp://127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	bound(endpoint)
	took, err := serve(what, n, size, s.Recv(), s.Send())
	close(s.Send())
	<-s.Done()
	return took, err
}

var errEnded = errors.New("socket ended early")

// serve is what a program does with a socket that is two channels.
func serve(what string, n, size int, recv <-chan zmq.Message, send chan<- zmq.Message) (time.Duration, error) {
	m, ok := <-recv
	start := time.Now()
	switch what {
	case "echo":
		for i := range n {
			if i > 0 {
				m, ok = <-recv
			}
			if !ok {
				return 0, errEnded
			}
			send <- m
		}
	case "in":
		for range n - 1 {
			if _, ok = <-recv; !ok {
				return 0, errEnded
			}
		}
	case "out":
		reply := zmq.Message{Frames: [][]byte{m.Frames[0], make([]byte, size)}}
		for range n {
			send <- reply
		}
	}
	return time.Since(start), nil
}
