// Command zmq measures package zmq beside C libzmq, pebbe/zmq4, package libzmq,
// the original forwarding mechanism that it improves on, as it was first built
// and as it is now ("drained"), and go-zeromq/zmq4, and beside the bare sockets
// of the operating system. The far end is the same C program for all of them:
// of round trips and of CURVE, libzmq; of what goes one way in plain text, one
// that speaks ZMTP by itself and costs next to nothing, since a sender that is
// no faster than what it measures measures itself. Each run is two processes.
// The runs of the engines alternate; those of round trips go on side by side, and
// the clients take turns of a few milliseconds. So what else the machine does
// touches all alike.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// A measurement is one row of the table.
type measurement struct {
	What      string // "echo", "in", "out" or "pub"
	Transport string // "tcp" or "ipc"
	Size      int    // octets of a message
	Peers     int    // subscribers
	Far       string // the far end: "libzmq", or "" for one that speaks ZMTP by itself
	N         int    // messages
	Handler   bool   // zmq answers in a handler
	Turn      int    // round trips that the client makes whenever it is told to go on
	Endpoint  string

	ServerKey, ClientKey string // with CURVE: seeds of the key pairs
}

// A result is what the server's process says of one run.
type result struct {
	Took  int64 // ns
	CPU   int64 // ns, user and system, of the server's process
	Alloc int64 // octets
	N     int   // messages
}

// An engine is a column of the table.
type engine struct {
	name  string
	serve func(*measurement) (int64, error)
	can   func(*measurement) bool
	part  int // of the messages one way; 0: all. The slow need not move as many.
}

// of is m with as many messages as e is to move.
func (e *engine) of(m measurement) *measurement {
	if e.part > 0 && m.What != "echo" {
		m.N = max(m.N/e.part, 10)
	}
	return &m
}

var engines = []engine{
	{name: "zmq", serve: serveZMQ, can: all},
	{name: "C libzmq", serve: serveC, can: all},
	{name: "pebbe", serve: servePebbe, can: all},
	{name: "libzmq", serve: serveLibzmq, can: all},
	{name: "original", serve: serveOriginal, can: all, part: 10},
	{name: "drained", serve: serveDrained, can: all, part: 10},
	{name: "go-zeromq", serve: serveGoZeroMQ, can: plain, part: 10},
	{name: "raw", serve: serveRaw, can: func(m *measurement) bool { return plain(m) && m.Transport == "tcp" }},
}

func all(*measurement) bool     { return true }
func plain(m *measurement) bool { return !m.curve() && m.What != "pub" }

func main() {
	runs := flag.Int("runs", 5, "alternating runs of each measurement")
	scale := flag.Float64("scale", 0.3, "scale the numbers of messages")
	only := flag.String("only", "", "the rows to measure: those whose title contains this")
	skip := flag.String("skip", "", "engines to leave out, with commas between")
	flag.Parse()
	var err error
	ok := true
	switch flag.Arg(0) {
	case "server":
		err = server(flag.Arg(1), flag.Arg(2))
	case "client":
		err = client(flag.Arg(1), flag.Arg(2))
	default:
		ok, err = table(os.Stdout, *runs, *scale, *only, strings.Split(*skip, ","))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// server is the process of an engine.
func server(name, text string) error {
	var m measurement
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return err
	}
	i := slices.IndexFunc(engines, func(e engine) bool { return e.name == name })
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	took, err := engines[i].serve(&m)
	if err != nil {
		return err
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result{took, u.Utime.Nano() + u.Stime.Nano(), int64(after.TotalAlloc - before.TotalAlloc), m.N})
}

// client is the process of the far end. It prints one number: the median of
// the round trips, or how long the messages took.
func client(endpoint, text string) error {
	var m measurement
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return err
	}
	took, err := cClient(&m, endpoint)
	if err != nil {
		return err
	}
	if m.What == "echo" {
		took = took[len(took)/10:] // the first are for warming up
	}
	slices.Sort(took)
	fmt.Println(took[len(took)/2])
	return nil
}

// keyPair makes a key pair of its secret half.
func keyPair(secret string) *zmq.CurveKey {
	k, err := zmq.ParseCurveKey(secret)
	if err != nil {
		panic(err)
	}
	return k
}
