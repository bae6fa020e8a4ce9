package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"
	"github.com/peterh/liner"
)

// A lineEditor edits lines with history, search and completion.
//
// The library does the editing. It reads from a pipe, into which a pump puts
// what the terminal sends: that is where pasted text is told from typed text,
// and where a prompt that has lost its sense is ended. The pump runs only while
// a line is read.
//
// Where a terminal is too narrow, or does not say how wide it is, the library reads
// lines as the terminal gives them, of which it tells nobody: there a plainEditor reads.
type lineEditor struct {
	liner       *liner.State
	stale       bool         // liner may take the terminal for too narrow
	narrow      *plainEditor // for a terminal that is
	edit, plain *ttyMode     // terminal settings while editing, and before
	history     *history

	in     *ttyReader
	filter pasteFilter
	pipe   *os.File // the pump writes here
	piped  *os.File // and the library reads here
	unsent []byte   // what did not fit into the pipe; belongs to the pump
	typed  atomic.Bool

	// columns is how many columns the prompt and what was typed take, as far as
	// that is known: unknownWidth after a key that may have changed the line in other
	// ways, noLine while nothing is edited.
	columns atomic.Int64

	// cancels counts the interrupts in the pipe that no prompt has taken and no user has
	// sent.
	cancels    atomic.Int32
	interrupts *interrupts // Ctrl-C is a signal before the prompt, and kill(1) sends it
}

const (
	unknownWidth = -1
	noLine       = -2
)

// lineEditorWorks reports whether the terminal can do what the editor needs.
func lineEditorWorks() bool { return liner.TerminalSupported() }

func newLineEditor(h *history, interrupts *interrupts) (*lineEditor, error) {
	narrow, err := newPlainEditor(interrupts)
	if err != nil {
		return nil, err
	}
	in, err := newTTYReader(os.Stdin)
	if err != nil {
		return nil, err
	}
	e := &lineEditor{in: in, history: h, narrow: narrow, interrupts: interrupts}
	if e.plain, err = getMode(os.Stdin); err != nil {
		return nil, err
	}
	if err := e.openLiner(); err != nil {
		return nil, err
	}
	if e.edit, err = getMode(os.Stdin); err != nil {
		return nil, err
	}
	// The library makes Ctrl-C a key only after it has shown the prompt.
	e.edit = e.edit.noSignals()
	e.plain.apply()
	// As terminals do, and R's console: in Chinese, Japanese and Korean the library
	// gives Greek, Cyrillic, accents and quotes two columns.
	runewidth.DefaultCondition.EastAsianWidth = os.Getenv("RUNEWIDTH_EASTASIAN") == "1"
	e.columns.Store(noLine)
	for _, entry := range h.load() {
		e.liner.AppendHistory(toSigns.Replace(entry))
	}
	return e, nil
}

// openLiner makes the library's editor, which looks how wide the terminal is, and the
// pipe it reads from. It leaves the terminal in the mode of editing.
func (e *lineEditor) openLiner() (err error) {
	if e.piped, e.pipe, err = os.Pipe(); err != nil {
		return err
	}
	e.stale = isNarrow()
	// The library reads from what os.Stdin is when it is made.
	stdin := os.Stdin
	os.Stdin = e.piped
	e.liner = liner.NewLiner()
	os.Stdin = stdin
	e.liner.SetCtrlCAborts(true)
	e.liner.SetTabCompletionStyle(liner.TabPrints)
	e.liner.SetMultiLineMode(true) // long lines wrap
	return nil
}

// renewLiner has the library look again how wide the terminal is. Where its last prompt
// has failed, the library still reads from the pipe.
func (e *lineEditor) renewLiner() error {
	var history bytes.Buffer
	e.liner.WriteHistory(&history) // to memory: nothing can fail
	e.liner.Close()
	e.pipe.Close()
	e.piped.Close()
	if err := e.openLiner(); err != nil {
		return err
	}
	e.liner.ReadHistory(&history)
	return nil
}

