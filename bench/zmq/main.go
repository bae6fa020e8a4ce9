// Command zmq measures package zmq beside C libzmq, pebbe/zmq4, package libzmq,
// the original forwarding mechanism that it improves on, as it was first built
// and as it is now ("drained"), and go-zeromq/zmq4, and beside the bare sockets
// of the operating system. The far end is the same C program for all of them. Each run is two processes, and
// the runs of the engines alternate, so that what else the machine does
// touches all alike.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// A measurement is one row of the table.
type measurement struct {
	What      string // "echo", "in", "out" or "pub"
	Transport string // "tcp" or "ipc"
	Size      int    // octets of a message
	Peers     int    // subscribers
	N         int    // messages
	Endpoint  string

	ServerKey, ClientKey string // with CURVE: seeds of the key pairs
}

// A result is what the server's process says of one run.
type result struct {
	Took  int64 // ns
	CPU   int64 // ns, user and system, of the server's process
	Alloc int64 // octets
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
	{name: "drained", serve: serveDrained, can: all},
	{name: "go-zeromq", serve: serveGoZeroMQ, can: plain},
	{name: "raw", serve: serveRaw, can: func(m *measurement) bool { return plain(m) && m.Transport == "tcp" }},
}

func all(*measurement) bool     { return true }
func plain(m *measurement) bool { return m.ServerKey == "" && m.What != "pub" }

func main() {
	runs := flag.Int("runs", 5, "alternating runs of each measurement")
	scale := flag.Float64("scale", 1, "scale the numbers of messages")
	only := flag.String("only", "", "the rows to measure: those whose title contains this")
	skip := flag.String("skip", "", "engines to leave out, with commas between")
	flag.Parse()
	var err error
	switch flag.Arg(0) {
	case "server":
		err = server(flag.Arg(1), flag.Arg(2))
	case "client":
		err = client(flag.Arg(1), flag.Arg(2))
	default:
		err = table(os.Stdout, *runs, *scale, *only, strings.Split(*skip, ","))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// rows are all measurements.
func rows(scale float64) []measurement {
	var all []measurement
	add := func(m measurement, n float64) {
		m.N = max(int(n*scale), 10)
		all = append(all, m)
	}
	server, client := zmq.NewCurveKey().Secret(), zmq.NewCurveKey().Secret()
	counts := []struct {
		size      int
		echo, one float64
	}{{10, 5000, 300_000}, {100, 5000, 300_000}, {1 << 10, 5000, 200_000}, {64 << 10, 2000, 10_000}, {1 << 20, 200, 600}}
	for _, transport := range []string{"tcp", "ipc"} {
		for _, curve := range []bool{false, true} {
			if curve && transport == "ipc" {
				continue
			}
			for _, c := range counts {
				m := measurement{Transport: transport, Size: c.size}
				if curve {
					m.ServerKey, m.ClientKey = server, client
					c.one /= 4
				}
				m.What = "echo"
				add(m, c.echo)
				m.What = "in"
				add(m, c.one)
				m.What = "out"
				add(m, c.one)
			}
		}
	}
	for _, peers := range []int{1, 10, 100} {
		add(measurement{What: "pub", Transport: "tcp", Size: 100, Peers: peers}, 200_000/float64(peers))
	}
	return all
}

// title says what a row is.
func (m *measurement) title() string {
	names := map[string]string{"echo": "round trip", "in": "receive", "out": "send", "pub": "publish"}
	t := fmt.Sprintf("%s %s %s", names[m.What], m.Transport, octets(m.Size))
	if m.Peers > 0 {
		t += fmt.Sprintf(" to %d", m.Peers)
	}
	if m.ServerKey != "" {
		t += " CURVE"
	}
	return t
}

func octets(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// table measures and prints all rows.
func table(w io.Writer, runs int, scale float64, only string, skip []string) error {
	var columns []engine
	fmt.Fprintf(w, "%d CPUs, medians of %d alternating runs. Round trips in us, the rest in 1,000 messages a second; in brackets us of CPU per message.\n\n|", runtime.NumCPU(), runs)
	for _, e := range engines {
		if !slices.Contains(skip, e.name) {
			columns = append(columns, e)
			fmt.Fprintf(w, " | %s", e.name)
		}
	}
	fmt.Fprintf(w, " | octets allocated by zmq |\n|---%s|---|\n", strings.Repeat("|---", len(columns)))
	for _, m := range rows(scale) {
		if !strings.Contains(m.title(), only) {
			continue
		}
		results := make([][]result, len(columns))
		for range runs {
			for i, e := range columns {
				if !e.can(&m) {
					continue
				}
				r, err := measure(e.name, e.of(m))
				if err != nil {
					return fmt.Errorf("%s, %s: %w", e.name, m.title(), err)
				}
				results[i] = append(results[i], r)
			}
		}
		fmt.Fprintf(w, "| %s", m.title())
		for i := range columns {
			fmt.Fprintf(w, " | %s", columns[i].of(m).format(results[i]))
		}
		fmt.Fprintf(w, " | %d |\n", median(results[0], func(r result) int64 { return r.Alloc })/int64(m.N))
	}
	return nil
}

// format makes a cell of the table.
func (m *measurement) format(rs []result) string {
	if len(rs) == 0 {
		return "-"
	}
	took := float64(median(rs, func(r result) int64 { return r.Took }))
	cpu := float64(median(rs, func(r result) int64 { return r.CPU })) / float64(m.N) / 1e3
	if m.What == "echo" {
		return fmt.Sprintf("%.1f (%.1f)", took/1e3, cpu)
	}
	return fmt.Sprintf("%.4g (%.2f)", float64(m.N-1)/took*1e6, cpu)
}

func median(rs []result, of func(result) int64) int64 {
	var all []int64
	for _, r := range rs {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// measure runs one server and one client.
func measure(engine string, m *measurement) (result, error) {
	dir, err := os.MkdirTemp("", "zmqbench")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	m.Endpoint = "tcp://127.0.0.1:*"
	if engine == "go-zeromq" {
		m.Endpoint = "tcp://127.0.0.1:0"
	}
	if m.Transport == "ipc" {
		m.Endpoint = "ipc://" + filepath.Join(dir, "s")
	}
	text, err := json.Marshal(m)
	if err != nil {
		return result{}, err
	}
	cmd := exec.Command(os.Args[0], "server", engine, string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return result{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	stop := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer stop.Stop()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		cmd.Wait()
		return result{}, fmt.Errorf("the server did not start")
	}
	took, err := exec.Command(os.Args[0], "client", lines.Text(), string(text)).Output()
	in.Close()
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return result{}, err
	}
	var r result
	if lines.Scan() {
		err = json.Unmarshal(lines.Bytes(), &r)
	}
	if werr := cmd.Wait(); err == nil {
		err = werr
	}
	if m.What != "in" && err == nil {
		_, err = fmt.Sscan(string(took), &r.Took)
	}
	return r, err
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
	return json.NewEncoder(os.Stdout).Encode(result{took, u.Utime.Nano() + u.Stime.Nano(), int64(after.TotalAlloc - before.TotalAlloc)})
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
