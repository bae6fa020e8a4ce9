"""Starting, several clients, and the end in every state."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from kernels import KERNEL_NAME, LIMIT, Kernel, ended

BUSY = "cat('started\\n'); flush.console(); while (TRUE) {}"
STUCK = "cat('started\\n'); flush.console(); max(1:1e12)"  # C code that never looks up
SLEEPING = "cat('started\\n'); flush.console(); Sys.sleep(1000)"
CHILD = "cat('started\\n'); flush.console(); system('sleep 1000')"


def idle(kernel: Kernel) -> None:
    kernel.run("1")


def waiting_for_input(kernel: Kernel) -> None:
    kernel.prompt("readline('? ')")


def running(code: str):
    def state(kernel: Kernel) -> None:
        kernel.started_printing(code)

    return state


def stopped(kernel: Kernel) -> None:
    """The language's process does not run at all."""
    kernel.run("1")
    kernel.child().suspend()


STATES = {
    "idle": idle,
    "busy": running(BUSY),
    "stuck in C code": running(STUCK),
    "sleeping": running(SLEEPING),
    "waiting for a child": running(CHILD),
    "waiting for input": waiting_for_input,
    "stopped": stopped,
}


@pytest.mark.parametrize("restart", [False, True], ids=["shutdown", "restart"])
@pytest.mark.parametrize("state", STATES)
def test_k9_shutdown_in_every_state(kernel, state, restart):
    """The reply is on the wire before the process ends, whatever R is doing,
    and nothing stays behind."""
    STATES[state](kernel)
    reply = kernel.shutdown(restart)
    assert reply["content"] == {"status": "ok", "restart": restart}
    assert kernel.exit_status() == 0
    assert kernel.leftovers() == []


def test_k9_shutdown_while_starting():
    """Nothing waits for R to be there first."""
    with Kernel() as kernel:
        reply = kernel.shutdown()
        assert reply["content"]["status"] == "ok"
        kernel.exit_status()
        assert kernel.leftovers() == []


@pytest.mark.parametrize("state", STATES)
def test_k8_sigterm_in_every_state(kernel, state):
    STATES[state](kernel)
    kernel.processes()
    kernel.process.send_signal(signal.SIGTERM)
    kernel.exit_status()
    assert kernel.leftovers() == []


def test_k8_killed_kernel_leaves_no_r(kernel):
    """Not even SIGKILL, which the kernel cannot see coming; nor R's temporary files."""
    directory = kernel.run("cat(tempdir())").stdout
    kernel.started_printing(BUSY)
    kernel.processes()
    kernel.process.kill()
    kernel.exit_status()
    assert kernel.leftovers() == []
    deadline = time.monotonic() + LIMIT
    while os.path.exists(directory) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not os.path.exists(directory)


ORPHAN = textwrap.dedent(
    """
    import json, os, sys
    from jupyter_client import KernelManager
    km = KernelManager(kernel_name=sys.argv[1])
    km.pre_start_kernel()
    env = dict(os.environ)
    km.start_kernel(env=env)
    kc = km.blocking_client()
    kc.start_channels()
    kc.wait_for_ready(timeout=60)
    if sys.argv[2]:
        kc.execute(sys.argv[2])
        while kc.get_iopub_msg(timeout=60)["msg_type"] != "stream":
            pass
    print(km.provisioner.pid, flush=True)
    sys.stdin.read()
    """
)


@pytest.mark.parametrize("code", ["", BUSY, STUCK], ids=["idle", "busy", "stuck in C code"])
def test_k8_parents_death_ends_the_kernel(code):
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, KERNEL_NAME, code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    kernel = psutil.Process(int(parent.stdout.readline()))
    family = [kernel, *kernel.children(recursive=True)]
    try:
        parent.kill()
        for p in family:
            assert ended(p, LIMIT), p
    finally:
        parent.wait()
        for p in family:
            if p.is_running():
                p.kill()


def test_k1_kernel_info_while_r_is_starting(tmp_path):
    """A start of R that takes long delays its cells, not kernel_info."""
    go, slow = tmp_path / "go", tmp_path / "slow.R"
    slow.write_text(f"while (!file.exists('{go}')) Sys.sleep(0.01)\n")
    with Kernel(env={**os.environ, "R_PROFILE_USER": str(slow)}) as kernel:
        msg_id = kernel.execute("6 * 7")
        info = kernel.request("kernel_info_request")
        assert info["content"]["language_info"]["name"] == "R"
        go.touch()
        assert "42" in kernel.collect(msg_id).text