// isNarrow reports whether the terminal has no room for the library's editor.
func isNarrow() bool { return saidWidth(os.Stdout) < minInput }

func (e *lineEditor) close() {
	e.liner.Close()
	e.plain.apply()
}

func (e *lineEditor) remember(code string) {
	e.liner.AppendHistory(toSigns.Replace(code))
	e.history.add(code)
}

func (e *lineEditor) readLine(
	ctx context.Context, prompt string, opts lineOptions,
) (string, error) {
	if isNarrow() {
		e.stale = true
		return e.narrow.readLine(ctx, prompt, opts)
	}
	if e.stale {
		if err := e.renewLiner(); err != nil {
			return "", err
		}
	}
	line, err := e.editLine(ctx, prompt, opts)
	e.stale = isNarrow()
	if errors.Is(err, liner.ErrInternal) { // the terminal has no width any more
		return e.narrow.readLine(ctx, prompt, opts)
	}
	return line, err
}

// editLine is readLine in a terminal that is wide enough.
func (e *lineEditor) editLine(
	ctx context.Context, prompt string, opts lineOptions,
) (string, error) {
	e.edit.apply()
	defer e.plain.apply()
	io.WriteString(os.Stdout, pasteOn)
	defer io.WriteString(os.Stdout, pasteOff)
	prompt = e.fit(prompt)
	e.columns.Store(int64(runewidth.StringWidth(prompt + opts.text)))
	defer e.columns.Store(noLine)
	stop := e.pump(ctx)
	defer stop()
	e.liner.SetWordCompleter(e.completer(opts.complete))
	for {
		line, err := e.prompt(prompt, opts)
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			if e.cancels.Load() == 0 {
				if e.typed.Load() {
					return "", errInterruptTyped
				}
				return "", errInterrupt
			}
			e.cancels.Add(-1)
			if ctx.Err() != nil {
				return "", context.Cause(ctx)
			}
			// It was meant for an earlier prompt, which the user answered first.
		case err != nil:
			io.WriteString(os.Stdout, "\n") // Ctrl-D ends no line, nor does what fails
			return "", err
		case opts.code:
			return fromSigns.Replace(line), nil
		default: // an answer is one line
			return strings.ReplaceAll(fromSigns.Replace(line), "\n", " "), nil
		}
	}
}

// prompt asks once.
func (e *lineEditor) prompt(prompt string, opts lineOptions) (string, error) {
	if opts.secret {
		return e.liner.PasswordPrompt(prompt)
	}
	return e.liner.PromptWithSuggestion(prompt, toSigns.Replace(opts.text), -1)
}

// minInput is how many columns the library wants behind a prompt.
const minInput = 20

// roomFor reports whether input fits behind prompt in a line of the terminal.
func roomFor(prompt string) bool {
	width := runewidth.StringWidth(ansi.ReplaceAllString(prompt, ""))
	return width+minInput <= terminalWidth(os.Stdout)
}

// fit returns the part of prompt that the editor shows, which is one line of
// printable characters that leaves room for input. It writes what goes before.
func (e *lineEditor) fit(prompt string) string {
	prompt = strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, ansi.ReplaceAllString(prompt, ""))
	if roomFor(prompt) {
		return prompt
	}
	io.WriteString(os.Stdout, prompt+"\n")
	return ""
}

func (e *lineEditor) hasInput() bool {
	return len(e.unsent) > 0 || canRead(int(e.piped.Fd())) || e.narrow.hasInput()
}

// completer adapts complete to the library, which counts in code points too.
func (e *lineEditor) completer(
	complete func(line string, pos int) (start, end int, matches []string),
) liner.WordCompleter {
	if complete == nil {
		return nil
	}
	return func(line string, pos int) (head string, matches []string, tail string) {
		start, end, matches := complete(fromSigns.Replace(line), pos)
		r := []rune(line)
		if start < 0 || start > pos || end < start || end > len(r) {
			return string(r[:pos]), nil, string(r[pos:])
		}
		return string(r[:start]), matches, string(r[end:])
	}
}

