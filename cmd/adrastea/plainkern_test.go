package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// dot is a PNG of one pixel.
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="

// plain is a language of a few words, one to a line. It is not R, and needs
// none: what the console does with any kernel is tested with it.
type plain struct{ asked int } // how often IsComplete was called

func (*plain) Info() kernel.Info {
	return kernel.Info{
		Implementation: "plain",
		Language: jupyter.LanguageInfo{
			Name: cmp.Or(os.Getenv("PLAINKERN_LANGUAGE"), "plain"), FileExtension: ".txt",
		},
		Banner: "Plain words",
	}
}

func (*plain) Start(context.Context, *kernel.Output) error { return nil }

// Shutdown leaves a file, for who wants to know that it was called.
func (*plain) Shutdown(context.Context, bool) error {
	if file := os.Getenv("PLAINKERN_ENDED"); file != "" {
		return os.WriteFile(file, nil, 0o600)
	}
	return nil
}

func (p *plain) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	for line := range strings.SplitSeq(req.Code, "\n") {
		word, arg, _ := strings.Cut(line, " ")
		if r, err := p.word(ctx, req, word, arg); r != nil || err != nil {
			return r, err
		}
	}
	return nil, nil
}

func (p *plain) word(
	ctx context.Context, req *kernel.Request, word, arg string,
) (*kernel.Result, error) {
	switch word {
	case "say":
		return nil, req.Stream(jupyter.Stdout, arg+"\n")
	case "part":
		return nil, req.Stream(jupyter.Stdout, arg)
	case "asked":
		return nil, req.Stream(jupyter.Stdout, fmt.Sprintln(p.asked))
	case "complain":
		return nil, req.Stream(jupyter.Stderr, arg+"\n")
	case "value":
		return nil, req.Result(jupyter.MIMEBundle{"text/plain": arg}, nil)
	case "colored":
		return nil, req.Result(jupyter.MIMEBundle{"text/plain": "\x1b[34m" + arg + "\x1b[0m"}, nil)
	case "html":
		return nil, req.Display(jupyter.MIMEBundle{"text/html": "<b>" + arg + "</b>"}, nil, "")
	case "markdown":
		return nil, req.Display(jupyter.MIMEBundle{"text/markdown": arg}, nil, "")
	case "clear":
		return nil, req.ClearOutput(false)
	case "dot":
		return nil, req.Display(jupyter.MIMEBundle{"image/png": dot}, nil, "")
	case "picture":
		data := jupyter.MIMEBundle{"image/svg+xml": "<svg>" + arg + "</svg>", "text/plain": "?"}
		return nil, req.Display(data, nil, "id")
	case "repaint":
		data := jupyter.MIMEBundle{"image/svg+xml": "<svg>" + arg + "</svg>"}
		return nil, req.UpdateDisplay(data, nil, "id")
	case "ask", "secret":
		answer, err := req.Input(ctx, arg+"? ", word == "secret")
		if err != nil {
			return nil, err
		}
		return nil, req.Stream(jupyter.Stdout, "<"+answer+">\n")
	case "wait":
		if err := req.Stream(jupyter.Stdout, "waiting\n"); err != nil {
			return nil, err
		}
		<-ctx.Done()
		return nil, &kernel.Error{Name: "Interrupt", Value: "interrupted"}
	case "fail":
		return nil, &kernel.Error{Name: "Failure", Value: arg, Traceback: []string{"failed: " + arg}}
	case "page", "third": // from its first line on, or from its third one
		start := 0
		if word == "third" {
			start = 2
		}
		return &kernel.Result{Payload: []map[string]any{{
			"source": "page", "start": start, "data": map[string]any{"text/plain": arg + "\n"},
		}}}, nil
	case "next":
		return &kernel.Result{Payload: []map[string]any{{
			"source": "set_next_input", "text": arg, "replace": false,
		}}}, nil
	case "quit":
		status := 0
		fmt.Sscan(arg, &status)
		return &kernel.Result{
			Payload: []map[string]any{{"source": "ask_exit", "keepkernel": false}},
			Exit:    true, ExitStatus: status,
		}, nil
	case "later": // when this process gets SIGUSR1
		wake := make(chan os.Signal, 1)
		signal.Notify(wake, syscall.SIGUSR1)
		go func() {
			<-wake
			req.Stream(jupyter.Stdout, arg+"\n")
		}()
		return nil, nil
	case "pid":
		return nil, req.Stream(jupyter.Stdout, fmt.Sprintln(os.Getpid()))
	case "die":
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(9)
	case "":
		return nil, nil
	}
	return nil, &kernel.Error{Name: "Unknown", Value: word}
}

// IsComplete takes a line that ends in a backslash for incomplete. "ponder" writes to a
// file and does not know before this process gets SIGUSR1.
func (p *plain) IsComplete(ctx context.Context, code string) (*jupyter.IsCompleteReply, error) {
	p.asked++
	if code == "ponder" {
		wake := make(chan os.Signal, 1)
		signal.Notify(wake, syscall.SIGUSR1)
		defer signal.Stop(wake)
		if err := os.WriteFile(os.Getenv("PLAINKERN_PONDERS"), []byte("\n"), 0o600); err != nil {
			return nil, err
		}
		select {
		case <-wake:
		case <-ctx.Done():
		}
	}
	last := code[strings.LastIndexByte(code, '\n')+1:]
	if strings.HasSuffix(last, `\`) {
		return &jupyter.IsCompleteReply{Status: "incomplete", Indent: "  "}, nil
	}
	return &jupyter.IsCompleteReply{Status: "complete"}, nil
}

// Complete completes words.
func (*plain) Complete(_ context.Context, code string, cursor int) (*jupyter.CompleteReply, error) {
	r := []rune(code)
	start := cursor
	for start > 0 && r[start-1] != ' ' && r[start-1] != '\n' {
		start--
	}
	var matches []string
	for _, w := range []string{"complain", "colored", "picture", "日本語", "two\nlines"} {
		if strings.HasPrefix(w, string(r[start:cursor])) {
			matches = append(matches, w)
		}
	}
	if string(r[start:cursor]) == "wild" { // as of other code
		matches, start, cursor = []string{"wildest"}, start+100, cursor+100
	}
	return &jupyter.CompleteReply{
		Status: jupyter.StatusOK, Matches: matches, CursorStart: start, CursorEnd: cursor,
	}, nil
}

// plainKernel is the main function of the plain kernel. With a second argument
// it first writes a connection file for itself, for others to join.
func plainKernel() {
	file := os.Args[1]
	if len(os.Args) > 2 {
		info := jupyter.NewConnectionInfo()
		if err := info.WriteFile(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	status, err := kernel.Serve(ctx, &plain{}, file, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}
