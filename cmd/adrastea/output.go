package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// An output shows what a kernel publishes. Its methods may be called from
// several goroutines.
type output struct {
	tty   bool // standard output is a terminal
	color bool // standard error is a terminal that wants colors
	plots *plotSaver

	mu             sync.Mutex
	stdout, stderr io.Writer // guarded by mu
	// partial is what a terminal shows in the line of the cursor. Guarded by mu.
	partial string
	// prompt is the editor that waits for the user, or nil; held is what came
	// since and is not shown yet. Guarded by mu.
	prompt editor
	held   string
	// lost says that something could not be written. Guarded by mu.
	lost bool
}

// newOutput returns the output of this process. Colors follow
// https://no-color.org.
func newOutput(plots *plotSaver) *output {
	return &output{
		stdout: patientFile{os.Stdout},
		stderr: patientFile{os.Stderr},
		tty:    isTerminal(os.Stdout),
		color:  isTerminal(os.Stderr) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		plots:  plots,
	}
}

// A patientFile waits where the file takes nothing more now, also if another program
// that shares the file (node, ssh) has made that an error.
type patientFile struct{ file *os.File }

func (f patientFile) Write(b []byte) (n int, err error) {
	for {
		done, err := f.file.Write(b[n:])
		n += done
		if !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		awaitRoom(int(f.file.Fd()))
	}
}

// show shows one message on IOPub.
func (o *output) show(m *jupyter.Message) {
	content, err := m.Parse()
	if err != nil {
		return // of a kind that this console does not know
	}
	switch v := content.(type) {
	case *jupyter.Stream:
		o.write(v.Name, v.Text)
	case *jupyter.ExecuteResult:
		o.display(v.Data, v.Transient.DisplayID, false)
	case *jupyter.DisplayData:
		o.display(v.Data, v.Transient.DisplayID, false)
	case *jupyter.UpdateDisplayData:
		o.display(v.Data, v.Transient.DisplayID, true)
	case *jupyter.Error:
		o.failure(v)
	case *jupyter.ClearOutput:
		if o.tty {
			o.write(jupyter.Stdout, "\r\x1b[K")
		}
	}
}

// write writes text to the stream called name. What comes while the user edits
// a line is shown above it, or if that cannot be, after it.
func (o *output) write(name, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.prompt != nil {
		o.held += text
		whole := strings.LastIndexByte(o.held, '\n') + 1
		if whole > 0 && o.prompt.interject(o.held[:whole]) {
			o.held = o.held[whole:]
		}
		return
	}
	w := o.stdout
	if name == jupyter.Stderr {
		w = o.stderr
	}
	// Of a broken pipe SIGPIPE tells.
	if _, err := io.WriteString(w, text); err != nil && !errors.Is(err, syscall.EPIPE) {
		if !o.lost {
			fmt.Fprintf(o.stderr, "adrastea: output is lost: %v\n", err)
		}
		o.lost = true
	}
	o.track(text)
}

// note writes to people, on standard error.
func (o *output) note(format string, args ...any) {
	o.freshLine()
	o.write(jupyter.Stderr, fmt.Sprintf("adrastea: "+format+"\n", args...))
}

// isLost reports whether something could not be written.
func (o *output) isLost() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lost
}

// mute drops what is written from now on.
func (o *output) mute() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stdout, o.stderr = io.Discard, io.Discard
}

// ask has e read a line, after what the terminal shows in the cursor's line.
func (o *output) ask(
	ctx context.Context, e editor, prompt string, opts lineOptions,
) (string, error) {
	prompt = o.takePrompt(prompt)
	o.mu.Lock()
	o.prompt = e
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		held := o.held
		o.prompt, o.held = nil, ""
		o.mu.Unlock()
		o.text(held)
	}()
	return e.readLine(ctx, prompt, opts)
}

// track notes where text leaves the cursor. The caller holds mu.
func (o *output) track(text string) {
	if i := strings.LastIndexAny(text, "\r\n"); i >= 0 {
		o.partial = text[i+1:]
	} else {
		o.partial += text
	}
	const longest = 4096 // a line that nobody will prompt in
	if over := len(o.partial) - longest; over > 0 {
		o.partial = o.partial[over:]
	}
}

// text writes text to standard output.
func (o *output) text(text string) { o.write(jupyter.Stdout, text) }

// line writes text to standard output, with an end.
func (o *output) line(text string) {
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	o.text(text)
}

// freshLine ends the line that the cursor is in, if the terminal shows anything
// in it.
func (o *output) freshLine() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tty && o.partial != "" {
		io.WriteString(o.stdout, "\n")
		o.partial = ""
	}
}

// endLine ends the line of the cursor on a terminal, whatever it shows.
func (o *output) endLine() {
	if o.tty {
		o.text("\n")
	}
}