// count follows the width of the line through what is typed.
func (e *lineEditor) count(typed []byte) {
	before := e.columns.Load()
	after := before + int64(runewidth.StringWidth(string(typed)))
	if before < 0 || bytes.ContainsFunc(typed, unicode.IsControl) {
		after = min(before, unknownWidth)
	}
	e.columns.CompareAndSwap(before, after)
}

// interject writes over the line that is edited and has the editor draw it
// again, as after a change of the window. That goes well only with a line that
// is known not to be wrapped.
func (e *lineEditor) interject(text string) bool {
	n := e.columns.Load()
	if n == noLine { // the prompt comes, or was answered
		return e.narrow.interject(text)
	}
	if n == unknownWidth || n+1 >= int64(terminalWidth(os.Stdout)) {
		return false
	}
	io.WriteString(os.Stdout, "\r\x1b[K"+text)
	syscall.Kill(os.Getpid(), syscall.SIGWINCH)
	return true
}

// suspend stops the job that the console is, or belongs to, as Ctrl-Z does where
// it is no key. It returns when the shell has the job go on. Where there is no
// such shell the system stops nothing, and suspend returns after a second.
func (e *lineEditor) suspend() {
	below := max(e.columns.Load(), 0) / int64(terminalWidth(os.Stdout))
	io.WriteString(os.Stdout, pasteOff+"\n")
	e.plain.apply()
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	syscall.Kill(0, syscall.SIGTSTP)
	select {
	case <-continued:
	case <-time.After(time.Second):
	}
	signal.Stop(continued)
	e.edit.apply()
	// The editor draws over the lines that a long line had; they are the shell's.
	io.WriteString(os.Stdout, pasteOn+strings.Repeat("\n", int(below)))
	syscall.Kill(os.Getpid(), syscall.SIGWINCH)
}

const (
	ctrlC = 3
	ctrlD = 4
	ctrlZ = 26
)

// pump starts to move what is typed into the editor's pipe. A signal is Ctrl-C there,
// and so is the end of ctx, which ends the prompt too. The function it returns stops it.
func (e *lineEditor) pump(ctx context.Context) (stop func()) {
	e.typed.Store(false)
	e.pipe.SetWriteDeadline(time.Time{})
	var wg sync.WaitGroup
	stopped := make(chan struct{})
	interrupt, end := e.interrupts.wait()
	wg.Go(func() { e.move(stopped) })
	wg.Go(func() {
		for {
			select {
			case <-interrupt:
				if _, err := e.pipe.Write([]byte{ctrlC}); err == nil {
					continue
				}
				e.interrupts.deliver() // the line was entered: it is for what comes next
			case <-ctx.Done():
				e.cancels.Add(1)
				e.pipe.Write([]byte{ctrlC})
			case <-stopped:
			}
			return
		}
	})
	return func() {
		close(stopped)
		e.pipe.SetWriteDeadline(time.Now())
		e.in.wake()
		wg.Wait()
		end()
	}
}

// move moves input until it is woken. At the end of the terminal it sends the
// key that means the end.
func (e *lineEditor) move(stopped <-chan struct{}) {
	buf := make([]byte, 4096)
	for {
		if len(e.unsent) > 0 {
			n, err := e.pipe.Write(e.unsent)
			e.unsent = e.unsent[n:]
			if err != nil {
				<-stopped
				e.in.takeWake()
				return
			}
		}
		n, err := e.in.read(buf)
		if errors.Is(err, errWoken) {
			return
		}
		if n == 0 || err != nil {
			e.pipe.Write([]byte{ctrlD})
			<-stopped
			e.in.takeWake()
			return
		}
		out := e.filter.feed(buf[:n], n == len(buf))
		if bytes.IndexByte(out, ctrlZ) >= 0 {
			out = bytes.ReplaceAll(out, []byte{ctrlZ}, nil)
			e.suspend()
		}
		e.count(out)
		if len(bytes.Trim(out, string(rune(ctrlC)))) > 0 {
			e.typed.Store(true)
		}
		e.unsent = append(e.unsent, out...)
	}
}