def test_k1_control_answers_while_r_is_stuck(kernel):
    kernel.started_printing(STUCK)
    for _ in range(20):
        assert kernel.request("kernel_info_request")["content"]["status"] == "ok"
    assert not kernel.client.shell_channel.socket.poll(0), "R is not stuck any more"


def test_several_clients(kernel):
    """Each request's reply and prompt go to the client that asked; the output
    goes to all."""
    other = kernel.connect()
    other.wait_for_ready(timeout=LIMIT)
    mine = kernel.execute("cat('one\\n'); x <- readline('mine? '); cat('got', x, '\\n')", allow_stdin=True)
    first = kernel.collect(mine, until=lambda c: bool(c.prompts))
    theirs = kernel.execute(
        "cat('two\\n'); y <- readline('theirs? '); cat('got', y, '\\n')", client=other, allow_stdin=True
    )
    assert first.prompts[0]["content"]["prompt"] == "mine? "
    assert not other.stdin_channel.socket.poll(0)
    # Nobody asked this client. Its answer may arrive late, so it names what it
    # answers; without that it would be one to this client's own question.
    kernel.answer("intruder", parent=first.prompts[0], client=other)
    kernel.answer("A", parent=first.prompts[0])
    cell = kernel.collect(mine)
    assert "got A" in cell.stdout
    cell = kernel.collect(theirs, answers=["B"], client=other)
    assert [p["content"]["prompt"] for p in cell.prompts] == ["theirs? "]
    assert "got B" in cell.stdout and cell.reply["content"]["status"] == "ok"


def test_every_client_sees_all_output(kernel):
    other = kernel.connect()
    other.wait_for_ready(timeout=LIMIT)
    mine = kernel.execute("cat('for all\\n')")
    seen = kernel.collect(mine, client=other, until=lambda c: bool(c.stdout))
    assert seen.stdout == "for all\n"
    assert kernel.collect(mine).stdout == "for all\n"


def test_a_client_that_leaves_does_not_matter(kernel):
    other = kernel.connect()
    other.wait_for_ready(timeout=LIMIT)
    theirs = kernel.execute(
        "for (i in 1:3000) cat('line', i, '\\n'); x <- readline('? ')", client=other, allow_stdin=True
    )
    kernel.collect(theirs, until=lambda c: "execute_input" in c.order)
    other.stop_channels()
    msg_id = kernel.execute("paste('x', exists('x'))")
    # The prompt of the client that left is ended by an interrupt from another.
    kernel.interrupt()
    cell = kernel.collect(msg_id)
    assert cell.reply["content"]["status"] in ("ok", "aborted"), cell.reply
    assert "[1] 2" in kernel.run("1 + 1").text


def test_quit_ends_its_cell_and_the_kernel(kernel):
    cell = kernel.run("cat('bye\\n'); quit(status = 7); cat('never here')")
    assert cell.stdout == "bye\n"
    assert cell.status == "ok"
    assert [p["source"] for p in cell.payload] == ["ask_exit"], cell.payload
    assert kernel.exit_status() == 7
    assert kernel.leftovers() == []


@pytest.mark.parametrize("sig", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT], ids=lambda s: s.name)
def test_r6_death_of_r_is_reported_and_survived(kernel, sig):
    kernel.run("x <- 1")
    msg_id = kernel.started_printing(BUSY)
    kernel.child().send_signal(sig)
    cell = kernel.collect(msg_id)
    assert cell.status == "error"
    said = json.dumps(cell.error) + cell.stderr
    # R's own handler of SIGSEGV may end in another signal; it says why.
    names = [signal.strsignal(sig).lower()] + ["segfault"] * (sig == signal.SIGSEGV)
    assert any(name in said.lower() for name in names), said
    assert "[1] 2" in kernel.run("1 + 1").text
    assert "FALSE" in kernel.run("exists('x')").text


def test_interrupt_when_idle_touches_nothing(kernel):
    for _ in range(10):
        kernel.interrupt()
        assert "[1] 5" in kernel.run("2 + 3").text
    kernel.quiet()