// takePrompt returns the prompt that shows prompt where the cursor is: after
// what is in its line already, or if that leaves no room, below it. Lines above
// the last one are written.
func (o *output) takePrompt(prompt string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	partial := o.partial
	o.partial = ""
	if strings.Contains(partial, "\b") {
		partial = erase(ansi.ReplaceAllString(partial, ""))
	}
	first, _, _ := strings.Cut(prompt, "\n")
	switch {
	case partial == "" || !o.tty:
	case !roomFor(partial + first):
		// A line that wraps cannot be written over from where the cursor is.
		io.WriteString(o.stdout, "\n")
	default:
		// It is on the screen already, and will be written over itself.
		io.WriteString(o.stdout, "\r")
		prompt = partial + prompt
	}
	if i := strings.LastIndexByte(prompt, '\n'); i >= 0 {
		io.WriteString(o.stdout, prompt[:i+1])
		prompt = prompt[i+1:]
	}
	return prompt
}

// erase takes each backspace of text with the character before it: what follows
// is written over that.
func erase(text string) string {
	var shown []rune
	for _, r := range text {
		if r != '\b' {
			shown = append(shown, r)
		} else if len(shown) > 0 {
			shown = shown[:len(shown)-1]
		}
	}
	return string(shown)
}

// imageTypes are the types that are saved to files, the best first.
var imageTypes = []struct{ mime, ext string }{
	{"image/png", ".png"},
	{"image/jpeg", ".jpg"},
	{"image/svg+xml", ".svg"},
	{"application/pdf", ".pdf"},
}

// display shows data in the best form that a terminal has. Pictures are saved;
// so is HTML that comes without a text.
func (o *output) display(data jupyter.MIMEBundle, id string, update bool) {
	for _, t := range imageTypes {
		if v, ok := data[t.mime].(string); ok {
			o.picture(v, t.mime, t.ext, id, update)
			return
		}
	}
	if text, ok := data["text/plain"].(string); ok {
		if text != "" {
			o.text(o.plain(text) + "\n") // one that is there already ends an empty line
		}
		return
	}
	for _, mime := range []string{"text/markdown", "text/latex"} {
		if text, ok := data[mime].(string); ok {
			o.line(text)
			return
		}
	}
	if html, ok := data["text/html"].(string); ok {
		o.picture(html, "text/html", ".html", id, update)
	}
}

// picture saves an output that is not text, says where, and shows it where the
// terminal can.
func (o *output) picture(v, mime, ext, id string, update bool) {
	path, raw, err := o.plots.save(v, mime, ext, id)
	if err != nil {
		o.note("a plot is lost: %v", err)
		o.mu.Lock()
		o.lost = true
		o.mu.Unlock()
		return
	}
	o.freshLine()
	if o.tty && mime == "image/png" {
		var inline strings.Builder
		writeInline(&inline, raw)
		o.text(inline.String())
	}
	verb := "plot saved to"
	switch {
	case mime == "text/html":
		verb = "page saved to"
	case update:
		verb = "plot updated in"
	}
	o.write(jupyter.Stderr, verb+" "+path+"\n")
}

const (
	red   = "\x1b[31m"
	reset = "\x1b[0m"
)

// failure shows an error of the code.
func (o *output) failure(e *jupyter.Error) {
	text := strings.Join(e.Traceback, "\n")
	if text == "" {
		text = e.EName
		if e.EValue != "" {
			text += ": " + e.EValue
		}
	}
	text = strings.TrimSuffix(text, "\n")
	switch {
	case !o.color:
		text = ansi.ReplaceAllString(text, "")
	case !strings.Contains(text, "\x1b["):
		text = red + text + reset
	}
	o.freshLine()
	o.write(jupyter.Stderr, text+"\n")
}

// ansi matches escape sequences of terminals.
var ansi = regexp.MustCompile("\x1b(\\[[0-9;?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\))")

// plain returns text for standard output: a file or a pipe gets no colors.
func (o *output) plain(text string) string {
	if o.tty {
		return text
	}
	return ansi.ReplaceAllString(text, "")
}

// page shows text from line start on: with the user's pager on a terminal.
func (o *output) page(text string, start int) {
	text = strings.TrimSuffix(text, "\n") + "\n"
	// R marks bold and underlined text as a line printer would.
	if !o.tty {
		o.text(o.plain(overstrike.ReplaceAllString(text, "")))
		return
	}
	o.freshLine()
	pager := os.Getenv("PAGER")
	if pager == "" {
		if _, err := exec.LookPath("less"); err != nil {
			o.text(overstrike.ReplaceAllString(text, ""))
			return
		}
		pager = "less -FRX" // a page that fits the screen is just shown
	}
	cmd := exec.Command("/bin/sh", "-c", pager)
	cmd.Stdin = strings.NewReader(text)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if start > 0 { // for less, under whatever name
		options := strings.TrimSpace(fmt.Sprintf("%s +%d", os.Getenv("LESS"), start+1))
		cmd.Env = append(os.Environ(), "LESS="+options)
	}
	if err := cmd.Run(); err != nil {
		o.text(overstrike.ReplaceAllString(text, ""))
	}
}

// overstrike matches a character and the backspace that lets the next one be
// printed over it.
var overstrike = regexp.MustCompile(".\b")
