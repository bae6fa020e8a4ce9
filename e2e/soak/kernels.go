package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// An rKernel is adrastea's, in a process of its own, started by a client.
type rKernel struct {
	spec  *jupyter.KernelSpec
	dir   string
	conn  *jupyter.ConnectionInfo
	owner *client.Client
}

var sayR = sayings{
	lines: func(n int) string { return fmt.Sprintf("for (i in 1:%d) cat(i, '\\n', sep = '')", n) },
	ask:   func(prompt string) string { return fmt.Sprintf("cat(readline('%s'))", prompt) },
	wait:  "repeat Sys.sleep(0.01)",
}

// newRKernel installs the kernel of binary below dir.
func newRKernel(ctx context.Context, binary, dir string) (*rKernel, error) {
	if out, err := exec.CommandContext(ctx, binary, "install", "--prefix", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s install: %w\n%s", binary, err, out)
	}
	spec, err := jupyter.ReadKernelSpec(filepath.Join(dir, "share", "jupyter", "kernels", "adrastea"))
	return &rKernel{spec: spec, dir: dir}, err
}

func (k *rKernel) start(ctx context.Context) error {
	c, err := client.Start(ctx, k.spec, &client.Config{RuntimeDir: k.dir})
	if err != nil {
		return err
	}
	k.owner = c
	k.conn, err = jupyter.ReadConnectionFile(c.ConnectionFile())
	return err
}

func (k *rKernel) restart(ctx context.Context) error { return k.owner.Restart(ctx) }

func (k *rKernel) attach(ctx context.Context) (*client.Client, error) {
	return client.Attach(ctx, k.conn, nil)
}

// pids returns the kernel's process and its children.
func (k *rKernel) pids() (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	children := map[int][]int{}
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // ended meanwhile
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		_, rest, _ := strings.Cut(string(text), ") ")
		parent, _ := strconv.Atoi(strings.Fields(rest)[1])
		children[parent] = append(children[parent], pid)
	}
	pids = append(pids, children[os.Getpid()]...)
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids
}

func (k *rKernel) stop() { k.owner.Close() }

// A smallKernel runs in this process.
type smallKernel struct {
	server *kernel.Server
	info   *jupyter.ConnectionInfo
	ended  chan error
}

func newSmallKernel() *smallKernel { return &smallKernel{info: jupyter.NewConnectionInfo()} }

func (k *smallKernel) start(context.Context) error {
	s, err := kernel.NewServer(small{}, k.info, nil)
	if err != nil {
		return err
	}
	k.server, k.info, k.ended = s, s.ConnectionInfo(), make(chan error, 1)
	go func() { k.ended <- s.Run(context.Background()) }()
	return nil
}

func (k *smallKernel) restart(ctx context.Context) error {
	k.stop()
	return k.start(ctx)
}

func (k *smallKernel) attach(ctx context.Context) (*client.Client, error) {
	return client.Attach(ctx, k.info, nil)
}

func (k *smallKernel) pids() []int { return nil }

func (k *smallKernel) stop() {
	k.server.Close()
	<-k.ended
}

// small is a language of three words: print N, ask PROMPT, wait.
type small struct{}

var saySmall = sayings{
	lines: func(n int) string { return fmt.Sprint("print ", n) },
	ask:   func(prompt string) string { return "ask " + prompt },
	wait:  "wait",
}

func (small) Info() kernel.Info {
	return kernel.Info{Implementation: "small", Language: jupyter.LanguageInfo{Name: "small", FileExtension: ".txt"}}
}

func (small) Start(context.Context, *kernel.Output) error { return nil }
func (small) Shutdown(context.Context, bool) error        { return nil }

func (small) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	word, rest, _ := strings.Cut(req.Code, " ")
	switch word {
	case "print":
		n, err := strconv.Atoi(rest)
		for i := range n {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err := req.Stream(jupyter.Stdout, fmt.Sprintln(i+1)); err != nil {
				return nil, err
			}
		}
		return nil, err
	case "ask":
		answer, err := req.Input(ctx, rest, false)
		if err != nil {
			return nil, err
		}
		return nil, req.Stream(jupyter.Stdout, answer)
	case "wait":
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	return nil, &kernel.Error{Name: "Syntax", Value: "no word " + word}
}
