package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
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
	cancel func()         // kills both processes
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
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	r.cancel = cancel
	r.server = exec.CommandContext(ctx, os.Args[0], "server", engine, string(text))
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
	r.lines = bufio.NewScanner(out)
	if !r.lines.Scan() {
		r.end(true)
		return nil, fmt.Errorf("the server did not start")
	}
	r.client = exec.CommandContext(ctx, os.Args[0], "client", r.lines.Text(), string(text))
	return r, nil
}

// end waits for the server and returns what it measured.
func (r *run) end(kill bool) (result, error) {
	defer os.RemoveAll(r.dir)
	defer r.cancel()
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

// A conversation is a run with a client that makes its round trips in turns.
type conversation struct {
	*run
	to   io.WriteCloser
	from *bufio.Scanner
	took int64 // the median of the round trips
	done bool
}

// converse starts a server and a client, which waits for its first turn.
func converse(engine string, m measurement) (*conversation, error) {
	r, err := start(engine, &m)
	if err != nil {
		return nil, err
	}
	c := &conversation{run: r}
	if err := c.startClient(); err != nil {
		c.end(true)
		return nil, err
	}
	return c, nil
}

func (c *conversation) startClient() error {
	in, err := c.client.StdinPipe()
	if err != nil {
		return err
	}
	c.to = in
	out, err := c.client.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.client.Start(); err != nil {
		return err
	}
	c.from = bufio.NewScanner(out)
	if !c.from.Scan() {
		return errors.New("the client did not start")
	}
	return nil
}

// turn has the client make the round trips of one turn.
func (c *conversation) turn() error {
	if _, err := io.WriteString(c.to, "\n"); err != nil {
		return err
	}
	if !c.from.Scan() {
		return errors.New("the client has ended")
	}
	if c.from.Text() == "ready" {
		return nil
	}
	c.done = true
	_, err := fmt.Sscan(c.from.Text(), &c.took)
	return err
}

// end waits for both processes and returns what was measured.
func (c *conversation) end(kill bool) (result, error) {
	if c.to != nil {
		c.to.Close()
	}
	if c.client.Process != nil {
		if kill {
			c.client.Process.Kill()
		}
		c.client.Wait()
	}
	res, err := c.run.end(kill)
	res.Took = c.took
	return res, err
}

// inOrder measures the engines that can, one after the other.
func inOrder(columns []engine, m measurement) ([]*result, error) {
	results := make([]*result, len(columns))
	for i, e := range columns {
		if !e.can(&m) {
			continue
		}
		r, err := measure(e.name, e.of(m))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		results[i] = &r
	}
	return results, nil
}

// inTurns measures the engines that can at the same time: their clients make
// their round trips in turns until all have made as many as m says.
func inTurns(columns []engine, m measurement) (results []*result, err error) {
	results = make([]*result, len(columns))
	all := make([]*conversation, len(columns))
	defer func() {
		for i, c := range all {
			if c == nil {
				continue
			}
			r, endErr := c.end(err != nil)
			if err == nil && endErr != nil {
				err = fmt.Errorf("%s: %w", columns[i].name, endErr)
			}
			results[i] = &r
		}
	}()
	for i, e := range columns {
		if !e.can(&m) {
			continue
		}
		if all[i], err = converse(e.name, m); err != nil {
			return results, fmt.Errorf("%s: %w", e.name, err)
		}
	}
	for left := true; left; {
		left = false
		for i, c := range all {
			if c == nil || c.done {
				continue
			}
			if err := c.turn(); err != nil {
				return results, fmt.Errorf("%s: %w", columns[i].name, err)
			}
			left = left || !c.done
		}
	}
	return results, nil
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

// idle measures between two round trips.
func idle(engine string) (int64, error) {
	c, err := converse(engine, measurement{What: "echo", Transport: "tcp", Size: 100, N: 2, Turn: 1, Far: libzmqFar})
	if err != nil {
		return 0, err
	}
	var ticks int64
	err = func() error {
		if err := c.turn(); err != nil {
			return err
		}
		time.Sleep(time.Second) // what the first message has set off ends
		before, err := cpuTicks(c.server.Process.Pid)
		if err != nil {
			return err
		}
		time.Sleep(idleFor)
		after, err := cpuTicks(c.server.Process.Pid)
		if err != nil {
			return err
		}
		ticks = after - before
		return c.turn()
	}()
	_, endErr := c.end(err != nil)
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