@pytest.mark.parametrize("code", [BUSY, SLEEPING, CHILD], ids=["loop", "Sys.sleep", "system"])
def test_interrupt_ends_the_cell(kernel, code):
    kernel.run("reached <- FALSE")
    msg_id = kernel.started_printing(code + "; reached <- TRUE\nreached <- TRUE")
    if code == CHILD:
        # system() ignores SIGINT from before its child is there to get it.
        kernel.wait_for_child("sleep")
    kernel.interrupt()
    cell = kernel.collect(msg_id)
    assert cell.status == "error", "the rest of an interrupted cell must not count as done"
    assert "FALSE" in kernel.run("reached").text


def test_stop_on_error_aborts_what_was_sent(kernel, tmp_path):
    """K6: execute requests already received are aborted; nothing else is."""
    go = tmp_path / "go"
    failing = kernel.execute(f"while (!file.exists('{go}')) Sys.sleep(0.01); stop('no')")
    queued = [kernel.execute("1 + 1") for _ in range(3)]
    info = kernel.client.kernel_info()
    # This is answered while the cell runs. It was sent last, so the others are there.
    received = kernel.client.is_complete("f(")
    cells = {}
    for _, msg in kernel.messages(kernel.client, what="the replies", got=cells):
        if msg["msg_type"] == "is_complete_reply":
            assert msg["parent_header"]["msg_id"] == received and not cells
            go.touch()
        elif msg["msg_type"].endswith("_reply"):
            cells[msg["parent_header"]["msg_id"]] = msg["content"]["status"]
        if len(cells) == 5:
            break
    assert cells[failing] == "error"
    assert [cells[q] for q in queued] == ["aborted"] * 3
    assert cells[info] == "ok"
    assert "[1] 2" in kernel.run("1 + 1").text


def test_k2_busy_reply_idle_around_everything(kernel):
    for send in (
        lambda c: c.kernel_info(),
        lambda c: c.complete("me", 2),
        lambda c: c.inspect("mean", 2),
        lambda c: c.is_complete("1 +"),
        lambda c: c.history(hist_access_type="tail", n=1),
        lambda c: c.comm_info(),
        lambda c: c.execute("1"),
    ):
        msg_id = send(kernel.client)
        states, replies = [], 0
        for channel, msg in kernel.messages(kernel.client, got=states):
            if msg["parent_header"].get("msg_id") != msg_id:
                continue
            replies += channel == "shell"
            if msg["msg_type"] == "status":
                states.append(msg["content"]["execution_state"])
            if states and states[-1] == "idle" and replies:
                break
        assert states == ["busy", "idle"] and replies == 1
    kernel.quiet()


def test_output_arrives_live(kernel):
    """Text from before a question comes without an answer to it."""
    msg_id = kernel.execute("cat('first\\n'); x <- readline('? '); cat('last\\n')", allow_stdin=True)
    # The two come on two sockets, and the client may see either first.
    cell = kernel.collect(msg_id, until=lambda c: bool(c.prompts) and c.stdout == "first\n")
    kernel.answer("", parent=cell.prompts[0])
    assert kernel.collect(msg_id).stdout == "last\n"


def test_streams_keep_their_order(kernel):
    code = "for (i in 1:20) { cat('out', i, '\\n'); message('err ', i); system(paste('echo child', i)) }"
    cell = kernel.run(code)
    text = "".join(m["content"]["text"] for m in cell.outputs if m["msg_type"] == "stream")
    want = "".join(f"out {i} \nerr {i}\nchild {i}\n" for i in range(1, 21))
    assert text == want


def test_k4_question_waits_for_the_clients_stdin(kernel):
    """A client connects its sockets one after the other. A question that comes
    before stdin is connected is not lost."""
    late = kernel.connect(stdin=False)
    late.wait_for_ready(timeout=LIMIT)
    msg_id = late.execute("cat('asking\\n'); cat('got', readline('? '), '\\n')", allow_stdin=True)
    while late.get_iopub_msg(timeout=LIMIT)["msg_type"] != "stream":
        pass
    late.start_channels(shell=False, iopub=False, control=False, hb=False, stdin=True)
    assert "got Ada" in kernel.collect(msg_id, answers=["Ada"], client=late).stdout
