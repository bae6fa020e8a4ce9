"""`adrastea console`: in a pipe, with -e, and in a terminal."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pexpect
import psutil
import pytest

from kernels import KERNEL_NAME, LIMIT, ended, hang_up

# Another kernel shows that the console is right where the kernel is known.
KERNEL = [] if KERNEL_NAME == "adrastea" else ["--kernel", KERNEL_NAME]


def console(adrastea: str, *args: str, text: str = "", **kw) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [adrastea, "console", *KERNEL, *args], input=text, capture_output=True, text=True, timeout=LIMIT, **kw
    )


# In a pipe


def test_pipe_prints_what_r_would(adrastea):
    r = console(adrastea, text='1+1\nx <- readline("who? ")\nAda\nnchar(x)\n')
    assert (r.stdout, r.stderr, r.returncode) == ("[1] 2\nwho? \n[1] 3\n", "", 0)


def test_pipe_goes_on_over_lines(adrastea):
    r = console(adrastea, text="f <- function(x) {\n  x +\n    1\n}\n\nf(41)\n# the end\n")
    assert (r.stdout, r.stderr, r.returncode) == ("[1] 42\n", "", 0)


def test_pipe_stops_at_an_error(adrastea):
    r = console(adrastea, text="cat('one\\n')\nstop('halt here')\ncat('never\\n')\n")
    assert r.stdout == "one\n" and r.returncode == 1
    assert "halt here" in r.stderr


def test_pipe_without_a_last_newline(adrastea):
    assert console(adrastea, text="6 * 7").stdout == "[1] 42\n"


def test_empty_input_is_no_error(adrastea):
    r = console(adrastea, text="")
    assert (r.stdout, r.stderr, r.returncode) == ("", "", 0)


def test_incomplete_input_is_an_error(adrastea):
    r = console(adrastea, text="f <- function(\n")
    assert r.returncode == 1 and r.stdout == "" and r.stderr


# With -e


def test_expression(adrastea):
    r = console(adrastea, "-e", "x <- 6", "-e", "x * 7")
    assert (r.stdout, r.stderr, r.returncode) == ("[1] 42\n", "", 0)


def test_failing_expression_sets_the_status(adrastea):
    r = console(adrastea, "-e", 'stop("no")')
    assert r.returncode == 1 and r.stdout == ""
    assert "no" in r.stderr


def test_quit_sets_the_status(adrastea):
    r = console(adrastea, "-e", "cat('bye\\n'); quit(status = 7)")
    assert (r.stdout, r.returncode) == ("bye\n", 7)


def test_streams_stay_apart(adrastea):
    r = console(adrastea, "-e", "cat('out\\n'); message('err'); system('echo child; echo childerr >&2')")
    assert r.stdout == "out\nchild\n"
    assert r.stderr == "err\nchilderr\n"


def test_warning_is_shown_as_r_shows_it(adrastea):
    r = console(adrastea, "-e", "x <- sqrt(-1)")
    assert r.stderr == "Warning message:\nIn sqrt(-1) : NaNs produced\n"


def test_question_is_answered_from_the_input(adrastea):
    r = console(adrastea, "-e", "x <- readline('who? '); cat('got', x, '\\n')", text="Ada\n")
    assert r.stdout == "who? \ngot Ada \n"


def test_plot_is_saved_and_named(adrastea, tmp_path):
    r = console(adrastea, "--plots", str(tmp_path), "-e", "plot(1:3)")
    (plot,) = tmp_path.glob("*.png")
    assert plot.name in r.stdout + r.stderr
    assert plot.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_other_kernel(adrastea):
    r = subprocess.run(
        [adrastea, "console", "--kernel", "python3", "-e", "print(6 * 7)"],
        capture_output=True, text=True, timeout=LIMIT, input="",
    )
    assert (r.stdout, r.returncode) == ("42\n", 0), r.stderr


def test_nothing_stays_behind(adrastea, tmp_path):
    before = {p.pid for p in psutil.process_iter()}
    r = console(adrastea, "-e", "cat(Sys.getpid())")
    assert int(r.stdout) not in before
    assert gone(int(r.stdout))


def gone(pid: int) -> bool:
    """Whether a process ends within the limit."""
    try:
        return ended(psutil.Process(pid), LIMIT)
    except psutil.NoSuchProcess:
        return True


# In a terminal


class Terminal:
    """The console on a pseudo-terminal. What a test waits for is computed by
    the code it types, so that the echo of the code is not taken for it."""

    def __init__(
        self, program: str, command: list[str] = ["console", *KERNEL], term: str = "xterm", cwd: str | None = None
    ) -> None:
        self.child = pexpect.spawn(
            program,
            command,
            env={**os.environ, "TERM": term},
            encoding="utf-8",
            codec_errors="replace",
            timeout=LIMIT,
            dimensions=(50, 120),
            cwd=cwd,
        )
        self.child.delaybeforesend = None
        self.prompt(limit=600)  # make may have to build first

    def prompt(self, limit: float = LIMIT) -> None:
        self.child.expect(r"(?:^|[\r\n\x1b\[0-9;?a-zA-Z])> ", timeout=limit)

    def type(self, line: str) -> None:
        self.child.send(line + "\r")

    def expect(self, pattern: str) -> re.Match[str]:
        self.child.expect(pattern)
        return self.child.match

    def run(self, code: str, pattern: str) -> re.Match[str]:
        self.type(code)
        match = self.expect(pattern)
        self.prompt()
        return match


@pytest.fixture(params=["xterm", "dumb"])
def terminal(adrastea, request):
    t = Terminal(adrastea, term=request.param)
    yield t
    hang_up(t.child)


def test_terminal_value(terminal):
    terminal.run("6 * 7", r"\[1\] 42")


def test_terminal_continuation(terminal):
    terminal.type("f <- function(x) {")
    terminal.expect(r"\+ ")
    terminal.type("x + 1 }")
    terminal.run("paste('f of 1 is', f(1))", "f of 1 is 2")


def test_terminal_question(terminal):
    terminal.type("who <- readline(paste0('who', '? '))")
    terminal.expect(r"who\? ")
    terminal.type("Ada")
    terminal.run("cat('so you', 'are', who, '\\n')", "so you are Ada")


def test_terminal_interrupted_question(terminal):
    terminal.run("who <- paste0('no', 'body'); who", "nobody")
    terminal.type("who <- readline(paste0('who', '? ')); who <- 'somebody'")
    terminal.expect(r"who\? ")
    terminal.child.sendintr()
    terminal.prompt()
    terminal.run("paste('still', who)", "still nobody")


def test_terminal_interrupted_loop(terminal):
    terminal.type("n <- 0; cat('now', 'looping\\n'); flush.console(); repeat {}; n <- 2")
    terminal.expect("now looping")
    terminal.child.sendintr()
    terminal.prompt()
    terminal.run("paste('n', 'is', n)", "n is 0")


def test_terminal_ctrl_c_twice_quits(terminal):
    pid = int(terminal.run("cat('pid', Sys.getpid(), '\\n')", r"pid (\d+) ").group(1))
    r = psutil.Process(pid)
    terminal.child.sendintr()
    terminal.prompt()
    terminal.child.sendintr()
    terminal.expect(pexpect.EOF)
    assert ended(r, LIMIT)


def test_terminal_end_of_input_quits(terminal):
    pid = int(terminal.run("cat('pid', Sys.getpid(), '\\n')", r"pid (\d+) ").group(1))
    r = psutil.Process(pid)
    terminal.child.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 0
    assert ended(r, LIMIT)


@pytest.mark.skipif(KERNEL_NAME != "adrastea", reason="IRkernel asks no passwords")
def test_terminal_password_is_not_echoed(terminal):
    terminal.type("secret <- getOption('askpass')(paste0('Pass', 'word: '))")
    terminal.expect("Password: ")
    terminal.child.send("s3cr3t\r")
    terminal.prompt()
    assert "s3cr3t" not in terminal.child.before
    terminal.run("cat('length', nchar(secret), '\\n')", "length 6 ")


def test_terminal_history_of_an_earlier_session(adrastea):
    first = Terminal(adrastea)
    first.run("paste0('an old ', 'friend')", "an old friend")
    first.child.sendeof()
    first.expect(pexpect.EOF)
    second = Terminal(adrastea)
    second.child.send("\x1b[A\r")  # Up, Enter
    second.expect("an old friend")
    hang_up(second.child)


def test_terminal_completion(adrastea):
    t = Terminal(adrastea)
    t.run("6 * 7", r"\[1\] 42")  # before R has started nothing is completed
    t.child.send("seq_alo")
    t.expect("seq_alo")
    t.child.send("\t")
    t.expect("seq_along")
    t.child.send("(11:13)\r")
    t.expect(r"\[1\] 1 2 3")
    hang_up(t.child)


def test_terminal_plot_is_saved_and_named(adrastea, tmp_path):
    t = Terminal(adrastea, cwd=str(tmp_path))
    name = t.run("plot(1:3)", r"(/\S+\.png)").group(1)
    assert Path(name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    hang_up(t.child)


@pytest.mark.timeout(900)
def test_make_console_survives_ctrl_c():
    """make is in the terminal too, and must not take an interrupt of R code
    for its own."""
    t = Terminal("make", command=["console"], cwd=str(Path(__file__).parent.parent))
    t.type("cat('now', 'looping\\n'); repeat {}")
    t.expect("now looping")
    t.child.sendintr()
    t.prompt()
    t.run("6 * 7", r"\[1\] 42")
    t.child.sendeof()
    t.expect(pexpect.EOF)
    t.child.close()
    assert t.child.exitstatus == 0
