"""`jupyter console` in a terminal, as a person uses it."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time

import pexpect
import psutil
import pytest

from kernels import LIMIT, ended, hang_up

COLOUR = r"(?:\x1b\[[0-9;]*m)?"
PROMPT = rf"In \[{COLOUR}\d+{COLOUR}\]: "


class Console:
    """jupyter console on a pseudo-terminal. Markers that a test waits for are
    computed by the code it types, so that the echo of the code is not taken
    for them."""

    def __init__(self, kernel: str, *args: str, term: str) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "jupyter_console", "--kernel", kernel,
             # By default it waits a second for "is this complete?", and then asks
             # no more; R may take longer to start on a busy machine.
             f"--ZMQTerminalInteractiveShell.kernel_is_complete_timeout={LIMIT}",
             f"--ZMQTerminalInteractiveShell.kernel_timeout={LIMIT}", *args],
            env={**os.environ, "TERM": term, "PYTHONWARNINGS": "ignore", "PROMPT_TOOLKIT_NO_CPR": "1"},
            encoding="utf-8",
            codec_errors="replace",
            timeout=LIMIT,
            dimensions=(50, 200),
        )
        self.child.delaybeforesend = None
        self.expect(PROMPT)

    def type(self, line: str) -> None:
        self.child.send(line + "\r")

    def interrupt(self) -> None:
        """Press Ctrl-C, once the console sleeps, and wait for the next input prompt.
        Python's input() overlooks one that comes between its prompt and its wait,
        until the next: so it is pressed again if nothing comes of it."""
        until = time.monotonic() + LIMIT
        while True:
            while psutil.Process(self.child.pid).status() != psutil.STATUS_SLEEPING:
                assert time.monotonic() < until, "the console does not come to rest"
                time.sleep(0.001)
            self.child.sendintr()
            with contextlib.suppress(pexpect.TIMEOUT):
                self.child.expect(PROMPT, timeout=10)
                return
            assert time.monotonic() < until, "nothing is interrupted"

    def expect(self, pattern: str) -> re.Match[str]:
        self.child.expect(pattern)
        return self.child.match

    def run(self, code: str, pattern: str) -> re.Match[str]:
        """Type a line, wait for what it shows, and for the next prompt."""
        self.type(code)
        match = self.expect(pattern)
        self.expect(PROMPT)
        return match


@pytest.fixture(params=["plain", "editor"])
def console(request, tapped):
    """The console with plain lines, and with its line editor."""
    if request.param == "plain":
        c = Console(tapped, "--simple-prompt", term="dumb")
    else:
        c = Console(tapped, term="xterm")
    yield c
    hang_up(c.child)


def test_value_and_text(console):
    console.run("6 * 7", r"\[1\] 42")
    console.run("cat('hello', 'there\\n')", "hello there")


def test_error_leaves_the_prompt(console):
    console.run("stop(paste('halt', 'here'))", "halt here")
    console.run("1 + 1", r"\[1\] 2")


def test_readline_is_answered(console):
    console.type("who <- readline(paste0('who', '? ')); cat('so you', 'are', who)")
    console.expect(r"who\? ")
    console.type("Ada")
    console.expect("so you are Ada")
    console.expect(PROMPT)
    console.run("nchar(who)", r"\[1\] 3")


def test_readline_is_interrupted(console):
    console.run("who <- paste0('no', 'body'); who", "nobody")
    console.type("who <- readline(paste0('who', '? ')); who <- 'somebody'")
    console.expect(r"who\? ")
    console.interrupt()
    console.run("paste('still', who)", "still nobody")


def test_loop_is_interrupted(console):
    console.type("n <- 0; cat('now', 'looping'); flush.console(); repeat {}; n <- 2")
    console.expect("now looping")
    console.interrupt()
    console.run("paste('n', 'is', n)", "n is 0")


def test_end_of_input_ends_the_kernel(console):
    kernel = psutil.Process(int(console.run("cat('pid', Sys.getpid(), '')", r"pid (\d+) ").group(1)))
    console.child.sendeof()
    console.expect("Do you really want to exit")
    console.type("y")
    console.expect(pexpect.EOF)
    assert ended(kernel, LIMIT)
