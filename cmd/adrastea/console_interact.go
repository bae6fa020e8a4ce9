package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/adrastea-kernel/adrastea/rkernel"
)

// interact is the console with a user.
func (c *console) interact(ctx context.Context, quiet bool) error {
	language := c.client.Info().LanguageInfo.Name
	ed, err := newEditor(historyFile(language), c.interrupts)
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer ed.close()
	c.editor = ed
	if banner := strings.TrimSpace(c.client.Info().Banner); banner != "" && !quiet {
		c.out.text(banner + "\n\n")
	}
	// The end of the kernel ends a prompt. Code that runs hears of it by itself,
	// and has the kernel's last words.
	prompts, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-c.client.Done():
			cancel(c.client.Err())
		case <-prompts.Done():
		}
	}()
	return c.converseWithUser(ctx, prompts)
}

// converseWithUser reads code and runs it until the user or the code quits.
// prompts is the context of prompts.
func (c *console) converseWithUser(ctx, prompts context.Context) error {
	interrupts := 0 // in a row, at an empty prompt
	c.interrupts.forget()
	for {
		code, err := c.readCode(prompts)
		if err == errInterrupt {
			if interrupts++; interrupts == 2 {
				return nil
			}
			c.out.note("Ctrl-C once more, or Ctrl-D, to quit")
			continue
		}
		interrupts = 0
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err == errInterruptTyped: // the line is discarded
			continue
		case err != nil:
			return err
		case strings.TrimSpace(code) == "":
			continue
		}
		c.editor.remember(code)
		if _, err := c.execute(ctx, code); err != nil {
			return err
		}
		c.interrupts.forget() // one that came too late for the code
	}
}

// readCode reads lines until the kernel takes them for complete.
func (c *console) readCode(ctx context.Context) (string, error) {
	prompt, more := "> ", "+ "
	if !c.isR() {
		prompt, more = ">>> ", "... "
	}
	code := ""
	var nesting rkernel.Nesting // of code, if that is R's
	opts := lineOptions{code: true, text: c.nextInput}
	c.nextInput = ""
	for {
		before := code
		opts.complete = func(line string, pos int) (int, int, []string) {
			return c.candidates(ctx, before, line, pos)
		}
		line, err := c.out.ask(ctx, c.editor, prompt, opts)
		if err != nil {
			return "", err
		}
		code += line
		if strings.TrimSpace(code) == "" {
			return code, nil
		}
		// The kernel parses all of code anew each time that it is asked.
		if c.isR() && nesting.Add(line) && c.editor.hasInput() {
			code, prompt, opts.text = code+"\n", more, ""
			continue
		}
		done, indent, err := c.completeness(ctx, code)
		if errors.Is(err, errInterrupt) {
			return "", errInterruptTyped
		}
		if err != nil {
			return "", err
		}
		if done {
			return code, nil
		}
		if c.isR() {
			indent = "" // R's console leaves indenting to its user
		}
		code += "\n"
		prompt, opts.text = more, indent
	}
}

// candidates asks the kernel for completions of line, which follows the lines
// before it. At the start of a line the Tab key indents.
func (c *console) candidates(
	ctx context.Context, before, line string, pos int,
) (start, end int, matches []string) {
	if strings.TrimSpace(string([]rune(line)[:pos])) == "" {
		indent := "    "
		if c.isR() {
			indent = "  "
		}
		return pos, pos, []string{indent}
	}
	ctx, cancel := context.WithTimeout(ctx, completeTimeout)
	defer cancel()
	offset := len([]rune(before))
	reply, err := c.client.Complete(ctx, before+line, offset+pos)
	if err != nil {
		return pos, pos, nil
	}
	for _, m := range reply.Matches {
		if !strings.ContainsFunc(m, func(r rune) bool { return r < ' ' }) {
			matches = append(matches, m)
		}
	}
	return reply.CursorStart - offset, reply.CursorEnd - offset, matches
}
