package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A run is a server and a client, each a process.
type run struct {
	dir    string
	server *exec.Cmd
	client *exec.Cmd
	in     io.WriteCloser // of the server, which some engines wait for
	lines  *bufio.Scanner // what the server says
	stop   *time.Timer    // kills the server when all takes too long
}

// start starts the server of an engine and makes the command of the client.
func start(engine string, m *measurement) (*run, error) {
	r := new(run)
	var err error
	if r.dir, err = os.MkdirTemp("", "zmqbench"); err != nil {
		return nil, err
	}
	m.Endpoint = "tcp://127.0.0.1:*"
	if engine == "go-zeromq" {
		m.Endpoint = "tcp://127.0.0.1:0"
	}
	if m.Transport == "ipc" {
		m.Endpoint = "ipc://" + filepath.Join(r.dir, "s")
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	r.server = exec.Command(os.Args[0], "server", engine, string(text))
	r.server.Stderr = os.Stderr
	if r.in, err = r.server.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.server.Start(); err != nil {
		return nil, err
	}
	r.stop = time.AfterFunc(2*time.Minute, func() { r.server.Process.Kill() })
	r.lines = bufio.NewScanner(out)
	if !r.lines.Scan() {
		r.end(true)
		return nil, fmt.Errorf("the server did not start")
	}
	r.client = exec.Command(os.Args[0], "client", r.lines.Text(), string(text))
	return r, nil
}

// end waits for the server and returns what it measured.
func (r *run) end(kill bool) (result, error) {
	defer os.RemoveAll(r.dir)
	defer r.stop.Stop()
	r.in.Close()
	if kill {
		r.server.Process.Kill()
	}
	var res result
	var err error
	if r.lines.Scan() {
		err = json.Unmarshal(r.lines.Bytes(), &res)
	}
	if werr := r.server.Wait(); err == nil {
		err = werr
	}
	return res, err
}

// measure runs one server and one client.
func measure(engine string, m *measurement) (result, error) {
	r, err := start(engine, m)
	if err != nil {
		return result{}, err
	}
	took, err := r.client.Output()
	res, endErr := r.end(err != nil)
	if err == nil {
		err = endErr
	}
	if m.What != "in" && err == nil {
		_, err = fmt.Sscan(string(took), &res.Took)
	}
	return res, err
}

const idleFor = 10 * time.Second

// idleTicks returns how many ticks of the processor the server of each engine
// uses in idleFor with one client that has nothing to say. They run side by
// side.
func idleTicks(columns []engine) ([]int64, error) {
	ticks, errs := make([]int64, len(columns)), make([]error, len(columns))
	var wg sync.WaitGroup
	for i, e := range columns {
		if e.name == "raw" {
			continue
		}
		wg.Go(func() { ticks[i], errs[i] = idle(e.name) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s, idle: %w", columns[i].name, err)
		}
	}
	return ticks, nil
}

func idle(engine string) (int64, error) {
	r, err := start(engine, &measurement{What: "echo", Transport: "tcp", Size: 100, N: 2, Idle: true, Far: libzmqFar})
	if err != nil {
		return 0, err
	}
	var ticks int64
	err = func() error {
		in, err := r.client.StdinPipe()
		if err != nil {
			return err
		}
		out, err := r.client.StdoutPipe()
		if err != nil {
			return err
		}
		if err := r.client.Start(); err != nil {
			return err
		}
		defer r.client.Wait()
		defer in.Close() // lets it go on
		if !bufio.NewScanner(out).Scan() {
			return fmt.Errorf("the client did not start")
		}
		time.Sleep(time.Second) // what the first message has set off ends
		before, err := cpuTicks(r.server.Process.Pid)
		if err != nil {
			return err
		}
		time.Sleep(idleFor)
		after, err := cpuTicks(r.server.Process.Pid)
		ticks = after - before
		return err
	}()
	_, endErr := r.end(err != nil)
	if err == nil {
		err = endErr
	}
	return ticks, err
}

// cpuTicks returns what a process has used of the processor, in the ticks of
// the operating system.
func cpuTicks(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is a name in parentheses, the 14th and the 15th are
	// the times of user and system.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return user + system, err
}
